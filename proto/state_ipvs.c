/* The records of ipvsd's state page: single slots, as those of addresses. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "proto/state_layout.h"
#include "proto/state_page.h"

static_assert(sizeof(struct state_ipvs_entry) <= STATE_IPVS_SLOT, "an entry does not fit its slot");
static_assert(STATE_UNIT % STATE_IPVS_SLOT == 0, "slots fill whole units");

static size_t entry_offset(uint32_t index)
{
	return STATE_IPVS_AT + (size_t)index * STATE_IPVS_SLOT;
}

static uint32_t entry_checksum(const struct state_ipvs_entry *entry)
{
	return proto_checksum(0, entry, offsetof(struct state_ipvs_entry, checksum));
}

void state_ipvs_store(struct state_page *page, uint32_t index, const struct state_ipvs_entry *entry)
{
	struct state_ipvs_entry record = *entry;

	if (index >= STATE_IPVS_ENTRIES)
		abort();
	record.checksum = entry_checksum(&record);
	state_map_set(page, entry_offset(index));
	memcpy(page->bytes + entry_offset(index), &record, sizeof(record));
}

void state_ipvs_clear(struct state_page *page, uint32_t index)
{
	if (index < STATE_IPVS_ENTRIES && state_map_test(page, entry_offset(index)))
		memset(page->bytes + entry_offset(index), 0, sizeof(struct state_ipvs_entry));
}

int state_ipvs_load(const struct state_page *page, uint32_t index, struct state_ipvs_entry *entry)
{
	static const struct state_ipvs_entry blank;

	if (index >= STATE_IPVS_ENTRIES || !state_map_test(page, entry_offset(index)))
		return 0;
	memcpy(entry, page->bytes + entry_offset(index), sizeof(*entry));
	if (memcmp(entry, &blank, sizeof(blank)) == 0)
		return 0;
	if (entry->kind == STATE_IPVS_FREE || entry->kind > STATE_IPVS_KEEP ||
		entry->checksum != entry_checksum(entry))
		return -1;
	return 1;
}
