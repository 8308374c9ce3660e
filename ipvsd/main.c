#include "ipvsd/ipvsd.h"

int main(int argc, char **argv)
{
	ipvsd_run(argc, argv);
}
