/* The frame of a child: its two channels, the heartbeat, and the configuration as a transaction
 * that changes nothing until it is applied. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/channel.h"
#include "common/child.h"
#include "common/fds.h"

/* What the child's own code was told, one letter per call: begin, item, commit, apply, abort. */
struct calls {
	char log[64];
	bool refuse_item;
	bool refuse_commit;
	const char *stop_message;
};

static void note(struct calls *calls, char letter)
{
	size_t length = strlen(calls->log);
	assert_true(length < sizeof(calls->log) - 1);
	calls->log[length] = letter;
}

static void on_begin(uint32_t generation, uint32_t items, void *arg)
{
	(void)generation;
	(void)items;
	note(arg, 'b');
}

static int on_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	struct calls *calls = arg;
	(void)body;
	assert_int_equal(type, CONF_VRRP_GLOBAL);
	note(calls, 'i');
	snprintf(reason, size, "the item is bad");
	return calls->refuse_item ? -1 : 0;
}

static int on_commit(char *reason, size_t size, void *arg)
{
	struct calls *calls = arg;
	note(calls, 'c');
	snprintf(reason, size, "the whole is bad");
	return calls->refuse_commit ? -1 : 0;
}

static void on_apply(void *arg)
{
	note(arg, 'p');
}

static void on_abort(void *arg)
{
	note(arg, 'x');
}

static void on_stop(const char *why, void *arg)
{
	(void)why;
	struct calls *calls = arg;
	ssize_t result = write(STDOUT_FILENO, calls->stop_message, strlen(calls->stop_message));
	(void)result;
}

static void on_message(enum proto_type type, const void *body, void *arg)
{
	(void)body;
	assert_int_equal(type, VRRP_SCRIPT_VERDICT);
	note(arg, 'm');
}

static const struct child_handlers child_handlers = {
	on_begin, on_item, on_commit, on_apply, on_abort, on_message, on_stop};

/* What parentd heard. */
struct heard {
	unsigned count;
	uint16_t type;
	uint32_t generation;
	uint64_t value;
	char reason[PROTO_REASON_LEN];
	unsigned closed;
};

static void heard_message(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct heard *heard = arg;
	(void)channel;
	(void)fd;
	heard->count++;
	heard->type = header->type;
	heard->generation = header->generation;
	if (header->length == sizeof(heard->value))
		memcpy(&heard->value, body, sizeof(heard->value));
	if (header->type == CHILD_CONF_REFUSED)
		memcpy(heard->reason, body, sizeof(heard->reason));
}

static void heard_closed(struct channel *channel, const char *why, void *arg)
{
	struct heard *heard = arg;
	(void)channel;
	(void)why;
	heard->closed++;
}

static const struct channel_handlers parent_side = {heard_message, heard_closed};

struct fixture {
	struct event_base *base;
	struct child *child;
	struct calls calls;
	struct channel *launcher; /* the launcher's end */
	struct channel *parent;   /* parentd's end */
	struct heard heard;
	struct heard launcher_heard;
};

static void turn(struct fixture *fixture)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(fixture->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	channel_read(fixture->parent);
	channel_read(fixture->launcher);
}

/* A new parentd: gets its end, the child the other by way of the launcher. */
static void new_parent(struct fixture *fixture)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	memset(&fixture->heard, 0, sizeof(fixture->heard));
	fixture->parent = channel_new_polled(
		pair[0], PROTO_PARENT, PROTO_VRRP, &parent_side, &fixture->heard);
	assert_non_null(fixture->parent);
	assert_int_equal(
		channel_send(fixture->launcher, LAUNCHER_PARENT_CHANNEL, 0, NULL, pair[1]), 0);
	close(pair[1]);
	turn(fixture);
}

