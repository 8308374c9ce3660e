#include "vrrpd/gather.h"

#include "common/clock.h"

#define GATHER_PHASES  16
#define GATHER_PART    50
#define GATHER_MOST_NS (5 * NSEC_PER_MSEC)

uint64_t gather_deadline(uint64_t timer_ns, uint64_t interval_ns, unsigned phase)
{
	uint64_t beat_ns, early_ns, most_ns;

	if (interval_ns == 0 || timer_ns < interval_ns)
		return timer_ns;
	beat_ns = interval_ns / GATHER_PHASES * (phase % GATHER_PHASES);
	early_ns = (timer_ns - beat_ns) % interval_ns;
	most_ns = interval_ns / GATHER_PART;
	if (most_ns > GATHER_MOST_NS)
		most_ns = GATHER_MOST_NS;
	return timer_ns - (early_ns < most_ns ? early_ns : most_ns);
}
