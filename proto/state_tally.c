#include "proto/state_tally.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proto/state_layout.h"

#define GROUP_SIZE (TALLY_WORDS * sizeof(uint64_t))

static_assert(GROUP_SIZE == STATE_TALLY_SLOT && STATE_UNIT % STATE_TALLY_SLOT == 0,
	"groups of tallies fill whole units");
static_assert(STATE_VRRP_TALLIES_AT % STATE_UNIT == 0 && STATE_CHECK_TALLIES_AT % STATE_UNIT == 0,
	"groups of tallies begin with a unit");
static_assert(
	TALLY_VRRP_GROUPS <= STATE_VRRP_TALLIES && TALLY_CHECK_TYPES <= STATE_CHECK_TALLIES / 2,
	"room for the groups of tallies");

const uint32_t tally_lateness_us[TALLY_BUCKETS] = {
	50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000};
const uint32_t tally_latency_us[TALLY_BUCKETS] = {500, 1000, 2500, 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

static size_t group_offset(const struct state_page *page, uint32_t group)
{
	return page->tallies_at + group * GROUP_SIZE;
}

static _Atomic uint64_t *word_at(const struct state_page *page, uint32_t group, uint32_t word)
{
	return (_Atomic uint64_t *)(void *)(page->bytes + group_offset(page, group)) + word;
}

/* There is one writer, so reading and writing need not be one step. */
void state_tally_add(struct state_page *page, uint32_t group, uint32_t word, uint64_t by)
{
	if (group >= page->tallies || word >= TALLY_WORDS)
		abort();
	state_map_set(page, group_offset(page, group));
	_Atomic uint64_t *counter = word_at(page, group, word);
	uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, before + by, memory_order_relaxed);
}

void state_tally_observe(struct state_page *page, uint32_t group,
	const uint32_t bounds_us[TALLY_BUCKETS], uint64_t us)
{
	uint32_t bucket = 0;

	while (bucket < TALLY_BUCKETS && us > bounds_us[bucket])
		bucket++;
	state_tally_add(page, group, bucket, 1);
	state_tally_add(page, group, TALLY_SUM, us);
}

void state_tally_clear(struct state_page *page, uint32_t group)
{
	if (group >= page->tallies)
		abort();
	if (!state_map_test(page, group_offset(page, group)))
		return;
	for (uint32_t word = 0; word < TALLY_WORDS; word++)
		atomic_store_explicit(word_at(page, group, word), 0, memory_order_relaxed);
}

void state_tally_load(const struct state_page *page, uint32_t group, uint64_t words[TALLY_WORDS])
{
	memset(words, 0, GROUP_SIZE);
	if (group >= page->tallies || !state_map_test(page, group_offset(page, group)))
		return;
	for (uint32_t word = 0; word < TALLY_WORDS; word++)
		words[word] =
			atomic_load_explicit(word_at(page, group, word), memory_order_relaxed);
}
