/* The part of a state page that is written most often and the part that is written last: clocks,
 * and the history of state changes. */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proto/state_layout.h"
#include "proto/state_page.h"

static_assert(sizeof(struct state_change_head) == 16, "head of a change");
static_assert(sizeof(struct state_change_head) + sizeof(struct state_change) <= STATE_CHANGE_SLOT,
	"a change does not fit its slot");
static_assert(STATE_CLOCKS_AT % STATE_UNIT == 0 && STATE_CHANGES_AT % STATE_UNIT == 0 &&
		      STATE_UNIT % STATE_CLOCK_SLOT == 0 && STATE_UNIT % STATE_CHANGE_SLOT == 0,
	"slots fill whole units");

/* ---- clocks ---- */

static size_t clock_offset(uint32_t index)
{
	return STATE_CLOCKS_AT + (size_t)index * STATE_CLOCK_SLOT;
}

static _Atomic uint64_t *clock_words(const struct state_page *page, uint32_t index)
{
	return (_Atomic uint64_t *)(void *)(page->bytes + clock_offset(index));
}

void state_clock_store(
	struct state_page *page, uint32_t index, const struct state_vrrp_clock *clock)
{
	if (index >= STATE_VRRP_INSTANCES)
		abort();
	state_map_set(page, clock_offset(index));
	_Atomic uint64_t *words = clock_words(page, index);
	atomic_store_explicit(&words[0], clock->timer_ns, memory_order_relaxed);
	atomic_store_explicit(&words[1], clock->last_advert_ns, memory_order_relaxed);
}

bool state_clock_load(const struct state_page *page, uint32_t index, struct state_vrrp_clock *clock)
{
	if (index >= STATE_VRRP_INSTANCES || !state_map_test(page, clock_offset(index)))
		return false;
	const _Atomic uint64_t *words = clock_words(page, index);
	clock->timer_ns = atomic_load_explicit(&words[0], memory_order_relaxed);
	clock->last_advert_ns = atomic_load_explicit(&words[1], memory_order_relaxed);
	return true;
}

void state_mails_store(struct state_page *page, uint64_t mails)
{
	_Atomic uint64_t *word = (void *)(page->bytes + STATE_MAILS_AT);

	atomic_store_explicit(word, mails, memory_order_relaxed);
}

uint64_t state_mails_load(const struct state_page *page)
{
	const _Atomic uint64_t *word = (const void *)(page->bytes + STATE_MAILS_AT);

	return atomic_load_explicit(word, memory_order_relaxed);
}

/* ---- changes ---- */

static size_t change_offset(uint64_t number)
{
	return STATE_CHANGES_AT + (size_t)(number % STATE_CHANGES) * STATE_CHANGE_SLOT;
}

static uint32_t change_checksum(
	const struct state_change_head *head, const struct state_change *change)
{
	uint32_t sum = proto_checksum(0, head, offsetof(struct state_change_head, checksum));
	return proto_checksum(sum, change, sizeof(*change));
}

/* 1: the number of the change in this slot and the change itself; 0: none, -1: damaged. */
static int change_get(
	const struct state_page *page, size_t slot, uint64_t *number, struct state_change *change)
{
	struct state_change_head head;
	size_t offset = change_offset(slot);
	if (!state_map_test(page, offset))
		return 0;
	memcpy(&head, page->bytes + offset, sizeof(head));
	memcpy(change, page->bytes + offset + sizeof(head), sizeof(*change));
	atomic_thread_fence(memory_order_acquire);
	if (head.number == 0 && head.checksum == 0)
		return 0;
	if (head.number % STATE_CHANGES != slot || head.checksum != change_checksum(&head, change))
		return -1;
	*number = head.number;
	return 1;
}

uint64_t state_change_newest(const struct state_page *page)
{
	struct state_change change;
	uint64_t newest = 0, number;
	for (size_t slot = 0; slot < STATE_CHANGES; slot++) {
		if (change_get(page, slot, &number, &change) == 1 && number > newest)
			newest = number;
	}
	return newest;
}

void state_change_add(struct state_page *page, const struct state_change *change)
{
	if (page->last_change == 0)
		page->last_change = state_change_newest(page);
	struct state_change_head head = {.number = page->last_change + 1};
	head.checksum = change_checksum(&head, change);
	size_t offset = change_offset(head.number);
	state_map_set(page, offset);
	/* The head last: until then the old head does not fit the new change. */
	memcpy(page->bytes + offset + sizeof(head), change, sizeof(*change));
	atomic_thread_fence(memory_order_release);
	memcpy(page->bytes + offset, &head, sizeof(head));
	page->last_change = head.number;
}

int state_change_load(const struct state_page *page, uint64_t number, struct state_change *change)
{
	uint64_t found = 0;
	int result = change_get(page, (size_t)(number % STATE_CHANGES), &found, change);

	return result == 1 && found != number ? 0 : result;
}

size_t state_changes_load(
	const struct state_page *page, struct state_change changes[STATE_CHANGES], size_t *damaged)
{
	uint64_t newest = state_change_newest(page), number;
	size_t count = 0;
	*damaged = 0;
	for (size_t slot = 0; slot < STATE_CHANGES; slot++)
		*damaged += change_get(page, slot, &number, &changes[0]) == -1;
	/* Slots in the order of the numbers that they hold if nothing is missing. */
	for (size_t i = 1; i <= STATE_CHANGES; i++) {
		size_t slot = (size_t)((newest + i) % STATE_CHANGES);
		if (change_get(page, slot, &number, &changes[count]) == 1 && number <= newest &&
			newest - number < STATE_CHANGES)
			count++;
	}
	return count;
}
