/* Paths of programs, as they are walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/script_path.h"

#define NOBODY 65534

struct place {
	char folder[64];
	char file[128];
	char link[128];
};

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	strlcpy(place->folder, "/tmp/hf-path-XXXXXX", sizeof(place->folder));
	if (mkdtemp(place->folder) == NULL || chmod(place->folder, 0755) == -1)
		return -1;
	snprintf(place->file, sizeof(place->file), "%s/check.sh", place->folder);
	snprintf(place->link, sizeof(place->link), "%s/link", place->folder);
	int fd = open(place->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	if (fd == -1)
		return -1;
	close(fd);
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	unlink(place->link);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void test_what_is_there(void **state)
{
	const struct place *place = *state;
	struct script_path result;

	script_path_examine(place->file, NOBODY, NOBODY, &result);
	assert_int_equal(result.found, SCRIPT_PATH_FOUND);
	assert_false(result.blocked);
	assert_false(result.set_id);
	script_path_examine("/tmp/../tmp//./hf-not-there/x", NOBODY, NOBODY, &result);
	assert_int_equal(result.found, SCRIPT_PATH_MISSING);
	assert_int_equal(result.error, ENOENT);
	assert_string_equal(result.part, "/tmp/hf-not-there");
	script_path_examine(place->folder, NOBODY, NOBODY, &result);
	assert_int_equal(result.error, EISDIR);
	script_path_examine("/", NOBODY, NOBODY, &result);
	assert_int_equal(result.error, EISDIR);
	script_path_examine("/dev/null", NOBODY, NOBODY, &result);
	assert_int_equal(result.error, EINVAL);
	script_path_examine("/etc/passwd/x", NOBODY, NOBODY, &result);
	assert_int_equal(result.error, ENOTDIR);
	assert_string_equal(result.part, "/etc/passwd");
}

static void test_who_may_execute(void **state)
{
	const struct place *place = *state;
	struct script_path result;

	chmod(place->file, 0640);
	script_path_examine(place->file, NOBODY, NOBODY, &result);
	assert_true(result.blocked);
	assert_false(result.perhaps);
	assert_string_equal(result.barrier.path, place->file);
	assert_int_equal(result.barrier.mode, 0640);
	script_path_examine(place->file, 0, 0, &result);
	assert_true(result.blocked);
	chmod(place->file, 0750);
	script_path_examine(place->file, NOBODY, NOBODY, &result);
	assert_true(result.blocked);
	assert_true(result.perhaps);
	script_path_examine(place->file, NOBODY, getgid(), &result);
	assert_false(result.blocked);
	script_path_examine(place->file, 0, 0, &result);
	assert_false(result.blocked);
	chmod(place->folder, 0700);
	chmod(place->file, 04755);
	script_path_examine(place->file, NOBODY, NOBODY, &result);
	assert_true(result.set_id);
	assert_true(result.blocked);
	assert_string_equal(result.barrier.path, place->folder);
}

/* Everybody may write to /tmp, so that nothing there is safe. */
static void test_who_may_change_it(void **state)
{
	const struct place *place = *state;
	struct script_path result;
	char text[256];

	script_path_examine("/usr/bin/env", 0, 0, &result);
	assert_int_equal(result.found, SCRIPT_PATH_FOUND);
	assert_false(result.unsafe);
	script_path_examine(place->file, 0, 0, &result);
	assert_true(result.unsafe);
	script_path_weakness(&result, text, sizeof(text));
	assert_string_equal(text, "everybody may write to /tmp (mode 1777)");
}

/* The folder of the link counts, and the way that it leads to. */
static void test_links(void **state)
{
	const struct place *place = *state;
	struct script_path result;

	assert_int_equal(symlink("../../usr/bin/env", place->link), 0);
	script_path_examine(place->link, NOBODY, NOBODY, &result);
	assert_int_equal(result.found, SCRIPT_PATH_FOUND);
	assert_true(result.unsafe);
	assert_string_equal(result.weak.path, "/tmp");
	unlink(place->link);
	assert_int_equal(symlink("/no-such-place/x", place->link), 0);
	script_path_examine(place->link, NOBODY, NOBODY, &result);
	assert_string_equal(result.part, "/no-such-place");
	unlink(place->link);
	assert_int_equal(symlink("link", place->link), 0);
	script_path_examine(place->link, NOBODY, NOBODY, &result);
	assert_int_equal(result.error, ELOOP);
}

static void test_long_paths(void **state)
{
	char path[4000];
	struct script_path result;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	path[0] = '/';
	script_path_examine(path, 0, 0, &result);
	assert_int_equal(result.found, SCRIPT_PATH_MISSING);
	assert_int_equal(result.error, ENAMETOOLONG);
}

static void test_search(void **state)
{
	char path[SCRIPT_PATH_LEN];

	(void)state;
	assert_true(script_path_search("env", path));
	assert_string_equal(path, "/usr/bin/env");
	assert_false(script_path_search("hf-no-such-program", path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_there, begin, end),
		cmocka_unit_test_setup_teardown(test_who_may_execute, begin, end),
		cmocka_unit_test_setup_teardown(test_who_may_change_it, begin, end),
		cmocka_unit_test_setup_teardown(test_links, begin, end),
		cmocka_unit_test(test_long_paths),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
