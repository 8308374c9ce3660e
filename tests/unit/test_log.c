/* Log lines: their form, their levels, and that nobody can forge one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/log_format.h"

/* 2026-11-21 01:02:03.456 in UTC */
static const struct timespec moment = {.tv_sec = 1795222923, .tv_nsec = 456789012};

static void test_level_names(void **state)
{
	(void)state;
	assert_string_equal(log_level_name(LOG_ERR), "error");
	assert_string_equal(log_level_name(LOG_WARNING), "warning");
	assert_string_equal(log_level_name(LOG_NOTICE), "notice");
	assert_string_equal(log_level_name(LOG_INFO), "info");
	assert_string_equal(log_level_name(LOG_DEBUG), "debug");
	assert_string_equal(log_level_name(LOG_DAEMON | LOG_CRIT), "critical");
}

static void test_line(void **state)
{
	(void)state;
	char line[128];
	size_t length = log_format_line(
		line, sizeof(line), &moment, "vrrpd", 12, LOG_WARNING, "VI_1: text");
	const char *wanted = "2026-11-21 01:02:03.456 vrrpd[12] warning: VI_1: text\n";
	assert_int_equal(length, strlen(wanted));
	assert_string_equal(line, wanted);
}

static void test_line_is_cut_and_ends(void **state)
{
	(void)state;
	char line[40];
	size_t length = log_format_line(
		line, sizeof(line), &moment, "vrrpd", 12, LOG_INFO, "a text that does not fit");
	assert_int_equal(length, sizeof(line) - 1);
	assert_int_equal(line[length - 1], '\n');
	assert_int_equal(line[length], '\0');
}

static void test_syslog_line(void **state)
{
	(void)state;
	char line[128];
	log_format_syslog(line, sizeof(line), &moment, "parentd", 7, LOG_DAEMON | LOG_INFO, "text");
	assert_string_equal(line, "<30>Nov 21 01:02:03 parentd[7]: text");
	struct timespec early = {.tv_sec = 1795222923 - 15 * 86400};
	log_format_syslog(line, sizeof(line), &early, "p", 7, LOG_LOCAL1 | LOG_ERR, "text");
	assert_string_equal(line, "<139>Nov  6 01:02:03 p[7]: text");
}

static void test_control_characters(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char text[] = {'a', (char)byte, 'b', '\0'};
		log_sanitise(text);
		bool control = byte < 0x20 || byte == 0x7f;
		assert_int_equal((unsigned char)text[1], control ? '?' : byte);
	}
	char escape[] = "\033[2Jx\ny\r\tz";
	log_sanitise(escape);
	assert_string_equal(escape, "?[2Jx?y??z");
	/* CSI as one C1 character, and an ordinary letter of two bytes. */
	char c1[] = "\xc2\x9b"
		    "2J \xc3\xa9";
	log_sanitise(c1);
	assert_null(strstr(c1, "\xc2\x9b"));
	assert_non_null(strstr(c1, " \xc3\xa9"));
}

/* A log file and a syslog socket of our own. */
struct sinks {
	int file;
	int syslog[2];
};

static struct sinks sinks_open(bool detail)
{
	struct sinks sinks = {.file = memfd_create("log", MFD_CLOEXEC)};
	assert_true(sinks.file >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sinks.syslog), 0);
	struct log_settings settings = {
		.detail = detail,
		.facility = LOG_LOCAL3,
		.syslog_fd = sinks.syslog[0],
		.file_fd = sinks.file,
	};
	log_init("checkerd", &settings);
	return sinks;
}

static void sinks_close(const struct sinks *sinks)
{
	struct log_settings settings = {.facility = LOG_DAEMON, .syslog_fd = -1, .file_fd = -1};
	log_init("test", &settings);
	close(sinks->file);
	close(sinks->syslog[0]);
	close(sinks->syslog[1]);
}

static void assert_file_ends(const struct sinks *sinks, const char *wanted)
{
	char text[4096];
	off_t end = lseek(sinks->file, 0, SEEK_END);
	off_t from = end > 4000 ? end - 4000 : 0;
	ssize_t length = pread(sinks->file, text, sizeof(text) - 1, from);
	assert_true(length >= (ssize_t)strlen(wanted));
	text[length] = '\0';
	assert_string_equal(text + length - strlen(wanted), wanted);
}

static void test_sinks(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	char wanted[128];
	char datagram[2048];
	errno = ENOENT;
	log_warn("reading %s", "x\ny");
	assert_int_equal(errno, ENOENT);
	snprintf(wanted, sizeof(wanted),
		"checkerd[%d] warning: reading x?y: No such file or directory\n", (int)getpid());
	assert_file_ends(&sinks, wanted);
	ssize_t length = recv(sinks.syslog[1], datagram, sizeof(datagram) - 1, MSG_DONTWAIT);
	assert_true(length > 0);
	datagram[length] = '\0';
	assert_memory_equal(datagram, "<156>", 5);
	assert_non_null(strstr(datagram, "]: reading x?y: No such file or directory"));
	log_debug("not shown");
	assert_int_equal(recv(sinks.syslog[1], datagram, sizeof(datagram), MSG_DONTWAIT), -1);
	sinks_close(&sinks);
}

static void test_detail_shows_debug(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(true);
	log_debug("shown %d", 5);
	assert_file_ends(&sinks, "debug: shown 5\n");
	sinks_close(&sinks);
}

static void test_long_text_is_cut(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	char *text = malloc(5000);
	assert_non_null(text);
	memset(text, 'x', 4999);
	text[4999] = '\0';
	log_info("%s", text);
	free(text);
	char read_back[4096];
	ssize_t length = pread(sinks.file, read_back, sizeof(read_back), 0);
	assert_true(length > 1000 && length < 1200);
	assert_int_equal(read_back[length - 1], '\n');
	sinks_close(&sinks);
}

/* Were the socket waited for, this would never end. */
static void test_full_syslog_does_not_block(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	for (int i = 0; i < 5000; i++)
		log_info("line %d", i);
	assert_file_ends(&sinks, "line 4999\n");
	sinks_close(&sinks);
}

static void test_replaced_file(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	int old = sinks.file;
	sinks.file = memfd_create("log", MFD_CLOEXEC);
	int ours = fcntl(sinks.file, F_DUPFD_CLOEXEC, 0);
	log_set_file(ours);
	assert_int_equal(fcntl(old, F_GETFD), -1);
	log_info("in the new file");
	assert_file_ends(&sinks, "info: in the new file\n");
	close(ours);
	sinks_close(&sinks);
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level_names),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_is_cut_and_ends),
		cmocka_unit_test(test_syslog_line),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_sinks),
		cmocka_unit_test(test_detail_shows_debug),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_full_syslog_does_not_block),
		cmocka_unit_test(test_replaced_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
