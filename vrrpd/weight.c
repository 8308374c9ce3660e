#include "vrrpd/weight.h"

#define PRIORITY_OWNER 255
#define PRIORITY_MAX   254

struct effect weight_of_verdict(struct weight weight, enum proto_verdict verdict)
{
	struct effect effect = {0};

	if (weight.weight == 0)
		effect.fault = verdict == (weight.reverse ? VERDICT_UP : VERDICT_DOWN);
	else if (verdict == (weight.weight > 0 ? VERDICT_UP : VERDICT_DOWN))
		effect.addition = weight.reverse ? -weight.weight : weight.weight;
	return effect;
}

/* Far enough for every weight to reach its bound, near enough not to overflow. */
static int64_t near(int64_t value)
{
	const int64_t far = 1000;

	return value > far ? far : value < -far ? -far : value;
}

struct effect weight_of_value(struct weight weight, int64_t value)
{
	struct effect effect = {0};

	if (weight.weight == 0) {
		effect.fault = (value != 0) != weight.reverse;
		return effect;
	}
	int64_t product = near(value) * weight.weight;
	if (weight.reverse)
		product = -product;
	if (product <= WEIGHT_FAULT)
		effect.fault = true;
	else
		effect.addition = product > WEIGHT_MAX ? WEIGHT_MAX : (int)product;
	return effect;
}

uint8_t weight_priority(uint8_t base, int additions)
{
	int priority = base + additions;

	if (base == PRIORITY_OWNER)
		return PRIORITY_OWNER;
	return (uint8_t)(priority < 1 ? 1 : priority > PRIORITY_MAX ? PRIORITY_MAX : priority);
}
