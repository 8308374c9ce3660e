#include <string.h>

#include "runner/nursery.h"
#include "runner/runner.h"

int main(int argc, char **argv)
{
	bool for_root = argc > 1 && strcmp(argv[1], NURSERY_OPTION_ROOT) == 0;

	if (for_root || (argc > 1 && strcmp(argv[1], NURSERY_OPTION) == 0)) {
		argv[1] = argv[0];
		nursery_run(argc - 1, argv + 1, for_root);
	}
	runner_run(argc, argv);
}
