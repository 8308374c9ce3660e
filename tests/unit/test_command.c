/* Command lines of the configuration in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <grp.h>
#include <pwd.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/command.h"
#include "conf/command_text.h"
#include "conf/items.h"
#include "conf/user.h"

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

/* ---- validation ---- */

static struct conf *load(const char *globals, const char *lines, bool lenient)
{
	const struct conf_options options = {.lenient = lenient};
	char text[1024];

	snprintf(text, sizeof(text),
		"global_defs {\n%s\n}\nvrrp_script chk {\n%s\n}\n"
		"vrrp_instance one {\nstate BACKUP\ninterface eth0\nvirtual_router_id 5\n"
		"virtual_ipaddress {\n10.1.0.5/24\n}\ntrack_script {\nchk\n}\n}\n",
		globals, lines);
	struct conf *conf = conf_load_text("test", text, strlen(text), &options, NULL);
	assert_int_equal(conf->errors, 0);
	return conf;
}

static bool said(const struct conf *conf, enum conf_severity severity, const char *part)
{
	const struct conf_finding *finding;

	TAILQ_FOREACH(finding, &conf->findings, entry)
	if (finding->severity == severity && strstr(finding->text, part) != NULL)
		return true;
	return false;
}

/* A file below /tmp, to which everybody may write. */
static char file[64];