static int setup(void **state)
{
	static struct fixture fixture;
	int pair[2];
	memset(&fixture, 0, sizeof(fixture));
	fixture.calls.stop_message = "gave up";
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	int end = fcntl(pair[0], F_DUPFD_CLOEXEC, 20);
	int child_end = fcntl(pair[1], F_DUPFD_CLOEXEC, 20);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(dup2(child_end, FD_LAUNCHER), FD_LAUNCHER);
	close(child_end);
	fixture.base = event_base_new();
	fixture.launcher = channel_new_polled(
		end, PROTO_LAUNCHER, PROTO_VRRP, &parent_side, &fixture.launcher_heard);
	fixture.child = child_new(fixture.base, PROTO_VRRP, &child_handlers, &fixture.calls);
	assert_non_null(fixture.launcher);
	assert_non_null(fixture.child);
	child_set_resumed(fixture.child, 3);
	new_parent(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	child_free(fixture->child);
	channel_free(fixture->parent);
	channel_free(fixture->launcher);
	event_base_free(fixture->base);
	return 0;
}

static const struct conf_vrrp_global item = {.startup_delay_ms = 5};

static void say(
	struct fixture *fixture, enum proto_type type, uint32_t generation, const void *body)
{
	assert_int_equal(channel_send(fixture->parent, type, generation, body, -1), 0);
	turn(fixture);
}

static void say_begin(struct fixture *fixture, uint32_t generation, uint32_t items)
{
	struct conf_begin begin = {.items = items};
	say(fixture, CONF_BEGIN, generation, &begin);
}

static void say_commit(struct fixture *fixture, uint32_t generation, uint32_t items)
{
	struct conf_commit commit = {.items = items};
	for (uint32_t i = 0; i < items; i++)
		commit.checksum = proto_checksum(commit.checksum, &item, sizeof(item));
	say(fixture, CONF_COMMIT, generation, &commit);
}

static void assert_heard(const struct fixture *fixture, enum proto_type type, uint32_t generation)
{
	assert_string_equal(proto_type_name(fixture->heard.type), proto_type_name((uint16_t)type));
	assert_int_equal(fixture->heard.generation, generation);
	assert_int_equal(fixture->heard.closed, 0);
}

static void assert_refused(const struct fixture *fixture, const char *reason)
{
	assert_int_equal(fixture->heard.type, CHILD_CONF_REFUSED);
	assert_string_equal(fixture->heard.reason, reason);
}

static void test_hello(void **state)
{
	struct fixture *fixture = *state;
	assert_heard(fixture, CHILD_HELLO, 0);
	struct child_hello hello;
	memcpy(&hello, &fixture->heard.value, sizeof(hello));
	assert_int_equal(hello.pid, getpid());
	assert_int_equal(hello.resumed, 3);
}

static void assert_heartbeat(struct fixture *fixture, uint32_t generation)
{
	struct proto_heartbeat heartbeat = {.sent_ns = 987654321};
	fixture->launcher_heard = (struct heard){0};
	assert_int_equal(channel_send(fixture->launcher, LAUNCHER_HEARTBEAT, 0, &heartbeat, -1), 0);
	turn(fixture);
	assert_int_equal(fixture->launcher_heard.count, 1);
	assert_int_equal(fixture->launcher_heard.type, PROCESS_HEARTBEAT);
	assert_int_equal(fixture->launcher_heard.generation, generation);
	assert_int_equal(fixture->launcher_heard.value, 987654321);
}

static void test_heartbeat(void **state)
{
	assert_heartbeat(*state, 0);
}

static void test_transaction(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 2);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say_commit(fixture, 7, 2);
	assert_heard(fixture, CHILD_CONF_ACCEPTED, 7);
	assert_string_equal(fixture->calls.log, "biic");
	assert_int_equal(child_generation(fixture->child), 0);
	say(fixture, CONF_APPLY, 7, NULL);
	assert_heard(fixture, CHILD_CONF_APPLIED, 7);
	assert_string_equal(fixture->calls.log, "biicp");
	assert_int_equal(child_generation(fixture->child), 7);
	/* the launcher hears of it unasked, and in every answer */
	assert_int_equal(fixture->launcher_heard.type, PROCESS_HEARTBEAT);
	assert_int_equal(fixture->launcher_heard.generation, 7);
	assert_heartbeat(fixture, 7);
}

static void test_empty_transaction(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 1, 0);
	say_commit(fixture, 1, 0);
	say(fixture, CONF_APPLY, 1, NULL);
	assert_string_equal(fixture->calls.log, "bcp");
	assert_heard(fixture, CHILD_CONF_APPLIED, 1);
}

static void test_abort(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 1);
	say(fixture, CONF_ABORT, 7, NULL);
	assert_string_equal(fixture->calls.log, "bx");
	say_begin(fixture, 8, 0);
	say_commit(fixture, 8, 0);
	say(fixture, CONF_ABORT, 8, NULL);
	assert_string_equal(fixture->calls.log, "bxbcx");
	assert_int_equal(child_generation(fixture->child), 0);
}

