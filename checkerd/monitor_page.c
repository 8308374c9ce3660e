#include <stdlib.h>
#include <string.h>

#include "checkerd/monitor_internal.h"
#include "common/log.h"

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		fatal("checkers");
	return memory;
}

static void push(struct free_slots *slots, uint32_t slot)
{
	slots->list[slots->count++] = slot;
}

uint32_t monitor_page_slot(struct free_slots *slots)
{
	return slots->count == 0 ? NO_SLOT : slots->list[--slots->count];
}

/* The lowest slots are taken first: they lie together. */
static void read_checkers(struct monitor *monitor)
{
	struct state_checker record;

	for (uint32_t slot = STATE_CHECKERS; slot-- > 0;) {
		int found = state_checker_load(monitor->page, slot, &record);
		if (found == -1)
			log_warnx(
				"checker record %u of the state page is damaged and ignored", slot);
		size_t count = monitor->left_checkers_count;
		record.result[sizeof(record.result) - 1] = '\0';
		if (found != 1 || record.key == 0 ||
			!key_table_add(
				monitor->left_checkers_by_key, record.key, (uint32_t)count)) {
			push(&monitor->free_checkers, slot);
			continue;
		}
		monitor->left_checkers[count] = record;
		monitor->left_checker_slots[count] = slot;
		monitor->left_checkers_count++;
	}
}

static void read_servers(struct monitor *monitor)
{
	struct state_server record;

	for (uint32_t slot = STATE_SERVERS; slot-- > 0;) {
		int found = state_server_load(monitor->page, slot, &record);
		if (found == -1)
			log_warnx(
				"server record %u of the state page is damaged and ignored", slot);
		size_t count = monitor->left_servers_count;
		if (found != 1 || record.key == 0 ||
			!key_table_add(monitor->left_servers_by_key, record.key, (uint32_t)count)) {
			push(&monitor->free_servers, slot);
			continue;
		}
		monitor->left_servers[count] = (struct told){.key = record.key,
			.slot = slot,
			.known = true,
			.up = record.up != 0,
			.weight = record.weight};
		monitor->left_servers_count++;
	}
}

void monitor_page_read(struct monitor *monitor)
{
	monitor->free_checkers.list = allocate(STATE_CHECKERS, sizeof(uint32_t));
	monitor->free_servers.list = allocate(STATE_SERVERS, sizeof(uint32_t));
	monitor->left_checkers = allocate(STATE_CHECKERS, sizeof(*monitor->left_checkers));
	monitor->left_checker_slots = allocate(STATE_CHECKERS, sizeof(uint32_t));
	monitor->left_servers = allocate(STATE_SERVERS, sizeof(*monitor->left_servers));
	monitor->left_checkers_by_key = key_table_new(STATE_CHECKERS);
	monitor->left_servers_by_key = key_table_new(STATE_SERVERS);
	if (monitor->left_checkers_by_key == NULL || monitor->left_servers_by_key == NULL)
		fatal("checkers");
	read_checkers(monitor);
	read_servers(monitor);
}

bool monitor_page_take_checker(
	struct monitor *monitor, uint64_t key, struct state_checker *record, uint32_t *slot)
{
	uint32_t number;

	if (monitor->left_checkers_by_key == NULL ||
		!key_table_find(monitor->left_checkers_by_key, key, &number) ||
		monitor->left_checker_slots[number] == NO_SLOT)
		return false;
	*record = monitor->left_checkers[number];
	*slot = monitor->left_checker_slots[number];
	monitor->left_checker_slots[number] = NO_SLOT;
	return true;
}

bool monitor_page_take_server(struct monitor *monitor, uint64_t key, struct told *told)
{
	uint32_t number;

	if (monitor->left_servers_by_key == NULL ||
		!key_table_find(monitor->left_servers_by_key, key, &number) ||
		monitor->left_servers[number].slot == NO_SLOT)
		return false;
	*told = monitor->left_servers[number];
	monitor->left_servers[number].slot = NO_SLOT;
	return true;
}

void monitor_page_drop_check(struct monitor *monitor, uint32_t slot)
{
	if (slot == NO_SLOT)
		return;
	state_checker_clear(monitor->page, slot);
	push(&monitor->free_checkers, slot);
}

void monitor_page_drop_server(struct monitor *monitor, uint32_t slot)
{
	if (slot == NO_SLOT)
		return;
	state_server_clear(monitor->page, slot);
	push(&monitor->free_servers, slot);
}

void monitor_page_forget_left(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->left_checkers_count; i++)
		monitor_page_drop_check(monitor, monitor->left_checker_slots[i]);
	for (size_t i = 0; i < monitor->left_servers_count; i++)
		monitor_page_drop_server(monitor, monitor->left_servers[i].slot);
	free(monitor->left_checkers);
	free(monitor->left_checker_slots);
	free(monitor->left_servers);
	key_table_free(monitor->left_checkers_by_key);
	key_table_free(monitor->left_servers_by_key);
	monitor->left_checkers = NULL;
	monitor->left_checker_slots = NULL;
	monitor->left_servers = NULL;
	monitor->left_checkers_by_key = NULL;
	monitor->left_servers_by_key = NULL;
	monitor->left_checkers_count = 0;
	monitor->left_servers_count = 0;
}

void monitor_page_store_check(const struct monitor_check *check)
{
	const struct checker *checker = &check->checker;
	struct state_checker record = {.key = check->key,
		.verdict = checker->verdict,
		.retries = checker->retries,
		.step = checker->step,
		.passed = checker->passed,
		.added = check->added,
		.due_ns = checker->due_ns,
		.changed_ns = check->changed_ns,
		.changed_wall_s = check->changed_wall_s,
		.latency_us = check->latency_us,
		.attempts = check->attempts,
		.failures = check->failures};

	if (check->slot == NO_SLOT)
		return;
	if (check->result != NULL)
		proto_string_set(record.result, sizeof(record.result), check->result);
	state_checker_store(check->monitor->page, check->slot, &record);
}

void monitor_page_store_told(struct monitor *monitor, const struct told *told)
{
	const struct state_server record = {
		.key = told->key, .up = told->up, .weight = told->weight};

	if (told->slot != NO_SLOT)
		state_server_store(monitor->page, told->slot, &record);
}
