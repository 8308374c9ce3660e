#include "ipvsd/page.h"

#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/log.h"

/* The first slots are those of the marks. */
#define FIRST_MARK  STATE_IPVS_STARTED
#define MARKS       (STATE_IPVS_KEEP - FIRST_MARK + 1)
#define FIRST_ENTRY ((uint32_t)MARKS)
#define INDEX_LEAST ((size_t)64)
#define WORD_BITS   64

/* Where each entry is: a hash table of slots with linear probing. */
struct page {
	struct state_page *map;
	uint32_t *index;   /* number of the slot; 0: none, as slot 0 is a mark's */
	size_t index_size; /* a power of 2, at least twice count */
	size_t count;
	uint32_t free_from; /* no slot below is free */
	uint64_t used[STATE_IPVS_ENTRIES / WORD_BITS];
};

static struct state_ipvs_entry entry_of(
	const struct ipvs_key *service, const struct ipvs_dest *dest)
{
	struct state_ipvs_entry entry = {.kind = STATE_IPVS_SERVICE,
		.service = service->address,
		.fwmark = service->fwmark,
		.protocol = service->protocol,
		.port = service->port};

	if (dest != NULL) {
		entry.kind = STATE_IPVS_DEST;
		entry.real = dest->address;
		entry.real_port = dest->port;
	}
	return entry;
}

static size_t home(const struct page *page, const struct state_ipvs_entry *entry)
{
	uint32_t hash = proto_checksum(0, entry, offsetof(struct state_ipvs_entry, checksum));

	return hash & (page->index_size - 1);
}

static bool slot_has(const struct page *page, uint32_t slot, const struct state_ipvs_entry *entry)
{
	struct state_ipvs_entry found;

	return state_ipvs_load(page->map, slot, &found) == 1 &&
	       memcmp(&found, entry, offsetof(struct state_ipvs_entry, checksum)) == 0;
}

/* Where in the index an entry is, or would be. */
static size_t find(const struct page *page, const struct state_ipvs_entry *entry)
{
	size_t at = home(page, entry);

	while (page->index[at] != 0 && !slot_has(page, page->index[at], entry))
		at = (at + 1) & (page->index_size - 1);
	return at;
}

static void index_new(struct page *page, size_t size)
{
	page->index = calloc(size, sizeof(*page->index));
	if (page->index == NULL)
		fatal("state page");
	page->index_size = size;
}

static void index_put(struct page *page, uint32_t slot)
{
	struct state_ipvs_entry entry;

	if (state_ipvs_load(page->map, slot, &entry) == 1)
		page->index[find(page, &entry)] = slot;
}

static bool is_used(const struct page *page, uint32_t slot)
{
	return (page->used[slot / WORD_BITS] & UINT64_C(1) << (slot % WORD_BITS)) != 0;
}

static void set_used(struct page *page, uint32_t slot, bool used)
{
	uint64_t bit = UINT64_C(1) << (slot % WORD_BITS);

	if (used)
		page->used[slot / WORD_BITS] |= bit;
	else
		page->used[slot / WORD_BITS] &= ~bit;
}

static void index_grow(struct page *page)
{
	uint32_t *before = page->index;
	size_t size = page->index_size;

	if (2 * (page->count + 1) <= size)
		return;
	index_new(page, 2 * size);
	for (size_t i = 0; i < size; i++) {
		if (before[i] != 0)
			index_put(page, before[i]);
	}
	free(before);
}

static void read_slots(struct page *page)
{
	struct state_ipvs_entry entry;
	size_t damaged = 0;

	for (uint32_t slot = FIRST_ENTRY; slot < STATE_IPVS_ENTRIES; slot++) {
		int found = state_ipvs_load(page->map, slot, &entry);
		damaged += found == -1;
		if (found != 1)
			continue;
		bool known = entry.kind == STATE_IPVS_SERVICE || entry.kind == STATE_IPVS_DEST;
		index_grow(page);
		size_t at = find(page, &entry);
		if (!known || page->index[at] != 0)
			continue;
		page->index[at] = slot;
		page->count++;
		set_used(page, slot, true);
	}
	if (damaged > 0)
		log_warnx("%zu entries of the state page are damaged and ignored", damaged);
}

