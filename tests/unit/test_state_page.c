/* State pages: what a successor finds after its predecessor was killed at any point, or worse. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/state_layout.h"
#include "proto/state_page.h"

struct fixture {
	int fd;
	uint8_t *raw; /* the test's own view of the bytes */
	struct state_page *page;
};

static int setup(void **state)
{
	static struct fixture fixture;
	const char *why;
	fixture.fd = state_page_create(PROTO_VRRP);
	assert_true(fixture.fd >= 0);
	fixture.page = state_page_open(PROTO_VRRP, fixture.fd, true, &why);
	assert_non_null(fixture.page);
	fixture.raw = mmap(NULL, state_page_size(PROTO_VRRP), PROT_READ | PROT_WRITE, MAP_SHARED,
		fixture.fd, 0);
	assert_true(fixture.raw != MAP_FAILED);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	state_page_close(fixture->page);
	munmap(fixture->raw, state_page_size(PROTO_VRRP));
	close(fixture->fd);
	return 0;
}

/* What a successor does: opens the page anew. */
static void reopen(struct fixture *fixture)
{
	const char *why;
	state_page_close(fixture->page);
	fixture->page = state_page_open(PROTO_VRRP, fixture->fd, true, &why);
	assert_non_null(fixture->page);
}

/* Every byte depends on number, so that no mixture of two records passes for one. */
static struct state_vrrp_instance record_of(unsigned number)
{
	struct state_vrrp_instance record;
	memset(&record, (int)(number * 37 + 1), sizeof(record));
	record.timer_ns = number;
	return record;
}

static bool is_record(const struct state_vrrp_instance *record, unsigned number)
{
	struct state_vrrp_instance wanted = record_of(number);
	return memcmp(record, &wanted, sizeof(wanted)) == 0;
}

static void store(struct fixture *fixture, uint32_t index, unsigned number)
{
	struct state_vrrp_instance record = record_of(number);
	state_vrrp_store(fixture->page, index, &record);
}

static void assert_loads(const struct fixture *fixture, uint32_t index, unsigned number)
{
	struct state_vrrp_instance record;
	assert_int_equal(state_vrrp_load(fixture->page, index, &record), 1);
	assert_true(is_record(&record, number));
}

static void assert_load_is(const struct fixture *fixture, uint32_t index, int result)
{
	struct state_vrrp_instance record;
	assert_int_equal(state_vrrp_load(fixture->page, index, &record), result);
}

static uint8_t *slot(const struct fixture *fixture, uint32_t index)
{
	return fixture->raw + STATE_INSTANCES_AT + (size_t)index * STATE_INSTANCE_SLOT;
}

/* ---- the page as a whole ---- */

static void test_size_is_sealed(void **state)
{
	const struct fixture *fixture = *state;
	size_t size = state_page_size(PROTO_VRRP);
	assert_int_equal(ftruncate(fixture->fd, 0), -1);
	assert_int_equal(ftruncate(fixture->fd, (off_t)size + 1), -1);
	assert_int_equal(fcntl(fixture->fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(size % 4096, 0);
	assert_int_equal(size, 1990656);
	assert_int_equal(state_page_size(PROTO_PARENT), 0);
	assert_int_equal(state_page_create(PROTO_LAUNCHER), -1);
}

static void assert_open_fails(enum proto_process process, int fd, bool writable, const char *text)
{
	const char *why;
	errno = 0;
	assert_null(state_page_open(process, fd, writable, &why));
	assert_int_equal(errno, EPROTO);
	assert_string_equal(why, text);
}

static void test_unsealed_is_refused(void **state)
{
	(void)state;
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, (off_t)state_page_size(PROTO_VRRP)), 0);
	assert_open_fails(PROTO_VRRP, fd, true, "size not sealed");
	assert_int_equal(state_page_reset(PROTO_VRRP, fd), -1);
	close(fd);
}

