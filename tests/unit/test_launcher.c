/* The launcher against processes that do what they should not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "parentd/launcher_children.h"
#include "parentd/launcher_dispatch.h"
#include "parentd/launcher_ended.h"

#define DESCRIPTORS_LOOKED_AT 64
#define HANDED_OVER           2

struct fixture {
	struct launcher launcher;
	int peer; /* the other end of the channel of the process that is played */
	uint32_t sequence;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	launcher_children_init(&fixture->launcher);
	fixture->launcher.conf_fd = -1;
	fixture->peer = -1;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (int process = 0; process < PROTO_PROCESS_END; process++)
		launcher_link_close(&fixture->launcher.children[process].link);
	if (fixture->peer != -1)
		close(fixture->peer);
	free(fixture);
	return 0;
}

/* The process runs, as far as the launcher knows, and the test speaks for it. */
static struct launcher_child *play(struct fixture *fixture, enum proto_process process, pid_t pid)
{
	struct launcher_child *child = &fixture->launcher.children[process];
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	launcher_link_open(&child->link, ends[0], process);
	child->pid = pid;
	child->wanted = true;
	fixture->peer = ends[1];
	fixture->sequence = 0;
	return child;
}

/* 0, or -1 with errno. */
static int say(struct fixture *fixture, enum proto_type type, const void *body, size_t fds_count,
	const int *fds)
{
	char control[CMSG_SPACE(HANDED_OVER * sizeof(int))] = {0};
	struct proto_header header;
	struct iovec parts[2] = {{&header, sizeof(header)}, {NULL, 0}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	proto_header_make(&header, type, 0, fixture->sequence + 1);
	parts[1].iov_len = header.length;
	memcpy(&parts[1].iov_base, &body, sizeof(body));
	if (fds_count > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
		struct cmsghdr *part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
		memcpy(CMSG_DATA(part), fds, fds_count * sizeof(int));
	}
	if (sendmsg(fixture->peer, &message, MSG_NOSIGNAL) == -1)
		return -1;
	fixture->sequence++;
	return 0;
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS_LOOKED_AT; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void test_descriptors_that_nobody_asked_for(void **state)
{
	const struct proto_heartbeat answer = {0};
	static const int given[HANDED_OVER] = {STDERR_FILENO, STDERR_FILENO};
	struct fixture *fixture = *state;

	for (size_t count = 1; count <= HANDED_OVER; count++) {
		struct launcher_child *child = play(fixture, PROTO_VRRP, 0);
		struct launcher_message message;
		const char *why = NULL;
		int before = open_descriptors();
		assert_int_equal(say(fixture, PROCESS_HEARTBEAT, &answer, count, given), 0);
		assert_int_equal(launcher_link_receive(&child->link, &message, &why), LINK_BROKEN);
		assert_non_null(why);
		assert_int_equal(open_descriptors(), before);
		launcher_link_close(&child->link);
		close(fixture->peer);
	}
	fixture->peer = -1;
}

/* Fills the channel. */
static void talk(struct fixture *fixture)
{
	const struct proto_heartbeat answer = {0};

	while (say(fixture, PROCESS_HEARTBEAT, &answer, 0, NULL) == 0)
		;
	assert_int_equal(errno, EAGAIN);
}

/* The launcher would do nothing but listen, and at real-time priority the kernel ends it for that.
 */
static void test_daemon_that_talks_without_an_end(void **state)
{
	struct fixture *fixture = *state;
	int status;

	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	struct launcher_child *child = play(fixture, PROTO_CHECK, pid);
	talk(fixture);
	launcher_dispatch(&fixture->launcher, child);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(child->link.fd, -1);
	assert_int_equal(child->pid, 0);
}

/* It was heard, and there is time for others before the rest. */
static void test_parent_that_talks_much(void **state)
{
	struct fixture *fixture = *state;
	struct launcher_child *child = play(fixture, PROTO_PARENT, 0);
	char byte;

	talk(fixture);
	launcher_dispatch(&fixture->launcher, child);
	assert_true(child->heartbeat.answers);
	assert_int_equal(recv(child->link.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT), 1);
	for (int i = 0; i < 1000 && child->link.received < fixture->sequence; i++)
		launcher_dispatch(&fixture->launcher, child);
	assert_int_equal(child->link.received, fixture->sequence);
}

/* A release that failed has nothing to do with the next life. */
static void test_wanted_again_after_a_release(void **state)
{
	const struct parent_child_wanted order = {.process = PROTO_VRRP, .wanted = 1};
	struct fixture *fixture = *state;
	struct launcher_child *parent = play(fixture, PROTO_PARENT, 0);
	struct launcher_child *vrrpd = &fixture->launcher.children[PROTO_VRRP];

	vrrpd->releasing = true;
	vrrpd->release_tries = 2;
	assert_int_equal(say(fixture, PARENT_CHILD_WANTED, &order, 0, NULL), 0);
	launcher_dispatch(&fixture->launcher, parent);
	assert_true(vrrpd->wanted && vrrpd->start_at_ns != 0);
	assert_false(vrrpd->releasing);
	assert_int_equal(vrrpd->release_tries, 0); /* so that it is connected with parentd */
}

/* vrrpd was told to give its addresses up, and does so: a restart must not kill it on its way. */
static void test_restart_of_one_that_stops(void **state)
{
	const struct parent_restart order = {.process = PROTO_VRRP};
	struct fixture *fixture = *state;
	int ends[2], status;
	char byte = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? 7 : 8);
	}
	close(ends[0]);
	struct launcher_child *parent = play(fixture, PROTO_PARENT, 0);
	struct launcher_child *vrrpd = &fixture->launcher.children[PROTO_VRRP];
	vrrpd->pid = pid;
	vrrpd->kill_at_ns = UINT64_MAX;
	assert_int_equal(say(fixture, PARENT_RESTART, &order, 0, NULL), 0);
	launcher_dispatch(&fixture->launcher, parent);
	assert_int_equal(write(ends[1], &byte, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	close(ends[1]);
}

/* A status as wait(2) gives it: of an exit, or of a signal. */
#define EXITED(status_) ((status_) << 8)

static void test_why_it_ended(void **state)
{
	struct fixture *fixture = *state;
	struct launcher_child *child = &fixture->launcher.children[PROTO_VRRP];

	assert_int_equal(launcher_ended_cause(child, ENDED_SIGNAL, SIGSEGV), ENDED_SIGNAL);
	assert_int_equal(launcher_ended_cause(child, ENDED_SIGNAL, SIGSYS), ENDED_SANDBOX);
	assert_int_equal(launcher_ended_cause(child, ENDED_SIGNAL, EXITED(1)), ENDED_EXITED);
	assert_int_equal(launcher_ended_cause(child, ENDED_HUNG, SIGKILL), ENDED_HUNG);
	child->replacing = true;
	assert_int_equal(launcher_ended_cause(child, ENDED_HUNG, SIGKILL), ENDED_ORDERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_why_it_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_descriptors_that_nobody_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_daemon_that_talks_without_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parent_that_talks_much, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_wanted_again_after_a_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_restart_of_one_that_stops, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