struct page *page_open(int fd)
{
	struct page *page = calloc(1, sizeof(*page));

	if (page == NULL)
		fatal("state page");
	page->map = child_page_open(PROTO_IPVS, fd);
	page->free_from = FIRST_ENTRY;
	index_new(page, INDEX_LEAST);
	read_slots(page);
	return page;
}

void page_close(struct page *page)
{
	if (page == NULL)
		return;
	state_page_close(page->map);
	free(page->index);
	free(page);
}

size_t page_count(const struct page *page)
{
	return page->count;
}

bool page_has(const struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest)
{
	const struct state_ipvs_entry entry = entry_of(service, dest);

	return page->index[find(page, &entry)] != 0;
}

bool page_add(struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest)
{
	const struct state_ipvs_entry entry = entry_of(service, dest);

	index_grow(page);
	size_t at = find(page, &entry);
	if (page->index[at] != 0)
		return true;
	while (page->free_from < STATE_IPVS_ENTRIES && is_used(page, page->free_from))
		page->free_from++;
	if (page->free_from == STATE_IPVS_ENTRIES)
		return false;
	uint32_t slot = page->free_from++;
	state_ipvs_store(page->map, slot, &entry);
	set_used(page, slot, true);
	page->index[at] = slot;
	page->count++;
	return true;
}

/* Whatever was put behind the entry at this place because it was taken moves up. */
static void close_gap(struct page *page, size_t gap)
{
	size_t mask = page->index_size - 1;
	struct state_ipvs_entry entry;

	for (size_t at = (gap + 1) & mask; page->index[at] != 0; at = (at + 1) & mask) {
		if (state_ipvs_load(page->map, page->index[at], &entry) != 1)
			continue;
		/* would it be found at the gap? */
		if (((at - home(page, &entry)) & mask) < ((at - gap) & mask))
			continue;
		page->index[gap] = page->index[at];
		page->index[at] = 0;
		gap = at;
	}
}

void page_remove(struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest)
{
	const struct state_ipvs_entry entry = entry_of(service, dest);
	size_t at = find(page, &entry);
	uint32_t slot = page->index[at];

	if (slot == 0)
		return;
	state_ipvs_clear(page->map, slot);
	set_used(page, slot, false);
	if (slot < page->free_from)
		page->free_from = slot;
	page->index[at] = 0;
	page->count--;
	close_gap(page, at);
}

void page_each(const struct page *page, page_each_fn *call, void *arg)
{
	struct state_ipvs_entry entry;

	for (size_t i = 0; i < page->index_size; i++) {
		if (page->index[i] == 0 || state_ipvs_load(page->map, page->index[i], &entry) != 1)
			continue;
		const struct ipvs_key key = {.address = entry.service,
			.fwmark = entry.fwmark,
			.protocol = entry.protocol,
			.port = entry.port};
		const struct ipvs_dest dest = {
			.service = key, .address = entry.real, .port = entry.real_port};
		call(&key, entry.kind == STATE_IPVS_DEST ? &dest : NULL, arg);
	}
}

bool page_marked(const struct page *page, enum state_ipvs_kind mark)
{
	struct state_ipvs_entry entry;

	return state_ipvs_load(page->map, (uint32_t)(mark - FIRST_MARK), &entry) == 1 &&
	       entry.kind == (uint32_t)mark;
}

void page_mark(struct page *page, enum state_ipvs_kind mark, bool on)
{
	const struct state_ipvs_entry entry = {.kind = (uint32_t)mark};

	if (on)
		state_ipvs_store(page->map, (uint32_t)(mark - FIRST_MARK), &entry);
	else
		state_ipvs_clear(page->map, (uint32_t)(mark - FIRST_MARK));
}
