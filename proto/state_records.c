/* The records of a state page: double-buffered instances, single address slots. */
#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/state_layout.h"
#include "proto/state_page.h"

static_assert(sizeof(struct state_copy) == 16, "head of a copy");
static_assert(sizeof(struct state_copy) + sizeof(struct state_vrrp_instance) <= STATE_INSTANCE_COPY,
	"an instance record does not fit its copy");
static_assert(sizeof(struct state_copy) + sizeof(struct state_check) <= STATE_CHECK_COPY,
	"a check record does not fit its copy");
static_assert(sizeof(struct state_copy) + sizeof(struct state_checker) <= STATE_CHECKER_COPY,
	"a checker record does not fit its copy");
static_assert(sizeof(struct state_copy) + sizeof(struct state_server) <= STATE_SERVER_COPY,
	"a server record does not fit its copy");
static_assert(sizeof(struct state_vrrp_address) <= STATE_ADDRESS_SLOT, "address slot");

/* A reader that meets the writer in one copy finds the other; only a writer that laps it several
 * times during one read could make it look again. */
#define READ_ATTEMPTS 16

/* Slots of double-buffered records. */
struct area {
	size_t at;
	size_t copy;   /* bytes of one copy */
	size_t record; /* bytes of the record in it */
	uint32_t count;
	uint32_t first; /* number of its first record among all of the page */
};

#define RECORD_MAX sizeof(struct state_vrrp_instance)
static_assert(sizeof(struct state_check) <= RECORD_MAX, "largest record");
static_assert(sizeof(struct state_checker) <= RECORD_MAX, "largest record");
static_assert(STATE_VRRP_INSTANCES <= STATE_RECORDS_MAX, "most records");

static const struct area instances = {STATE_INSTANCES_AT, STATE_INSTANCE_COPY,
	sizeof(struct state_vrrp_instance), STATE_VRRP_INSTANCES, 0};
static const struct area checks = {
	STATE_CHECKS_AT, STATE_CHECK_COPY, sizeof(struct state_check), STATE_CHECKS, 0};
static const struct area checkers = {STATE_CHECKERS_AT, STATE_CHECKER_COPY,
	sizeof(struct state_checker), STATE_CHECKERS, STATE_CHECKS};
static const struct area servers = {STATE_SERVERS_AT, STATE_SERVER_COPY,
	sizeof(struct state_server), STATE_SERVERS, STATE_CHECKS + STATE_CHECKERS};

static size_t slot_offset(const struct area *area, uint32_t index)
{
	return area->at + (size_t)index * 2 * area->copy;
}

static uint32_t copy_checksum(
	const struct area *area, const struct state_copy *head, const void *record)
{
	uint32_t sum = proto_checksum(0, head, offsetof(struct state_copy, checksum));
	return proto_checksum(sum, record, area->record);
}

enum copy_verdict {
	COPY_DAMAGED,
	COPY_BLANK, /* never written; older than anything written */
	COPY_VALID,
};

/* Takes a private copy first, so that what is verified is what is returned. */
static enum copy_verdict copy_read(const struct state_page *page, const struct area *area,
	uint32_t index, unsigned which, struct state_copy *head, void *record)
{
	const uint8_t *bytes = page->bytes + slot_offset(area, index) + which * area->copy;
	memcpy(head, bytes, sizeof(*head));
	memcpy(record, bytes + sizeof(*head), area->record);
	atomic_thread_fence(memory_order_acquire);
	if (head->sequence == 0 && head->kind == 0 && head->checksum == 0)
		return COPY_BLANK;
	if (head->sequence % 2 != which ||
		(head->kind != STATE_COPY_RECORD && head->kind != STATE_COPY_CLEARED) ||
		head->checksum != copy_checksum(area, head, record))
		return COPY_DAMAGED;
	return COPY_VALID;
}

/* Has the first copy been written since it was read? Then what was read of the second may belong to
 * the store after that one, and both together to no moment at all. */
static bool first_copy_changed(const struct state_page *page, const struct area *area,
	uint32_t index, const struct state_copy *head)
{
	struct state_copy now;
	atomic_thread_fence(memory_order_acquire);
	memcpy(&now, page->bytes + slot_offset(area, index), sizeof(now));
	return memcmp(&now, head, sizeof(now)) != 0;
}