static int make_file(void **state)
{
	(void)state;
	strlcpy(file, "/tmp/hf-command-XXXXXX", sizeof(file));
	int fd = mkstemp(file);
	if (fd == -1)
		return -1;
	close(fd);
	return chmod(file, 0755);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static const char *script_line(const char *more)
{
	static char line[256];

	snprintf(line, sizeof(line), "script %s\n%s", file, more);
	return line;
}

static void test_missing_file(void **state)
{
	struct conf *conf = load("", "script /etc/hf-none/check.sh\nuser nobody", false);

	(void)state;
	conf_validate_commands(conf, false, false);
	assert_true(said(conf, CONF_WARNING,
		"vrrp_script 'chk': /etc/hf-none/check.sh cannot be executed: /etc/hf-none: No "
		"such "
		"file or directory"));
	assert_int_equal(conf_exit_status(conf), 0);
	conf_validate_commands(conf, false, true);
	assert_int_equal(conf_exit_status(conf), 5);
	conf_free(conf);
	conf = load("", "script \"hf-none -q\"\nuser nobody", false);
	conf_validate_commands(conf, false, true);
	assert_true(said(conf, CONF_ERROR, "there is no program 'hf-none' in /usr/sbin:"));
	conf_free(conf);
	conf = load("", "script \"env true\"\nuser nobody", false);
	conf_validate_commands(conf, false, true);
	assert_true(TAILQ_EMPTY(&conf->findings));
	conf_free(conf);
	/* that the file is not there is what this looks for */
	conf = load("", "script </etc/hf-none\nuser nobody", false);
	conf_validate_commands(conf, false, true);
	assert_true(TAILQ_EMPTY(&conf->findings));
	conf_free(conf);
}

static void test_not_executable(void **state)
{
	struct conf *conf = load("", script_line("user nobody"), false);
	char text[160];

	(void)state;
	chmod(file, 0640);
	conf_validate_commands(conf, false, true);
	snprintf(text, sizeof(text),
		"vrrp_script 'chk': %s: not executable by user nobody: mode 0640, owner", file);
	assert_true(said(conf, CONF_ERROR, text));
	conf_free(conf);
	/* an access control list might allow it */
	chmod(file, 0750);
	conf = load("", script_line("user nobody"), false);
	conf_validate_commands(conf, false, true);
	assert_true(said(conf, CONF_WARNING, "not executable by user nobody: mode 0750"));
	assert_int_equal(conf_exit_status(conf), 0);
	conf_free(conf);
	chmod(file, 0755);
}

static void test_scripts_that_end_keepalived(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} scripts[] = {
		{"#!/bin/sh\nkillall keepalived\n", 2},
		{"#!/bin/bash\n\n\tservice keepalived stop", 3},
		{"#!/bin/sh\n/etc/init.d/keepalived stop\n", 2},
		{"#!/bin/sh\nsystemctl stop keepalived\nx\n", 2},
		{"#!/bin/sh\npkill -9 keepalived\n", 2},
		{"#!/bin/sh\n  # killall keepalived\n", 0},
		{"#!/bin/sh\nkillall -0 keepalived\n", 0},
		{"#!/bin/sh\nkillall nginx\ncat /etc/keepalived/x\n", 0},
		{"\177ELF killall keepalived", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		assert_int_equal(
			conf_text_ends_keepalived(scripts[i].text, strlen(scripts[i].text)),
			scripts[i].line);
	FILE *stream = fopen(file, "we");
	assert_non_null(stream);
	fputs(scripts[0].text, stream);
	fclose(stream);
	struct conf *conf = load("", script_line("user nobody"), false);
	conf_validate_commands(conf, false, true);
	assert_true(said(conf, CONF_WARNING, "ends keepalived, which moves nothing here"));
	conf_free(conf);
}

static void test_script_security(void **state)
{
	struct conf *conf = load("", script_line("user root"), false);

	(void)state;
	conf_validate_commands(conf, true, true);
	assert_true(said(
		conf, CONF_WARNING, "others than root can change: /tmp (mode 1777, owner root"));
	assert_int_equal(conf_exit_status(conf), 0);
	conf_free(conf);
	conf = load("enable_script_security", script_line("user root"), false);
	conf_validate_commands(conf, true, true);
	assert_true(
		said(conf, CONF_ERROR, "others than root can change: /tmp (mode 1777, owner root"));
	assert_int_equal(conf_exit_status(conf), 6);
	conf_free(conf);
	conf = load("enable_script_security", "script /usr/bin/true\nuser root", false);
	conf_validate_commands(conf, true, true);
	assert_true(TAILQ_EMPTY(&conf->findings));
	conf_free(conf);
	/* what root does not run is its user's own affair */
	conf = load("enable_script_security", script_line("user nobody"), false);
	conf_validate_commands(conf, true, true);
	assert_true(TAILQ_EMPTY(&conf->findings));
	conf_free(conf);
}

static struct conf *load_misc(const char *lines, bool lenient)
{
	const struct conf_options options = {.lenient = lenient};
	char text[1024];

	snprintf(text, sizeof(text),
		"virtual_server 10.1.0.5 80 {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n"
		"real_server 10.1.0.51 80 {\nMISC_CHECK {\n%s\n}\n}\n}\n",
		lines);
	return conf_load_text("text", text, strlen(text), &options, NULL);
}

static void test_misc_checks(void **state)
{
	struct conf *conf = load_misc("misc_path /usr/bin/true\nuser nobody", false);

	(void)state;
	conf_validate_commands(conf, false, true);
	assert_int_equal(conf_exit_status(conf), 0);
	conf_free(conf);
	conf = load_misc("misc_path /usr/bin/true\nuser root", false);
	conf_validate_commands(conf, false, true);
	assert_true(said(conf, CONF_ERROR,
		"MISC_CHECK of real_server [10.1.0.51]:tcp:80 would run as root"));
	conf_free(conf);
	conf = load_misc("misc_path /usr/bin/true\nuser hf-nobody", true);
	conf_validate_commands(conf, false, true);
	assert_true(said(conf, CONF_WARNING, "there is no user 'hf-nobody'"));
	struct conf_items *items = conf_items_new(conf, PROTO_CHECK);
	assert_int_equal(items->count, 2); /* both servers, and no checker */
	conf_items_free(items);
	conf_free(conf);
}

static void test_dropped_script_is_not_waited_for(void **state)
{
	static const char *const lines[] = {"script /usr/bin/true\nuser hf-nobody",
		"script /usr/bin/true\nuser root", "weight 0"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct conf *conf = load("", lines[i], true);
		conf_validate_commands(conf, false, true);
		assert_true(said(conf, CONF_WARNING, "vrrp_script 'chk' is left out"));
		struct conf_items *items = conf_items_new(conf, PROTO_VRRP);
		for (size_t j = 0; j < items->count; j++) {
			assert_int_not_equal(items->list[j].type, CONF_VRRP_SCRIPT);
			assert_int_not_equal(items->list[j].type, CONF_VRRP_TRACK_SCRIPT);
		}
		conf_items_free(items);
		assert_true(TAILQ_EMPTY(&TAILQ_FIRST(&conf->instances)->track_scripts));
		conf_free(conf);
	}
}

/* Each answer is the file's, however many were asked for since. */
static void test_users_are_remembered(void **state)
{
	static const char *const names[] = {"root", "nobody", "daemon", "no-such-user", "bin",
		"sys", "sync", "games", "man", "lp", "mail", "news"};

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			const struct passwd *user = getpwnam(names[i]);
			const struct group *group = getgrnam(names[i]);
			uid_t uid = 1;
			gid_t gid = 1;
			for (int again = 0; again < 2; again++) {
				assert_int_equal(
					conf_user_find(names[i], &uid, &gid), user != NULL);
				assert_true(user == NULL ||
					    (uid == user->pw_uid && gid == user->pw_gid));
				assert_int_equal(conf_group_find(names[i], &gid), group != NULL);
				assert_true(group == NULL || gid == group->gr_gid);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users_are_remembered),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test_setup_teardown(test_not_executable, make_file, remove_file),
		cmocka_unit_test_setup_teardown(
			test_scripts_that_end_keepalived, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_script_security, make_file, remove_file),
		cmocka_unit_test(test_misc_checks),
		cmocka_unit_test(test_dropped_script_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
