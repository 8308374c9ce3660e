#include "vrrpd/vrrpd.h"

int main(int argc, char **argv)
{
	vrrpd_run(argc, argv);
}
