/* Tallies: what a state page counts for metrics. Words that are written alone and only grow, so
 * that counting costs a few instructions, and a successor counts on. Times are microseconds. */
#ifndef HOLDFAST_STATE_TALLY_H
#define HOLDFAST_STATE_TALLY_H

#include <stdint.h>

#include "proto/state_page.h"

/* Words come in groups. One group is a histogram (its buckets, not cumulated; what is above all
 * bounds; the sum), or it is counters. */
#define TALLY_WORDS   16
#define TALLY_BUCKETS 14
#define TALLY_ABOVE   TALLY_BUCKETS
#define TALLY_SUM     (TALLY_BUCKETS + 1)

/* Groups of vrrpd: how late timers were handled; state changes of an instance by enum vrrp_cause.
 */
enum tally_vrrp {
	TALLY_ADVERT_LATENESS,      /* Adver_Timer: an advertisement of ours was due */
	TALLY_MASTER_DOWN_LATENESS, /* Master_Down_Timer */
	TALLY_CAUSES,               /* + number of the instance's record */
	TALLY_VRRP_GROUPS = TALLY_CAUSES + STATE_VRRP_INSTANCES,
};

/* Groups of checkerd: of enum conf_check_type, in front of it those of type 0. */
#define TALLY_CHECK_TYPES    (CHECK_FILE + 1)
#define TALLY_LATENCY(type_) (2 * (type_))
#define TALLY_RESULTS(type_) (2 * (type_) + 1)
enum tally_result { TALLY_GOOD, TALLY_BAD, TALLY_UNKNOWN, TALLY_RESULTS_END };

/* Upper bounds of the buckets, each counted in its bucket. */
extern const uint32_t tally_lateness_us[TALLY_BUCKETS];
extern const uint32_t tally_latency_us[TALLY_BUCKETS];

/* A page without the group is a mistake of the caller. */
void state_tally_add(struct state_page *page, uint32_t group, uint32_t word, uint64_t by);
void state_tally_observe(struct state_page *page, uint32_t group,
	const uint32_t bounds_us[TALLY_BUCKETS], uint64_t us);
void state_tally_clear(struct state_page *page, uint32_t group);

/* All zero where nothing was counted, or there is no such group. */
void state_tally_load(const struct state_page *page, uint32_t group, uint64_t words[TALLY_WORDS]);

#endif
