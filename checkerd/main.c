#include "checkerd/checkerd.h"

int main(int argc, char **argv)
{
	checkerd_run(argc, argv);
}