static void test_wrong_size_is_refused(void **state)
{
	(void)state;
	int fd = state_page_create(PROTO_CHECK);
	assert_open_fails(PROTO_VRRP, fd, true, "wrong size");
	close(fd);
}

static void test_page_without_records(void **state)
{
	(void)state;
	const char *why;
	int fd = state_page_create(PROTO_IPVS);
	struct state_page *page = state_page_open(PROTO_IPVS, fd, true, &why);
	struct state_vrrp_instance record;
	struct state_vrrp_address address;
	assert_non_null(page);
	assert_int_equal(state_vrrp_load(page, 0, &record), 0);
	assert_int_equal(state_address_get(page, 0, &address), 0);
	state_page_close(page);
	const uint16_t other = PROTO_CHECK;
	assert_int_equal(pwrite(fd, &other, sizeof(other), offsetof(struct state_header, process)),
		sizeof(other));
	assert_open_fails(PROTO_IPVS, fd, true, "page of another process");
	close(fd);
}

static void test_entries_of_ipvs(void **state)
{
	(void)state;
	const char *why;
	int fd = state_page_create(PROTO_IPVS);
	struct state_page *page = state_page_open(PROTO_IPVS, fd, true, &why);
	struct state_ipvs_entry entry = {.kind = STATE_IPVS_DEST, .fwmark = 7, .real_port = 80};
	struct state_ipvs_entry found;
	const uint32_t last = STATE_IPVS_ENTRIES - 1;
	assert_int_equal(state_page_size(PROTO_IPVS), 8392704);
	assert_int_equal(state_ipvs_load(page, last, &found), 0);
	state_ipvs_store(page, last, &entry);
	assert_int_equal(state_ipvs_load(page, last, &found), 1);
	assert_memory_equal(&found, &entry, offsetof(struct state_ipvs_entry, checksum));
	assert_int_equal(state_ipvs_load(page, last - 1, &found), 0);
	assert_int_equal(state_ipvs_load(page, STATE_IPVS_ENTRIES, &found), 0);
	/* a successor finds it; one that was half written is none */
	state_page_close(page);
	page = state_page_open(PROTO_IPVS, fd, true, &why);
	assert_int_equal(state_ipvs_load(page, last, &found), 1);
	const uint8_t other = 8;
	assert_int_equal(pwrite(fd, &other, 1,
				 (off_t)(STATE_IPVS_AT + last * STATE_IPVS_SLOT +
					 offsetof(struct state_ipvs_entry, fwmark))),
		1);
	assert_int_equal(state_ipvs_load(page, last, &found), -1);
	state_ipvs_clear(page, last);
	assert_int_equal(state_ipvs_load(page, last, &found), 0);
	state_page_close(page);
	close(fd);
}

static void test_empty_page_for_a_reader(void **state)
{
	(void)state;
	int fd = state_page_create(PROTO_VRRP);
	assert_open_fails(PROTO_VRRP, fd, false, "not written yet");
	close(fd);
}

static void test_other_version_is_refused(void **state)
{
	struct fixture *fixture = *state;
	fixture->raw[offsetof(struct state_header, version)]++;
	assert_open_fails(PROTO_VRRP, fixture->fd, true, "another version");
	assert_open_fails(PROTO_VRRP, fixture->fd, false, "another version");
}

static void test_every_scribbled_header_byte_is_refused(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(struct state_header); i++) {
		const char *why;
		fixture->raw[i] ^= 0x20;
		assert_null(state_page_open(PROTO_VRRP, fixture->fd, true, &why));
		assert_non_null(why);
		fixture->raw[i] ^= 0x20;
	}
	reopen(fixture);
}

static void test_reset_empties(void **state)
{
	struct fixture *fixture = *state;
	store(fixture, 3, 1);
	fixture->raw[0] ^= 1;
	assert_open_fails(PROTO_VRRP, fixture->fd, true, "wrong magic");
	assert_int_equal(state_page_reset(PROTO_VRRP, fixture->fd), 0);
	reopen(fixture);
	assert_load_is(fixture, 3, 0);
}

