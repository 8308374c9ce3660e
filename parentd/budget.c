#include "parentd/budget.h"

#include "common/clock.h"

#define NSEC_PER_MESSAGE (NSEC_PER_SEC / BUDGET_PER_S)

void budget_init(struct budget *budget, uint64_t now_ns)
{
	*budget = (struct budget){.left = BUDGET_MAX, .counted_ns = now_ns};
}

void budget_earn(struct budget *budget, uint64_t now_ns)
{
	uint64_t earned = (now_ns - budget->counted_ns) / NSEC_PER_MESSAGE;

	budget->counted_ns += earned * NSEC_PER_MESSAGE;
	if (earned > BUDGET_MAX - budget->left)
		earned = BUDGET_MAX - budget->left;
	budget->left += (uint32_t)earned;
}

bool budget_take(struct budget *budget)
{
	if (budget->left == 0)
		return false;
	budget->left--;
	return true;
}
