#include <string.h>

#include "checkerd/checkerd.h"
#include "checkerd/digest.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--digest") == 0)
		return digest_main(argc - 1, argv + 1);
	checkerd_run(argc, argv);
}