static void test_refused_item(void **state)
{
	struct fixture *fixture = *state;
	fixture->calls.refuse_item = true;
	say_begin(fixture, 7, 2);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	assert_refused(fixture, "the item is bad");
	unsigned before = fixture->heard.count;
	/* The rest is passed over in silence. */
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say_commit(fixture, 7, 2);
	say(fixture, CONF_ABORT, 7, NULL);
	assert_int_equal(fixture->heard.count, before);
	assert_string_equal(fixture->calls.log, "bix");
	say_begin(fixture, 8, 0);
	say_commit(fixture, 8, 0);
	assert_heard(fixture, CHILD_CONF_ACCEPTED, 8);
}

static void test_refused_commit(void **state)
{
	struct fixture *fixture = *state;
	fixture->calls.refuse_commit = true;
	say_begin(fixture, 7, 0);
	say_commit(fixture, 7, 0);
	assert_refused(fixture, "the whole is bad");
	assert_string_equal(fixture->calls.log, "bcx");
}

static void test_apply_after_refusal_is_a_violation(void **state)
{
	struct fixture *fixture = *state;
	fixture->calls.refuse_commit = true;
	say_begin(fixture, 7, 0);
	say_commit(fixture, 7, 0);
	say(fixture, CONF_APPLY, 7, NULL);
	assert_int_equal(fixture->heard.closed, 1);
	assert_string_equal(fixture->calls.log, "bcx");
	assert_int_equal(child_generation(fixture->child), 0);
}

static void test_lost_item(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 2);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say_commit(fixture, 7, 2);
	assert_refused(fixture, "some items of the configuration did not arrive");
	assert_string_equal(fixture->calls.log, "bix");
}

static void test_wrong_checksum(void **state)
{
	struct fixture *fixture = *state;
	struct conf_commit commit = {.items = 1, .checksum = 1};
	say_begin(fixture, 7, 1);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say(fixture, CONF_COMMIT, 7, &commit);
	assert_refused(fixture, "the configuration arrived with a wrong checksum");
	assert_string_equal(fixture->calls.log, "bix");
}

static void test_other_generation_is_a_violation(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 1);
	say(fixture, CONF_VRRP_GLOBAL, 6, &item);
	assert_int_equal(fixture->heard.closed, 1);
	assert_string_equal(fixture->calls.log, "bx");
}

static void test_begin_forgets_the_unfinished(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 5);
	say(fixture, CONF_VRRP_GLOBAL, 7, &item);
	say_begin(fixture, 8, 0);
	say_commit(fixture, 8, 0);
	say(fixture, CONF_APPLY, 8, NULL);
	assert_string_equal(fixture->calls.log, "bixbcp");
	assert_int_equal(child_generation(fixture->child), 8);
}

/* Only what is about the configuration in force is listened to, whatever else is under way. */
static void test_messages_of_other_configurations(void **state)
{
	struct fixture *fixture = *state;
	const struct vrrp_script_verdict verdict = {.script = 1, .verdict = VERDICT_UP};
	say_begin(fixture, 7, 0);
	say_commit(fixture, 7, 0);
	say(fixture, VRRP_SCRIPT_VERDICT, 7, &verdict);
	say(fixture, CONF_APPLY, 7, NULL);
	assert_string_equal(fixture->calls.log, "bcp");
	say(fixture, VRRP_SCRIPT_VERDICT, 7, &verdict);
	assert_string_equal(fixture->calls.log, "bcpm");
	say_begin(fixture, 8, 0);
	say(fixture, VRRP_SCRIPT_VERDICT, 7, &verdict);
	say(fixture, VRRP_SCRIPT_VERDICT, 8, &verdict);
	say(fixture, VRRP_SCRIPT_VERDICT, 6, &verdict);
	say_commit(fixture, 8, 0);
	assert_string_equal(fixture->calls.log, "bcpmbmc");
}

/* parentd dies in the middle; the next one finds the child as it was. */
static void test_parent_dies(void **state)
{
	struct fixture *fixture = *state;
	say_begin(fixture, 7, 0);
	say_commit(fixture, 7, 0);
	say(fixture, CONF_APPLY, 7, NULL);
	say_begin(fixture, 8, 2);
	say(fixture, CONF_VRRP_GLOBAL, 8, &item);
	channel_free(fixture->parent);
	for (int i = 0; i < 4; i++)
		event_base_loop(fixture->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_string_equal(fixture->calls.log, "bcpbix");
	new_parent(fixture);
	assert_heard(fixture, CHILD_HELLO, 7);
	say_begin(fixture, 9, 0);
	say_commit(fixture, 9, 0);
	assert_heard(fixture, CHILD_CONF_ACCEPTED, 9);
}

/* The new channel may come before the end of the old one is seen. */
static void test_parent_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct channel *old = fixture->parent;
	say_begin(fixture, 7, 1);
	new_parent(fixture);
	assert_string_equal(fixture->calls.log, "bx");
	assert_heard(fixture, CHILD_HELLO, 0);
	channel_free(old);
	turn(fixture);
	say_begin(fixture, 8, 0);
	say_commit(fixture, 8, 0);
	assert_heard(fixture, CHILD_CONF_ACCEPTED, 8);
}

