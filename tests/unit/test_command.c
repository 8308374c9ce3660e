/* Command lines of the configuration in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/command.h"

/* words: parted by '|' */
static void assert_words(const char *line, const char *words)
{
	struct conf_command_line command;
	char joined[2048] = "";

	assert_null(conf_command_parse(line, &command));
	for (size_t i = 0; i < command.count; i++) {
		if (i > 0)
			strlcat(joined, "|", sizeof(joined));
		strlcat(joined, command.words[i], sizeof(joined));
	}
	assert_string_equal(joined, words);
}

static void assert_refused(const char *line, const char *why)
{
	struct conf_command_line command;

	assert_string_equal(conf_command_parse(line, &command), why);
}

static void test_words(void **state)
{
	(void)state;
	assert_words("/etc/check.sh", "/etc/check.sh");
	assert_words("  /etc/check.sh\t a  b ", "/etc/check.sh|a|b");
	assert_words("/bin/x 'two words' \"and more\"", "/bin/x|two words|and more");
	assert_words("/bin/x a\\ b 'c\\d' \"e\\\"f\"", "/bin/x|a b|c\\d|e\"f");
	assert_words("/bin/x '' \"\"", "/bin/x||");
	assert_words("/bin/x a'b'\"c\"", "/bin/x|abc");
	/* nobody's PATH but the script's */
	assert_words("killall -0 nginx", "/usr/bin/env|killall|-0|nginx");
	/* can the file be opened? */
	assert_words("</var/run/ok", "/bin/sh|-c|</var/run/ok");
}

static void test_refused(void **state)
{
	char many[4096] = "/bin/x", longest[4096];

	(void)state;
	assert_refused("", "there is no command");
	assert_refused(" \t", "there is no command");
	assert_refused("''", "there is no command");
	assert_refused("/bin/x 'open", "a quote is not closed");
	assert_refused("/bin/x \"open", "a quote is not closed");
	for (int i = 1; i < CONF_COMMAND_WORDS; i++)
		strlcat(many, " a", sizeof(many));
	struct conf_command_line command;
	assert_null(conf_command_parse(many, &command));
	assert_int_equal(command.count, CONF_COMMAND_WORDS);
	strlcat(many, " a", sizeof(many));
	assert_refused(many, "the command has too many words");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	longest[0] = '/';
	assert_refused(longest, "the command is too long");
	longest[0] = '<';
	assert_refused(longest, "the command is too long");
	/* what is put before it has to fit into the message, too */
	longest[PROTO_PATH_LEN - 1] = '\0';
	assert_refused(longest, "the command is too long");
	longest[0] = 'x';
	assert_refused(longest, "the command is too long");
	longest[0] = '/';
	assert_null(conf_command_parse(longest, &command));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
