/* What holdfastctl shows of every tests/golden/ctl/COMMAND-NAME.json, on 80 columns:
 * COMMAND-NAME.txt, which ends with the exit status. `test_ctl_show --regenerate` writes them anew:
 * read the difference before committing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <err.h>
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

#define PATTERN TESTS_DIR "/golden/ctl/*.json"

static bool regenerate;

static const struct ctl_command *command_of(const char *file)
{
	static const struct ctl_command *const commands[] = {&checks_command, &history_command,
		&ipvs_command, &processes_command, &scripts_command, &status_command,
		&vrrp_command};
	char copy[512];

	strlcpy(copy, file, sizeof(copy));
	const char *name = basename(copy);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t length = strlen(commands[i]->name);
		if (strncmp(name, commands[i]->name, length) == 0 && name[length] == '-')
			return commands[i];
	}
	fail_msg("%s: no command is called so", file);
	return NULL;
}

/* To be freed. */
static char *shown(const struct ctl_command *command, const json_t *reply, bool color, int width)
{
	char *text = NULL;
	size_t size = 0;
	struct view view = {.out = open_memstream(&text, &size), .color = color, .width = width};

	assert_non_null(view.out);
	int result = command->show(&view, reply);
	fprintf(view.out, "exit status %d\n", result);
	fclose(view.out);
	return text;
}

static json_t *load(const char *file)
{
	json_error_t error;
	json_t *reply = json_load_file(file, 0, &error);

	if (reply == NULL)
		fail_msg("%s:%d: %s", file, error.line, error.text);
	show_clean(reply);
	return reply;
}

static char *wanted_name(const char *file)
{
	char *name = NULL;

	assert_true(asprintf(&name, "%.*s.txt", (int)(strlen(file) - strlen(".json")), file) > 0);
	return name;
}

static void compare(const char *file, const char *text)
{
	char *name = wanted_name(file);
	char *wanted = NULL;
	size_t size = 0;
	FILE *stream = fopen(name, regenerate ? "w" : "r");

	if (stream == NULL)
		err(1, "%s", name);
	if (regenerate) {
		fputs(text, stream);
	} else {
		if (getdelim(&wanted, &size, '\0', stream) == -1)
			err(1, "%s", name);
		if (strcmp(wanted, text) != 0)
			fail_msg("%s is not what is shown:\n%s", name, text);
	}
	fclose(stream);
	free(wanted);
	free(name);
}

/* Takes the colours out. */
static void strip(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
}

/* Calls look for every file and the reply that is in it. */
static void for_all(void (*look)(const char *file, const json_t *reply))
{
	glob_t found;

	assert_int_equal(glob(PATTERN, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		json_t *reply = load(found.gl_pathv[i]);
		look(found.gl_pathv[i], reply);
		json_decref(reply);
	}
	globfree(&found);
}

static void look_at_text(const char *file, const json_t *reply)
{
	char *text = shown(command_of(file), reply, false, 80);

	compare(file, text);
	assert_null(strchr(text, '\033'));
	free(text);
}

static void test_text(void **state)
{
	(void)state;
	for_all(look_at_text);
}

static void look_at_color(const char *file, const json_t *reply)
{
	char *plain = shown(command_of(file), reply, false, 80);
	char *colored = shown(command_of(file), reply, true, 80);

	assert_true(strcmp(plain, colored) != 0 || strchr(colored, '\033') == NULL);
	strip(colored);
	assert_string_equal(colored, plain);
	free(plain);
	free(colored);
}

/* Nothing is said by colour alone. */
static void test_color(void **state)
{
	(void)state;
	for_all(look_at_color);
}

static void look_at_width(const char *file, const json_t *reply)
{
	static const int widths[] = {0, 1, 20, 40, 200};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = shown(command_of(file), reply, true, widths[i]);
		assert_non_null(strstr(text, "exit status "));
		free(text);
	}
}

static void test_every_width(void **state)
{
	(void)state;
	for_all(look_at_width);
}

static void spoil(const struct ctl_command *command, const json_t *whole, json_t *part);

/* A member is taken away, or has another type. */
static void spoil_member(
	const struct ctl_command *command, const json_t *whole, json_t *part, const char *key)
{
	json_t *kept = json_incref(json_object_get(part, key));
	json_t *spoiled[] = {
		json_null(), json_integer(-1), json_string("\033[2J"), json_array(), json_object()};

	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		json_object_set_new(part, key, spoiled[i]);
		free(shown(command, whole, false, 80));
	}
	json_object_del(part, key);
	free(shown(command, whole, false, 80));
	json_object_set_new(part, key, kept);
	spoil(command, whole, json_is_array(kept) ? json_array_get(kept, 0) : kept);
}

static void spoil(const struct ctl_command *command, const json_t *whole, json_t *part)
{
	json_t *keys = json_object(); /* those of part, which changes meanwhile */
	const char *key;
	json_t *value;

	json_object_update(keys, part);
	json_object_foreach(keys, key, value) spoil_member(command, whole, part, key);
	json_decref(keys);
}

static void look_at_spoiled(const char *file, const json_t *reply)
{
	json_t *copy = json_deep_copy(reply);

	spoil(command_of(file), copy, copy);
	json_decref(copy);
}

static void test_spoiled(void **state)
{
	(void)state;
	for_all(look_at_spoiled);
}

static void test_control_characters(void **state)
{
	json_t *reply = json_pack("{s:s, s:[s], s:{s:s}}", "a", "x\033[2J\177y\tz\n", "b",
		"\xc2\x9b"
		"2J \xc3\xa4",
		"c", "last_output", "one\ntwo\r\n");

	(void)state;
	show_clean(reply);
	assert_string_equal(show_text(reply, "a"), "x?[2J?y z ");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(reply, "b"), 0)), "??2J \xc3\xa4");
	assert_string_equal(show_text(json_object_get(reply, "c"), "last_output"), "one\ntwo?\n");
	json_decref(reply);
}

static void expect_duration(double seconds, const char *wanted)
{
	char text[48];

	show_duration(seconds, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void expect_ago(double seconds, const char *wanted)
{
	char text[48];
	json_t *object = json_pack("{s:f}", "ago_s", seconds);

	show_ago(object, "ago_s", text, sizeof(text));
	assert_string_equal(text, wanted);
	json_decref(object);
}

static void test_durations(void **state)
{
	(void)state;
	expect_duration(0.9, "0 s");
	expect_duration(-5, "0 s");
	expect_duration(1e300, "0 s");
	expect_duration(59.9, "59 s");
	expect_duration(60, "1 min 0 s");
	expect_duration(3600 * 2 + 300, "2 h 5 min");
	expect_duration(86400 * 3 + 3600 * 4, "3 d 4 h");
	expect_ago(12, "12 s ago");
	expect_ago(180, "3 min ago");
	expect_ago(7200, "2 h ago");
	expect_ago(86400 * 40, "40 d ago");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_durations),
	};

	regenerate = argc > 1 && strcmp(argv[1], "--regenerate") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
