/* What ipvsd owns: found again by itself and by its successor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "ipvsd/page.h"

#define SERVICES 20
#define DESTS    30
#define ROUNDS   20000

static struct ipvs_key key_of(unsigned number)
{
	return (struct ipvs_key){.address.family = AF_INET, .fwmark = number + 1};
}

static struct ipvs_dest dest_of(unsigned service, unsigned number)
{
	struct ipvs_dest dest = {.service = key_of(service), .port = 80};

	dest.address.family = AF_INET;
	dest.address.bytes[3] = (uint8_t)number;
	return dest;
}

static void count(const struct ipvs_key *service, const struct ipvs_dest *dest, void *arg)
{
	size_t *counts = arg;

	assert_in_range(service->fwmark, 1, SERVICES);
	counts[dest != NULL]++;
}

/* has[s][0]: the service itself. */
static void assert_page(const struct page *page, bool has[SERVICES][DESTS + 1])
{
	size_t counts[2] = {0};
	size_t found[2] = {0};

	for (unsigned s = 0; s < SERVICES; s++) {
		const struct ipvs_key key = key_of(s);
		for (unsigned d = 0; d <= DESTS; d++) {
			const struct ipvs_dest dest = dest_of(s, d);
			assert_int_equal(page_has(page, &key, d == 0 ? NULL : &dest), has[s][d]);
			counts[d > 0] += has[s][d];
		}
	}
	assert_int_equal(page_count(page), counts[0] + counts[1]);
	page_each(page, count, found);
	assert_memory_equal(found, counts, sizeof(counts));
}

static void test_chance(void **state)
{
	static bool has[SERVICES][DESTS + 1];
	unsigned seed = 3;
	int fd = state_page_create(PROTO_IPVS);
	struct page *page = page_open(fd);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		unsigned s = (unsigned)rand_r(&seed) % SERVICES;
		unsigned d = (unsigned)rand_r(&seed) % (DESTS + 1);
		/* fills and empties by turns */
		bool add = (unsigned)rand_r(&seed) % 8 < (round / 2000 % 2 == 0 ? 6U : 2U);
		const struct ipvs_key key = key_of(s);
		const struct ipvs_dest dest = dest_of(s, d);
		if (add)
			assert_true(page_add(page, &key, d == 0 ? NULL : &dest));
		else
			page_remove(page, &key, d == 0 ? NULL : &dest);
		has[s][d] = add;
		if (round % 500 != 0)
			continue;
		assert_page(page, has);
		page_close(page);
		page = page_open(fd);
		assert_page(page, has);
	}
	page_close(page);
	close(fd);
}

static void test_marks(void **state)
{
	int fd = state_page_create(PROTO_IPVS);
	struct page *page = page_open(fd);
	const struct ipvs_key key = key_of(1);

	(void)state;
	assert_false(page_marked(page, STATE_IPVS_STARTED));
	page_mark(page, STATE_IPVS_STARTED, true);
	page_mark(page, STATE_IPVS_KEEP, true);
	page_mark(page, STATE_IPVS_KEEP, false);
	assert_true(page_add(page, &key, NULL));
	page_close(page);
	page = page_open(fd);
	assert_true(page_marked(page, STATE_IPVS_STARTED));
	assert_false(page_marked(page, STATE_IPVS_KEEP));
	assert_int_equal(page_count(page), 1);
	page_close(page);
	close(fd);
}

/* More than there is room for is said, and what is there stays. */
static void test_full(void **state)
{
	int fd = state_page_create(PROTO_IPVS);
	struct page *page = page_open(fd);
	uint32_t fits = 0;

	(void)state;
	for (struct ipvs_key key = {.fwmark = 1}; page_add(page, &key, NULL); key.fwmark++)
		fits++;
	assert_in_range(fits, STATE_IPVS_ENTRIES - 10, STATE_IPVS_ENTRIES);
	assert_int_equal(page_count(page), fits);
	const struct ipvs_key last = {.fwmark = fits};
	const struct ipvs_key more = {.fwmark = fits + 1};
	assert_true(page_has(page, &last, NULL));
	assert_false(page_has(page, &more, NULL));
	page_remove(page, &last, NULL);
	assert_true(page_add(page, &more, NULL));
	page_close(page);
	close(fd);
}

/* One that is of no use is emptied. */
static void test_damaged(void **state)
{
	int fd = state_page_create(PROTO_IPVS);
	struct page *page = page_open(fd);
	const struct ipvs_key key = key_of(1);
	const uint32_t magic = 0;

	(void)state;
	assert_true(page_add(page, &key, NULL));
	page_close(page);
	assert_int_equal(pwrite(fd, &magic, sizeof(magic), 0), sizeof(magic));
	page = page_open(fd);
	assert_int_equal(page_count(page), 0);
	page_close(page);
	close(fd);
}

int main(void)
{
	struct log_settings quiet = LOG_NOWHERE;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_damaged),
	};

	log_init("test", &quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
