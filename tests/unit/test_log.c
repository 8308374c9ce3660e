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
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
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
		bool plain = byte >= 0x20 && byte < 0x7f;
		assert_int_equal((unsigned char)text[1], plain ? byte : '?');
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

/* journalctl shows a line that is not UTF-8 as so many bytes. */
static void test_only_utf8_stays(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80.",
			"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80."},
		{"caf\xe9 au lait", "caf? au lait"},
		{"overlong \xc0\xaf \xe0\x80\xaf", "overlong ?? ???"},
		{"surrogate \xed\xa0\x80", "surrogate ???"},
		{"too high \xf4\x90\x80\x80", "too high ????"},
		{"alone \x80\xbf", "alone ??"},
		{"cut \xe2\x82", "cut ??"},
		{"cut \xf0\x9f\x98", "cut ???"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		log_sanitise(text);
		assert_string_equal(text, cases[i].wanted);
	}
}

/* A log file, a syslog socket and a journal of our own. */
struct sinks {
	int file;
	int syslog[2];
	int journal[2];
};

static struct sinks sinks_open(bool detail)
{
	struct sinks sinks = {.file = memfd_create("log", MFD_CLOEXEC)};
	assert_true(sinks.file >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sinks.syslog), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sinks.journal), 0);
	struct log_settings settings = {
		.detail = detail,
		.facility = LOG_LOCAL3,
		.syslog_fd = sinks.syslog[0],
		.journal_fd = sinks.journal[0],
		.file_fd = sinks.file,
	};
	log_init("checkerd", &settings);
	return sinks;
}

static void sinks_close(const struct sinks *sinks)
{
	struct log_settings settings = LOG_NOWHERE;
	log_init("test", &settings);
	close(sinks->file);
	close(sinks->syslog[0]);
	close(sinks->syslog[1]);
	close(sinks->journal[0]);
	close(sinks->journal[1]);
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

static size_t read_datagram(int fd, char *text, size_t size)
{
	ssize_t length = recv(fd, text, size - 1, MSG_DONTWAIT);
	text[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

static void test_a_full_journal_says_how_much_it_missed(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	char text[LOG_ENTRY_MAX + 1];
	int received = 0;
	for (int i = 0; i < 5000; i++)
		log_info("line %d", i);
	while (read_datagram(sinks.journal[1], text, sizeof(text)) > 0)
		received++;
	log_info("there is room again");
	assert_true(read_datagram(sinks.journal[1], text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "MESSAGE=there is room again\n"));
	assert_true(read_datagram(sinks.journal[1], text, sizeof(text)) > 0);
	char wanted[64];
	snprintf(wanted, sizeof(wanted), "MESSAGE=%d lines before", 5000 - received);
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, "HOLDFAST_KIND=left-out\n"));
	log_info("and no more of that");
	assert_true(read_datagram(sinks.journal[1], text, sizeof(text)) > 0);
	assert_true(read_datagram(sinks.journal[1], text, sizeof(text)) == 0);
	sinks_close(&sinks);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd != -1);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Whoever listens is replaced, as when rsyslogd or the journal's socket is started anew. */
static void test_a_replaced_listener_is_found_again(void **state)
{
	char directory[] = "/tmp/hf-log-XXXXXX";
	char path[64], text[LOG_ENTRY_MAX + 1];
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	memcpy(address.sun_path, path, sizeof(path));
	int first = listen_at(path);
	struct log_settings settings = LOG_NOWHERE;
	settings.journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	settings.journal_path = path;
	assert_int_equal(
		connect(settings.journal_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	log_init("vrrpd", &settings);
	log_info("one");
	assert_true(read_datagram(first, text, sizeof(text)) > 0);
	close(first);
	log_info("nobody hears it");
	log_info("nor this");
	int second = listen_at(path);
	log_info("two");
	assert_true(read_datagram(second, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "MESSAGE=two\n"));
	assert_true(read_datagram(second, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "MESSAGE=2 lines before"));
	close(second);
	close(settings.journal_fd);
	unlink(path);
	rmdir(directory);
	settings.journal_fd = -1;
	log_init("test", &settings);
}

static void test_a_change_goes_everywhere(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	char text[LOG_ENTRY_MAX + 1];
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_QUORUM, .virtual_server = "10.0.0.1:80"},
		"10.0.0.1:80: quorum %s", "lost");
	assert_file_ends(&sinks, " notice: 10.0.0.1:80: quorum lost\n");
	assert_true(read_datagram(sinks.syslog[1], text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "]: 10.0.0.1:80: quorum lost"));
	assert_true(read_datagram(sinks.journal[1], text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\nHOLDFAST_VIRTUAL_SERVER=10.0.0.1:80\n"));
	sinks_close(&sinks);
}

static void test_topics_are_switched(void **state)
{
	(void)state;
	struct sinks sinks = sinks_open(false);
	int evaluated = 0;
	log_topic(LOG_TOPIC_PACKETS, "packet %d", ++evaluated);
	assert_int_equal(evaluated, 0);
	log_set_topics(LOG_TOPIC_PACKETS);
	assert_file_ends(&sinks, " info: debug topics: packets\n");
	log_topic(LOG_TOPIC_PACKETS, "packet %d", ++evaluated);
	assert_file_ends(&sinks, " debug: packet 1\n");
	log_topic(LOG_TOPIC_STATE, "state %d", ++evaluated);
	assert_int_equal(evaluated, 1);
	log_set_topics(0);
	assert_file_ends(&sinks, " info: debug topics: none\n");
	log_topic(LOG_TOPIC_PACKETS, "packet %d", ++evaluated);
	assert_file_ends(&sinks, " info: debug topics: none\n");
	sinks_close(&sinks);
}

static void test_limited_lines_are_counted(void **state)
{
	static const struct log_source source = {.topic = "test", .key = 1};
	(void)state;
	struct sinks sinks = sinks_open(false);
	for (int i = 0; i < 5; i++)
		log_limited(LOG_WARNING, &source, "line %d", i);
	assert_file_ends(&sinks, " warning: line 0\n");
	log_tick(clock_now_ns());
	assert_file_ends(&sinks, " warning: line 0\n");
	log_tick(clock_now_ns() + 20 * NSEC_PER_SEC);
	assert_file_ends(&sinks, " s like this: line 0\n");
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
		cmocka_unit_test(test_only_utf8_stays),
		cmocka_unit_test(test_sinks),
		cmocka_unit_test(test_a_change_goes_everywhere),
		cmocka_unit_test(test_a_full_journal_says_how_much_it_missed),
		cmocka_unit_test(test_a_replaced_listener_is_found_again),
		cmocka_unit_test(test_topics_are_switched),
		cmocka_unit_test(test_limited_lines_are_counted),
		cmocka_unit_test(test_detail_shows_debug),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_full_syslog_does_not_block),
		cmocka_unit_test(test_replaced_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