/* The header's bytes as PROTOCOL.md gives them. */
static void test_header_bytes(void **state)
{
	const struct fixture *fixture = *state;
	const uint32_t wanted[] = {0x48465350, 0x00030003, 1990656, 1024, 480, 8192, 48, 512, 272};
	assert_memory_equal(fixture->raw, wanted, sizeof(wanted));
	uint32_t sum = proto_checksum(0, wanted, sizeof(wanted));
	assert_memory_equal(fixture->raw + sizeof(wanted), &sum, sizeof(sum));
}

/* ---- instance records ---- */

static void test_store_and_load(void **state)
{
	struct fixture *fixture = *state;
	assert_load_is(fixture, 0, 0);
	for (unsigned number = 1; number <= 5; number++) {
		store(fixture, 0, number);
		store(fixture, STATE_VRRP_INSTANCES - 1, number + 100);
		assert_loads(fixture, 0, number);
		assert_loads(fixture, STATE_VRRP_INSTANCES - 1, number + 100);
		reopen(fixture);
		assert_loads(fixture, 0, number);
	}
	assert_load_is(fixture, 1, 0);
	assert_load_is(fixture, STATE_VRRP_INSTANCES, 0);
}

static void test_clear(void **state)
{
	struct fixture *fixture = *state;
	state_vrrp_clear(fixture->page, 7);
	assert_load_is(fixture, 7, 0);
	store(fixture, 7, 1);
	store(fixture, 7, 2);
	state_vrrp_clear(fixture->page, 7);
	assert_load_is(fixture, 7, 0);
	reopen(fixture);
	assert_load_is(fixture, 7, 0);
	store(fixture, 7, 3);
	assert_loads(fixture, 7, 3);
}

/* The bytes of a slot before and after a store; then every way in which a process killed between
 * may have left them: a prefix of the record, the whole record and a prefix of the head. */
static void torn_store(struct fixture *fixture, unsigned before)
{
	uint8_t old[STATE_INSTANCE_SLOT];
	uint8_t new[STATE_INSTANCE_SLOT];
	memcpy(old, slot(fixture, 2), sizeof(old));
	store(fixture, 2, before + 1);
	memcpy(new, slot(fixture, 2), sizeof(new));
	size_t copy = (before + 1) % 2 * STATE_INSTANCE_COPY;
	size_t head = sizeof(struct state_copy);
	size_t total = head + sizeof(struct state_vrrp_instance);
	for (size_t written = 0; written < total; written++) {
		size_t body = written < total - head ? written : total - head;
		memcpy(slot(fixture, 2), old, sizeof(old));
		memcpy(slot(fixture, 2) + copy + head, new + copy + head, body);
		memcpy(slot(fixture, 2) + copy, new + copy, written - body);
		reopen(fixture);
		if (before == 0)
			assert_load_is(fixture, 2, 0);
		else
			assert_loads(fixture, 2, before);
		/* The successor goes on from there, and what it writes counts. */
		store(fixture, 2, 200);
		assert_loads(fixture, 2, 200);
	}
	memcpy(slot(fixture, 2), new, sizeof(new));
	reopen(fixture);
	assert_loads(fixture, 2, before + 1);
}

static void test_torn_write_leaves_the_older_record(void **state)
{
	struct fixture *fixture = *state;
	for (unsigned before = 0; before < 4; before++)
		torn_store(fixture, before);
}

