/* The configuration that outlives parentd: what a new one reads back asks every process for the
 * same as what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/items.h"
#include "parentd/conf_kept.h"

static void expect_same_items(
	const char *name, const struct conf *written, const struct conf *read, int process)
{
	struct conf_items *then = conf_items_new(written, (enum proto_process)process);
	struct conf_items *now = conf_items_new(read, (enum proto_process)process);

	if (then->count != now->count)
		fail_msg("%s: %zu items, then %zu", name, then->count, now->count);
	for (size_t i = 0; i < then->count; i++) {
		const struct conf_item *a = &then->list[i], *b = &now->list[i];
		if (a->type != b->type || memcmp(a->body, b->body, a->size) != 0)
			fail_msg("%s: item %zu, %s, differs", name, i,
				proto_type_name((uint16_t)a->type));
	}
	conf_items_free(then);
	conf_items_free(now);
}

/* Returns how many items there were for vrrpd. */
static size_t expect_kept(const char *name, const struct conf *conf, bool lenient)
{
	uint32_t length;
	struct stat status;
	int fd = conf_kept_make(conf, &length);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, length);
	struct conf *again = conf_kept_load(fd, lenient);
	if (again == NULL)
		fail_msg("%s: what was kept is refused", name);
	for (int process = PROTO_PARENT; process < PROTO_DAEMON_END; process++) {
		assert_int_equal(conf_needs(again, (enum proto_process)process),
			conf_needs(conf, (enum proto_process)process));
		expect_same_items(name, conf, again, process);
	}
	assert_true(conf_kept_same(conf, again));
	struct conf_items *items = conf_items_new(again, PROTO_VRRP);
	size_t count = items->count;
	conf_items_free(items);
	conf_free(again);
	close(fd);
	return count;
}

/* Every file that can be in force, strictly read and leniently: how many. */
static size_t keep_all(const char *pattern)
{
	size_t kept = 0, most = 0;
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		for (int lenient = 0; lenient < 2; lenient++) {
			const struct conf_options options = {
				.lenient = lenient != 0, .config_id = "kept"};
			struct conf *conf = conf_load(found.gl_pathv[i], &options, NULL);
			size_t count = 0;
			if (conf_exit_status(conf) == 0) {
				count = expect_kept(found.gl_pathv[i], conf, options.lenient);
				kept++;
			}
			most = count > most ? count : most;
			conf_free(conf);
		}
	}
	globfree(&found);
	assert_true(most > 3); /* there was something to lose */
	return kept;
}

static void test_every_example_is_kept(void **state)
{
	(void)state;
	assert_int_equal(chdir(TESTS_DIR "/../conf/examples"), 0);
	assert_true(keep_all("*.conf") >= 2 * 16);
}

static void test_whatever_can_be_in_force_is_kept(void **state)
{
	(void)state;
	assert_int_equal(chdir(TESTS_DIR "/golden"), 0);
	assert_true(keep_all("*.conf") > 20);
}

static struct conf *load(const char *text)
{
	const struct conf_options options = {0};
	struct conf *conf = conf_load_text("text", text, strlen(text), &options, NULL);

	assert_int_equal(conf_exit_status(conf), 0);
	return conf;
}

static void test_a_change_is_seen(void **state)
{
	static const char head[] = "vrrp_instance one {\ninterface eth0\nvirtual_router_id 5\n"
				   "virtual_ipaddress {\n10.1.0.5/24\n}\n";
	char other[256];
	(void)state;

	snprintf(other, sizeof(other), "# the same\n%s}\n", head);
	struct conf *same[] = {load(other), load(other + strlen("# the same\n"))};
	assert_true(conf_kept_same(same[0], same[1]));
	snprintf(other, sizeof(other), "%spriority 101\n}\n", head);
	struct conf *changed = load(other);
	assert_false(conf_kept_same(same[0], changed));
	conf_free(changed);
	conf_free(same[0]);
	conf_free(same[1]);
}

/* parentd has a copy of the descriptor, and parentd may be anybody's by now. */
static void test_nobody_can_change_it(void **state)
{
	struct conf *conf = load("global_defs {\nrouter_id mine\n}\n");
	uint32_t length;
	(void)state;

	int fd = conf_kept_make(conf, &length);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	close(fd);
	conf_free(conf);
}

static void test_damage_is_refused(void **state)
{
	static const char text[] = "vrrp_instance one {\ninterface";
	int fd = memfd_create("damaged", MFD_CLOEXEC);
	(void)state;

	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_null(conf_kept_load(fd, false));
	close(fd);
	assert_null(conf_kept_load(fd, false)); /* none at all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_example_is_kept),
		cmocka_unit_test(test_whatever_can_be_in_force_is_kept),
		cmocka_unit_test(test_a_change_is_seen),
		cmocka_unit_test(test_nobody_can_change_it),
		cmocka_unit_test(test_damage_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