/* Newest copy that stands. Its sequence number is 0 when nothing was ever written. Returns -1 when
 * both are damaged, or a writer came between. */
static int newest_copy(const struct state_page *page, const struct area *area, uint32_t index,
	struct state_copy *head, void *record)
{
	struct state_copy other;
	uint8_t other_record[RECORD_MAX];
	enum copy_verdict first = copy_read(page, area, index, 0, head, record);
	enum copy_verdict second = copy_read(page, area, index, 1, &other, other_record);
	if ((first == COPY_DAMAGED && second == COPY_DAMAGED) ||
		first_copy_changed(page, area, index, head))
		return -1;
	if (first == COPY_DAMAGED || (second != COPY_DAMAGED && other.sequence > head->sequence)) {
		*head = other;
		memcpy(record, other_record, area->record);
	}
	return 0;
}

/* The number that the next store of this record gets. */
static uint64_t next_sequence(struct state_page *page, const struct area *area, uint32_t index)
{
	struct state_copy head;
	uint8_t record[RECORD_MAX];
	uint64_t *newest = &page->newest[area->first + index];
	if (*newest == 0 && newest_copy(page, area, index, &head, record) == 0)
		*newest = head.sequence;
	return *newest + 1;
}

static void copy_write(struct state_page *page, const struct area *area, uint32_t index,
	enum state_copy_kind kind, const void *record)
{
	if (index >= area->count)
		abort();
	size_t slot = slot_offset(area, index);
	state_map_set(page, slot);
	struct state_copy head = {.sequence = next_sequence(page, area, index), .kind = kind};
	head.checksum = copy_checksum(area, &head, record);
	uint8_t *bytes = page->bytes + slot + (head.sequence % 2) * area->copy;
	/* The head last: until then the old head does not fit the new record. */
	atomic_thread_fence(memory_order_release);
	memcpy(bytes + sizeof(head), record, area->record);
	atomic_thread_fence(memory_order_release);
	memcpy(bytes, &head, sizeof(head));
	page->newest[area->first + index] = head.sequence;
}

static void copy_clear(struct state_page *page, const struct area *area, uint32_t index)
{
	static const uint8_t empty[RECORD_MAX];
	if (index < area->count && state_map_test(page, slot_offset(area, index)))
		copy_write(page, area, index, STATE_COPY_CLEARED, empty);
}

static int copy_load(
	const struct state_page *page, const struct area *area, uint32_t index, void *record)
{
	struct state_copy head;
	if (index >= area->count || !state_map_test(page, slot_offset(area, index)))
		return 0;
	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		if (newest_copy(page, area, index, &head, record) == 0)
			return head.kind == STATE_COPY_RECORD ? 1 : 0;
	}
	return -1;
}

void state_vrrp_store(
	struct state_page *page, uint32_t index, const struct state_vrrp_instance *record)
{
	copy_write(page, &instances, index, STATE_COPY_RECORD, record);
}

void state_vrrp_clear(struct state_page *page, uint32_t index)
{
	copy_clear(page, &instances, index);
}

int state_vrrp_load(
	const struct state_page *page, uint32_t index, struct state_vrrp_instance *record)
{
	return copy_load(page, &instances, index, record);
}

void state_check_store(struct state_page *page, uint32_t index, const struct state_check *record)
{
	copy_write(page, &checks, index, STATE_COPY_RECORD, record);
}

void state_check_clear(struct state_page *page, uint32_t index)
{
	copy_clear(page, &checks, index);
}

int state_check_load(const struct state_page *page, uint32_t index, struct state_check *record)
{
	return copy_load(page, &checks, index, record);
}

void state_checker_store(
	struct state_page *page, uint32_t index, const struct state_checker *record)
{
	copy_write(page, &checkers, index, STATE_COPY_RECORD, record);
}

void state_checker_clear(struct state_page *page, uint32_t index)
{
	copy_clear(page, &checkers, index);
}

int state_checker_load(const struct state_page *page, uint32_t index, struct state_checker *record)
{
	return copy_load(page, &checkers, index, record);
}

void state_server_store(struct state_page *page, uint32_t index, const struct state_server *record)
{
	copy_write(page, &servers, index, STATE_COPY_RECORD, record);
}

