#include "vrrpd/weight.h"

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
