/* A state page with arbitrary bytes in its header, its map, its first slots: whatever they are, a
 * successor opens it or not, reads what it may, and can write. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/state_layout.h"
#include "proto/state_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

/* Spreads the input over the places that hold something. */
static void scribble(uint8_t *raw, const uint8_t *data, size_t size)
{
	static const size_t places[][2] = {
		{STATE_MAP_AT, STATE_MAP_SIZE},
		{STATE_INSTANCES_AT, STATE_INSTANCE_SLOT},
		{STATE_ADDRESSES_AT, STATE_ADDRESS_SLOT},
		{STATE_CLOCKS_AT, STATE_CLOCK_SLOT},
		{STATE_CHANGES_AT, STATE_CHANGE_SLOT},
		{0, sizeof(struct state_header)},
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t take = size < places[i][1] ? size : places[i][1];
		memcpy(raw + places[i][0], data, take);
		data += take;
		size -= take;
	}
}

static void exercise(struct state_page *page)
{
	struct state_vrrp_instance record;
	struct state_vrrp_address address;
	struct proto_addr key = {.family = 2, .bytes = {10, 0, 0, 1}};
	for (uint32_t i = 0; i < 8; i++) {
		int result = state_vrrp_load(page, i, &record);
		require(result >= -1 && result <= 1);
		result = state_address_get(page, i, &address);
		require(result >= -1 && result <= 1);
	}
	memset(&record, 7, sizeof(record));
	state_vrrp_store(page, 0, &record);
	require(state_vrrp_load(page, 0, &record) == 1 && record.vrid == 7);
	state_vrrp_clear(page, 0);
	require(state_vrrp_load(page, 0, &record) == 0);
	static struct state_change changes[STATE_CHANGES];
	struct state_change change = {.to = 2};
	struct state_vrrp_clock clock;
	size_t damaged;
	(void)state_clock_load(page, 0, &clock);
	size_t before = state_changes_load(page, changes, &damaged);
	require(before + damaged <= STATE_CHANGES);
	state_change_add(page, &change);
	require(state_changes_load(page, changes, &damaged) >= 1);
	int slot = state_address_add(page, "eth0", &key, 24);
	require(slot >= 0 && state_address_get(page, (uint32_t)slot, &address) == 1);
	state_address_remove(page, "eth0", &key, 24);
	require(state_address_get(page, (uint32_t)slot, &address) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why;
	int fd = state_page_create(PROTO_VRRP);
	require(fd >= 0);
	struct state_page *page = state_page_open(PROTO_VRRP, fd, true, &why);
	require(page != NULL);
	state_page_close(page);
	size_t length = state_page_size(PROTO_VRRP);
	uint8_t *raw = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	require(raw != MAP_FAILED);
	scribble(raw, data, size);
	page = state_page_open(PROTO_VRRP, fd, true, &why);
	require((page == NULL) == (why != NULL));
	if (page == NULL) {
		require(state_page_reset(PROTO_VRRP, fd) == 0);
		page = state_page_open(PROTO_VRRP, fd, true, &why);
		require(page != NULL);
	}
	exercise(page);
	state_page_close(page);
	munmap(raw, length);
	close(fd);
	return 0;
}