void state_server_clear(struct state_page *page, uint32_t index)
{
	copy_clear(page, &servers, index);
}

int state_server_load(const struct state_page *page, uint32_t index, struct state_server *record)
{
	return copy_load(page, &servers, index, record);
}

#define SLOTS_PER_UNIT (STATE_UNIT / STATE_ADDRESS_SLOT)
static_assert(STATE_UNIT % STATE_ADDRESS_SLOT == 0 && STATE_ADDRESSES_AT % STATE_UNIT == 0 &&
		      STATE_VRRP_ADDRESSES % SLOTS_PER_UNIT == 0,
	"address slots fill whole units");

static size_t address_offset(uint32_t slot)
{
	return STATE_ADDRESSES_AT + (size_t)slot * STATE_ADDRESS_SLOT;
}

static uint32_t address_checksum(const struct state_vrrp_address *address)
{
	return proto_checksum(0, address, offsetof(struct state_vrrp_address, checksum));
}

int state_address_get(
	const struct state_page *page, uint32_t slot, struct state_vrrp_address *address)
{
	static const struct state_vrrp_address blank;
	size_t offset = address_offset(slot);
	if (slot >= STATE_VRRP_ADDRESSES || !state_map_test(page, offset))
		return 0;
	memcpy(address, page->bytes + offset, sizeof(*address));
	if (memcmp(address, &blank, sizeof(blank)) == 0)
		return 0;
	if (address->used > 1 || address->checksum != address_checksum(address))
		return -1;
	return (int)address->used;
}

static void address_put(struct state_page *page, uint32_t slot, struct state_vrrp_address *address)
{
	size_t offset = address_offset(slot);
	address->checksum = address_checksum(address);
	state_map_set(page, offset);
	memcpy(page->bytes + offset, address, sizeof(*address));
}

static struct state_vrrp_address address_key(
	const char *ifname, const struct proto_addr *address, uint8_t prefixlen)
{
	struct state_vrrp_address key = {.used = 1, .prefixlen = prefixlen, .address = *address};
	proto_string_set(key.ifname, sizeof(key.ifname), ifname);
	return key;
}

static bool address_same(const struct state_vrrp_address *a, const struct state_vrrp_address *b)
{
	return a->prefixlen == b->prefixlen &&
	       memcmp(a->ifname, b->ifname, sizeof(a->ifname)) == 0 &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

/* Slot of the address, or -1; *vacant gets the first slot that holds none, or -1. A damaged slot
 * is vacant: it was being written before the address was added, or after it was removed. */
static int address_find(
	const struct state_page *page, const struct state_vrrp_address *key, int *vacant)
{
	struct state_vrrp_address found;
	*vacant = -1;
	for (uint32_t slot = 0; slot < STATE_VRRP_ADDRESSES; slot++) {
		/* a unit that was never written to holds none at all */
		if (slot % SLOTS_PER_UNIT == 0 && !state_map_test(page, address_offset(slot))) {
			if (*vacant == -1)
				*vacant = (int)slot;
			slot += SLOTS_PER_UNIT - 1;
			continue;
		}
		int used = state_address_get(page, slot, &found);
		if (used == 1 && address_same(&found, key))
			return (int)slot;
		if (used != 1 && *vacant == -1)
			*vacant = (int)slot;
	}
	return -1;
}

int state_address_add(struct state_page *page, const char *ifname, const struct proto_addr *address,
	uint8_t prefixlen)
{
	struct state_vrrp_address key = address_key(ifname, address, prefixlen);
	int vacant;
	int slot = address_find(page, &key, &vacant);
	if (slot != -1)
		return slot;
	if (vacant == -1) {
		errno = ENOSPC;
		return -1;
	}
	address_put(page, (uint32_t)vacant, &key);
	return vacant;
}

void state_address_remove(struct state_page *page, const char *ifname,
	const struct proto_addr *address, uint8_t prefixlen)
{
	struct state_vrrp_address key = address_key(ifname, address, prefixlen);
	int vacant;
	int slot = address_find(page, &key, &vacant);
	if (slot == -1)
		return;
	key.used = 0;
	address_put(page, (uint32_t)slot, &key);
}