/* The same in the order of addresses, should the processor or the kernel prefer that. */
static void test_torn_write_from_the_front(void **state)
{
	struct fixture *fixture = *state;
	uint8_t old[STATE_INSTANCE_SLOT];
	uint8_t new[STATE_INSTANCE_SLOT];
	store(fixture, 2, 1);
	store(fixture, 2, 2);
	memcpy(old, slot(fixture, 2), sizeof(old));
	store(fixture, 2, 3);
	memcpy(new, slot(fixture, 2), sizeof(new));
	size_t total = sizeof(struct state_copy) + sizeof(struct state_vrrp_instance);
	for (size_t written = 0; written < total; written++) {
		memcpy(slot(fixture, 2), old, sizeof(old));
		memcpy(slot(fixture, 2) + STATE_INSTANCE_COPY, new + STATE_INSTANCE_COPY, written);
		reopen(fixture);
		assert_loads(fixture, 2, 2);
	}
}

static void test_every_flipped_bit_is_seen(void **state)
{
	struct fixture *fixture = *state;
	store(fixture, 0, 1);
	store(fixture, 0, 2);
	size_t total = sizeof(struct state_copy) + sizeof(struct state_vrrp_instance);
	for (size_t bit = 0; bit < total * 8; bit++) {
		slot(fixture, 0)[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_loads(fixture, 0, 1);
		slot(fixture, 0)[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_loads(fixture, 0, 2);
}

static void test_both_copies_damaged(void **state)
{
	struct fixture *fixture = *state;
	store(fixture, 0, 1);
	store(fixture, 0, 2);
	slot(fixture, 0)[40] ^= 1;
	slot(fixture, 0)[STATE_INSTANCE_COPY + 40] ^= 1;
	reopen(fixture);
	assert_load_is(fixture, 0, -1);
	store(fixture, 0, 3);
	assert_loads(fixture, 0, 3);
	store(fixture, 0, 4);
	assert_loads(fixture, 0, 4);
}

/* A copy that is valid in itself, but in the other's place, was not written by a store. */
static void test_copy_in_the_wrong_place(void **state)
{
	struct fixture *fixture = *state;
	store(fixture, 0, 1);
	store(fixture, 0, 2);
	memcpy(slot(fixture, 0) + STATE_INSTANCE_COPY, slot(fixture, 0), STATE_INSTANCE_COPY);
	memset(slot(fixture, 0), 0xff, STATE_INSTANCE_COPY);
	reopen(fixture);
	assert_load_is(fixture, 0, -1);
}

static void test_unwritten_records_take_no_memory(void **state)
{
	struct fixture *fixture = *state;
	struct state_vrrp_address address;
	store(fixture, 0, 1);
	for (uint32_t i = 0; i < STATE_VRRP_INSTANCES; i++)
		assert_load_is(fixture, i, i == 0);
	for (uint32_t i = 0; i < STATE_VRRP_ADDRESSES; i++)
		assert_int_equal(state_address_get(fixture->page, i, &address), 0);
	off_t hole = lseek(fixture->fd, STATE_INSTANCES_AT, SEEK_HOLE);
	assert_int_equal(hole, STATE_INSTANCES_AT + STATE_UNIT);
	assert_int_equal(lseek(fixture->fd, hole, SEEK_DATA), -1);
}

/* Ends with its parent, whatever becomes of that. */
static pid_t start_writer(struct fixture *fixture)
{
	pid_t parent = getpid();
	pid_t writer = fork();
	if (writer != 0)
		return writer;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	for (unsigned number = 2;; number++)
		store(fixture, 0, number);
}

/* What a reader saw while the writer ran. */
struct observed {
	unsigned changes;
	unsigned missing;
	unsigned mixed;
	unsigned backward;
};

static struct observed observe(const struct fixture *fixture)
{
	struct observed seen = {0};
	struct state_vrrp_instance record;
	uint64_t last = 0;
	/* The deadline is of this process's own time, which a busy machine does not use up. */
	while (seen.changes < 1000 && clock() < 20 * CLOCKS_PER_SEC) {
		int result = state_vrrp_load(fixture->page, 0, &record);
		seen.missing += result == 0;
		/* -1 takes a writer that laps the reader at each of its attempts. */
		if (result != 1)
			continue;
		seen.mixed += !is_record(&record, (unsigned)record.timer_ns);
		seen.backward += record.timer_ns < last;
		seen.changes += record.timer_ns > last;
		last = record.timer_ns;
	}
	return seen;
}

/* A reader in another process than the writer: only whole records, and only forward. */
static void test_reader_beside_a_writer(void **state)
{
	struct fixture *fixture = *state;
	store(fixture, 0, 1);
	pid_t writer = start_writer(fixture);
	assert_true(writer > 0);
	struct observed seen = observe(fixture);
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(seen.missing, 0);
	assert_int_equal(seen.mixed, 0);
	assert_int_equal(seen.backward, 0);
	assert_true(seen.changes >= 1000);
	reopen(fixture);
	assert_load_is(fixture, 0, 1);
}

/* ---- checks ---- */

static void test_checks(void **state)
{
	(void)state;
	const char *why;
	int fd = state_page_create(PROTO_CHECK);
	struct state_page *page = state_page_open(PROTO_CHECK, fd, true, &why);
	struct state_check record = {.name = "chk_nginx", .verdict = VERDICT_UP, .due_ns = 7};
	struct state_check found;
	assert_non_null(page);
	for (uint32_t i = 0; i < STATE_CHECKS; i += STATE_CHECKS - 1) {
		assert_int_equal(state_check_load(page, i, &found), 0);
		record.run = i;
		state_check_store(page, i, &record);
		record.verdict = VERDICT_DOWN;
		state_check_store(page, i, &record);
		assert_int_equal(state_check_load(page, i, &found), 1);
		assert_memory_equal(&found, &record, sizeof(record));
	}
	state_check_clear(page, 0);
	assert_int_equal(state_check_load(page, 0, &found), 0);
	assert_int_equal(state_check_load(page, STATE_CHECKS, &found), 0);
	state_page_close(page);
	close(fd);
}

/* Checkers and servers share the page with checks and with each other: none touches another. */
static void test_checkers_and_servers(void **state)
{
	(void)state;
	const char *why;
	int fd = state_page_create(PROTO_CHECK);
	struct state_page *page = state_page_open(PROTO_CHECK, fd, true, &why);
	struct state_check check = {.name = "chk_nginx"};
	struct state_checker checker = {.key = 7, .added = -3, .result = "connection refused"};
	struct state_server server = {.key = 8, .up = 1, .weight = 5};
	struct state_check found_check;
	struct state_checker found_checker;
	struct state_server found_server;
	assert_non_null(page);
	for (unsigned i = 0; i < 3; i++) {
		state_check_store(page, STATE_CHECKS - 1, &check);
		state_checker_store(page, i == 0 ? 0 : STATE_CHECKERS - 1, &checker);
		state_server_store(page, i == 0 ? 0 : STATE_SERVERS - 1, &server);
	}
	state_page_close(page);
	page = state_page_open(PROTO_CHECK, fd, true, &why);
	assert_int_equal(state_check_load(page, STATE_CHECKS - 1, &found_check), 1);
	assert_memory_equal(&found_check, &check, sizeof(check));
	for (uint32_t i = 0; i < STATE_CHECKERS; i += STATE_CHECKERS - 1) {
		assert_int_equal(state_checker_load(page, i, &found_checker), 1);
		assert_memory_equal(&found_checker, &checker, sizeof(checker));
	}
	for (uint32_t i = 0; i < STATE_SERVERS; i += STATE_SERVERS - 1) {
		assert_int_equal(state_server_load(page, i, &found_server), 1);
		assert_memory_equal(&found_server, &server, sizeof(server));
	}
	state_checker_clear(page, 0);
	state_server_clear(page, 0);
	assert_int_equal(state_checker_load(page, 0, &found_checker), 0);
	assert_int_equal(state_server_load(page, 0, &found_server), 0);
	assert_int_equal(state_checker_load(page, STATE_CHECKERS, &found_checker), 0);
	assert_int_equal(state_server_load(page, STATE_SERVERS, &found_server), 0);
	state_page_close(page);
	close(fd);
}

/* ---- clocks and changes ---- */

static void test_clocks(void **state)
{
	struct fixture *fixture = *state;
	struct state_vrrp_clock clock;
	assert_false(state_clock_load(fixture->page, 5, &clock));
	assert_false(state_clock_load(fixture->page, STATE_VRRP_INSTANCES, &clock));
	state_clock_store(fixture->page, 5, &(struct state_vrrp_clock){11, 12});
	state_clock_store(
		fixture->page, STATE_VRRP_INSTANCES - 1, &(struct state_vrrp_clock){13, 14});
	reopen(fixture);
	assert_true(state_clock_load(fixture->page, 5, &clock));
	assert_true(clock.timer_ns == 11 && clock.last_advert_ns == 12);
	assert_true(state_clock_load(fixture->page, STATE_VRRP_INSTANCES - 1, &clock));
	assert_true(clock.timer_ns == 13 && clock.last_advert_ns == 14);
}

static void test_mails(void **state)
{
	int fd = state_page_create(PROTO_CHECK);
	const char *why;

	(void)state;
	struct state_page *page = state_page_open(PROTO_CHECK, fd, true, &why);
	assert_non_null(page);
	assert_int_equal(state_mails_load(page), 0);
	state_mails_store(page, 3);
	state_page_close(page);
	page = state_page_open(PROTO_CHECK, fd, false, &why);
	assert_non_null(page);
	assert_int_equal(state_mails_load(page), 3);
	state_page_close(page);
	assert_int_equal(state_page_reset(PROTO_CHECK, fd), 0);
	page = state_page_open(PROTO_CHECK, fd, true, &why);
	assert_int_equal(state_mails_load(page), 0);
	state_page_close(page);
	close(fd);
}

static struct state_change change_of(uint64_t number)
{
	struct state_change change = {.from = 1, .to = 2, .at_ns = number, .reason = "a reason"};
	return change;
}

static void add_changes(struct fixture *fixture, uint64_t first, uint64_t last)
{
	for (uint64_t number = first; number <= last; number++) {
		struct state_change change = change_of(number);
		state_change_add(fixture->page, &change);
	}
}

/* first .. last, without those that are damaged */
static void assert_history(
	const struct fixture *fixture, uint64_t first, uint64_t last, size_t wanted_damaged)
{
	static struct state_change changes[STATE_CHANGES];
	size_t damaged;
	size_t count = state_changes_load(fixture->page, changes, &damaged);
	assert_int_equal(damaged, wanted_damaged);
	assert_int_equal(count, last < first ? 0 : last - first + 1);
	for (size_t i = 0; i < count; i++) {
		struct state_change wanted = change_of(first + i);
		assert_memory_equal(&changes[i], &wanted, sizeof(wanted));
	}
}

static void test_history_goes_on(void **state)
{
	struct fixture *fixture = *state;
	assert_history(fixture, 1, 0, 0);
	add_changes(fixture, 1, 3);
	assert_history(fixture, 1, 3, 0);
	reopen(fixture);
	add_changes(fixture, 4, STATE_CHANGES);
	assert_history(fixture, 1, STATE_CHANGES, 0);
	reopen(fixture);
	add_changes(fixture, STATE_CHANGES + 1, 3 * STATE_CHANGES + 7);
	assert_history(fixture, 2 * STATE_CHANGES + 8, 3 * STATE_CHANGES + 7, 0);
}

static uint8_t *change_slot(const struct fixture *fixture, uint64_t number)
{
	return fixture->raw + STATE_CHANGES_AT + number % STATE_CHANGES * STATE_CHANGE_SLOT;
}

static void test_torn_change_loses_the_oldest(void **state)
{
	struct fixture *fixture = *state;
	uint8_t new[STATE_CHANGE_SLOT];
	size_t head = sizeof(struct state_change_head);
	add_changes(fixture, 1, 2 * STATE_CHANGES);
	uint64_t next = 2 * STATE_CHANGES + 1;
	uint8_t *slot = change_slot(fixture, next);
	add_changes(fixture, next, next);
	memcpy(new, slot, sizeof(new));
	for (size_t written = 1; written < sizeof(struct state_change); written++) {
		struct state_change oldest = change_of(next - STATE_CHANGES);
		memset(&oldest.reason, 'x', written % sizeof(oldest.reason));
		memcpy(slot + head, &oldest, sizeof(oldest));
		memcpy(slot + head, new + head, written);
		if (memcmp(slot + head, new + head, sizeof(oldest)) == 0)
			continue;
		reopen(fixture);
		assert_history(fixture, next - STATE_CHANGES + 1, next - 1, 1);
	}
	memset(slot, 0xff, STATE_CHANGE_SLOT);
	reopen(fixture);
	add_changes(fixture, next, next);
	assert_history(fixture, next - STATE_CHANGES + 1, next, 0);
}

static void test_damaged_changes_are_left_out(void **state)
{
	struct fixture *fixture = *state;
	add_changes(fixture, 1, 10);
	change_slot(fixture, 1)[40] ^= 1;
	change_slot(fixture, 2)[0] ^= 1;
	reopen(fixture);
	assert_history(fixture, 3, 10, 2);
	/* one that is valid in itself, elsewhere */
	memcpy(change_slot(fixture, 1), change_slot(fixture, 5), STATE_CHANGE_SLOT);
	assert_history(fixture, 3, 10, 2);
}

static void test_counter_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VRRP_COUNTERS; i++) {
		assert_non_null(vrrp_counter_name((enum vrrp_counter)i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(vrrp_counter_name((enum vrrp_counter)i),
				vrrp_counter_name((enum vrrp_counter)j));
	}
	assert_null(vrrp_counter_name(VRRP_COUNTERS));
	assert_string_equal(vrrp_counter_name(VRRP_COUNT_DROP_TTL), "drop_ttl");
}

/* ---- addresses ---- */

static struct proto_addr address_of(unsigned number)
{
	return (struct proto_addr){
		.family = AF_INET,
		.bytes = {10, 0, (uint8_t)(number >> 8), (uint8_t)number},
	};
}

static void test_addresses(void **state)
{
	struct fixture *fixture = *state;
	struct state_vrrp_address found;
	struct proto_addr one = address_of(1), two = address_of(2);
	assert_int_equal(state_address_add(fixture->page, "eth0", &one, 24), 0);
	assert_int_equal(state_address_add(fixture->page, "eth0", &one, 24), 0);
	assert_int_equal(state_address_add(fixture->page, "eth0", &one, 32), 1);
	assert_int_equal(state_address_add(fixture->page, "eth1", &one, 24), 2);
	assert_int_equal(state_address_add(fixture->page, "eth0", &two, 24), 3);
	state_address_remove(fixture->page, "eth1", &one, 24);
	state_address_remove(fixture->page, "eth9", &one, 24);
	reopen(fixture);
	assert_int_equal(state_address_get(fixture->page, 0, &found), 1);
	assert_string_equal(found.ifname, "eth0");
	assert_int_equal(found.prefixlen, 24);
	assert_memory_equal(&found.address, &one, sizeof(one));
	assert_int_equal(state_address_get(fixture->page, 2, &found), 0);
	assert_int_equal(state_address_get(fixture->page, 3, &found), 1);
	assert_int_equal(state_address_get(fixture->page, 4, &found), 0);
	assert_int_equal(state_address_get(fixture->page, STATE_VRRP_ADDRESSES, &found), 0);
	assert_int_equal(state_address_add(fixture->page, "eth2", &two, 24), 2);
}

static void test_torn_address_slot(void **state)
{
	struct fixture *fixture = *state;
	struct state_vrrp_address found;
	struct proto_addr one = address_of(1), two = address_of(2);
	uint8_t *bytes = fixture->raw + STATE_ADDRESSES_AT;
	uint8_t whole[sizeof(struct state_vrrp_address)];
	assert_int_equal(state_address_add(fixture->page, "eth0", &one, 24), 0);
	memcpy(whole, bytes, sizeof(whole));
	for (size_t written = 0; written <= sizeof(whole); written++) {
		memset(bytes, 0, sizeof(whole));
		memcpy(bytes, whole, written);
		int wanted = written == 0 ? 0 : memcmp(bytes, whole, sizeof(whole)) == 0 ? 1 : -1;
		assert_int_equal(state_address_get(fixture->page, 0, &found), wanted);
	}
	bytes[20] ^= 1;
	assert_int_equal(state_address_add(fixture->page, "eth0", &two, 24), 0);
	assert_int_equal(state_address_get(fixture->page, 0, &found), 1);
}

static void test_addresses_run_out(void **state)
{
	struct fixture *fixture = *state;
	struct proto_addr address;
	/* Filling all by state_address_add would be quadratic; the slots are the same bytes. */
	for (unsigned i = 0; i < STATE_VRRP_ADDRESSES; i++) {
		struct state_vrrp_address entry = {.used = 1, .address = address_of(i)};
		entry.checksum =
			proto_checksum(0, &entry, offsetof(struct state_vrrp_address, checksum));
		memcpy(fixture->raw + STATE_ADDRESSES_AT + (size_t)i * STATE_ADDRESS_SLOT, &entry,
			sizeof(entry));
	}
	memset(fixture->raw + STATE_MAP_AT, 0xff, STATE_MAP_SIZE);
	address = address_of(STATE_VRRP_ADDRESSES);
	assert_int_equal(state_address_add(fixture->page, "", &address, 0), -1);
	assert_int_equal(errno, ENOSPC);
	address = address_of(5);
	state_address_remove(fixture->page, "", &address, 0);
	address = address_of(STATE_VRRP_ADDRESSES);
	assert_int_equal(state_address_add(fixture->page, "", &address, 0), 5);
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE_TEST(test_size_is_sealed),
		cmocka_unit_test(test_unsealed_is_refused),
		cmocka_unit_test(test_wrong_size_is_refused),
		cmocka_unit_test(test_page_without_records),
		cmocka_unit_test(test_entries_of_ipvs),
		cmocka_unit_test(test_empty_page_for_a_reader),
		PAGE_TEST(test_other_version_is_refused),
		PAGE_TEST(test_every_scribbled_header_byte_is_refused),
		PAGE_TEST(test_reset_empties),
		PAGE_TEST(test_header_bytes),
		PAGE_TEST(test_store_and_load),
		PAGE_TEST(test_clear),
		PAGE_TEST(test_torn_write_leaves_the_older_record),
		PAGE_TEST(test_torn_write_from_the_front),
		PAGE_TEST(test_every_flipped_bit_is_seen),
		PAGE_TEST(test_both_copies_damaged),
		PAGE_TEST(test_copy_in_the_wrong_place),
		PAGE_TEST(test_unwritten_records_take_no_memory),
		PAGE_TEST(test_reader_beside_a_writer),
		cmocka_unit_test(test_counter_names),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_checkers_and_servers),
		PAGE_TEST(test_clocks),
		cmocka_unit_test(test_mails),
		PAGE_TEST(test_history_goes_on),
		PAGE_TEST(test_torn_change_loses_the_oldest),
		PAGE_TEST(test_damaged_changes_are_left_out),
		PAGE_TEST(test_addresses),
		PAGE_TEST(test_torn_address_slot),
		PAGE_TEST(test_addresses_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
