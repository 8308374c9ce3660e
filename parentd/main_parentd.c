#include "parentd/config_test.h"
#include "parentd/parent.h"

int main(int argc, char **argv)
{
	if (config_test_wanted(argc, argv))
		return config_test_run(argc, argv);
	parentd_run(argc, argv);
}
