#include "parentd/script_run.h"

bool script_run_join(struct script_run *run, uint32_t asked)
{
	if (run->number == 0)
		return false;
	run->asked = asked;
	return true;
}

void script_run_begin(struct script_run *run, uint64_t number, uint32_t asked)
{
	run->number = number;
	run->asked = asked;
}

bool script_run_end(struct script_run *run, uint64_t number)
{
	bool before_us = run->number == 0 && !run->heard;

	if (before_us)
		run->asked = (uint32_t)number;
	else if (run->number == 0 || run->number != number)
		return false;
	run->number = 0;
	run->heard = true;
	return true;
}