static void test_log_file(void **state)
{
	struct fixture *fixture = *state;
	int file[2];
	char text[200] = "";
	assert_int_equal(pipe2(file, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(channel_send(fixture->launcher, LAUNCHER_LOG_FILE, 0, NULL, file[1]), 0);
	close(file[1]);
	turn(fixture);
	log_info("to the file");
	assert_true(read(file[0], text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "info: to the file\n"));
	log_set_file(-1);
	assert_int_equal(read(file[0], text, sizeof(text)), 0);
	close(file[0]);
}

/* Runs the loop in a process of its own, whose standard output is caught. */
static void assert_stops(struct fixture *fixture, void (*cause)(struct fixture *fixture))
{
	int out[2];
	char text[64] = "";
	int status;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	cause(fixture);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		event_reinit(fixture->base);
		event_base_dispatch(fixture->base);
		_exit(99);
	}
	close(out[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(read(out[0], text, sizeof(text) - 1), strlen("gave up"));
	assert_string_equal(text, "gave up");
	close(out[0]);
}

static void order_stop(struct fixture *fixture)
{
	assert_int_equal(channel_send(fixture->launcher, LAUNCHER_STOP, 0, NULL, -1), 0);
}

static void launcher_dies(struct fixture *fixture)
{
	shutdown(channel_fd(fixture->launcher), SHUT_RDWR);
}

static void test_stop(void **state)
{
	assert_stops(*state, order_stop);
}

static void test_launcher_is_gone(void **state)
{
	assert_stops(*state, launcher_dies);
}

static void be_patient(struct fixture *fixture)
{
	child_set_patience(fixture->child, 1);
}

static void test_no_launcher_comes(void **state)
{
	assert_stops(*state, be_patient);
}

/* Its patience is with silence, not with its life. */
static void test_launcher_is_heard(void **state)
{
	struct fixture *fixture = *state;
	const struct proto_heartbeat question = {.sent_ns = 1};
	int alive[2];
	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	be_patient(fixture);
	pid_t pid = fork();
	if (pid == 0) {
		close(alive[0]);
		event_reinit(fixture->base);
		event_base_dispatch(fixture->base);
		_exit(99);
	}
	close(alive[1]);
	struct pollfd end = {.fd = alive[0], .events = POLLIN};
	for (int i = 0; i < 4; i++) {
		channel_send(fixture->launcher, LAUNCHER_HEARTBEAT, 0, &question, -1);
		assert_int_equal(poll(&end, 1, 450), 0);
	}
	assert_int_equal(poll(&end, 1, 20000), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(alive[0]);
}

#define CHILD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	struct log_settings quiet = LOG_NOWHERE;
	log_init("vrrpd", &quiet);
	const struct CMUnitTest tests[] = {
		CHILD_TEST(test_hello),
		CHILD_TEST(test_heartbeat),
		CHILD_TEST(test_transaction),
		CHILD_TEST(test_empty_transaction),
		CHILD_TEST(test_abort),
		CHILD_TEST(test_refused_item),
		CHILD_TEST(test_refused_commit),
		CHILD_TEST(test_apply_after_refusal_is_a_violation),
		CHILD_TEST(test_lost_item),
		CHILD_TEST(test_wrong_checksum),
		CHILD_TEST(test_other_generation_is_a_violation),
		CHILD_TEST(test_begin_forgets_the_unfinished),
		CHILD_TEST(test_messages_of_other_configurations),
		CHILD_TEST(test_parent_dies),
		CHILD_TEST(test_parent_is_replaced),
		CHILD_TEST(test_log_file),
		CHILD_TEST(test_stop),
		CHILD_TEST(test_launcher_is_gone),
		CHILD_TEST(test_no_launcher_comes),
		CHILD_TEST(test_launcher_is_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
