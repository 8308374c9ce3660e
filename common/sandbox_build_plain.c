/* An ordinary build needs no call beyond the common ones. */
#include "common/sandbox_tables.h"

const struct sandbox_rule *sandbox_build_rules(size_t *count)
{
	*count = 0;
	return NULL;
}

const struct sandbox_rule *sandbox_build_startup_rules(size_t *count)
{
	*count = 0;
	return NULL;
}
