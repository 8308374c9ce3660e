/* Every process of the suite taken over: somebody runs code of his own in it, with its user, its
 * capabilities, its limits and its filter. Each attack runs in a process of its own that has
 * entered the sandbox of the one that is owned. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <netlink/msg.h>

#include "common/caps.h"
#include "ipvsd/genl.h"
#include "ipvsd/ipvs_message.h"
#include "parentd/launcher_sandbox.h"
#include "runner/nursery_sandbox.h"
#include "tests/unit/attack.h"

/* A sanitizer's run-time library makes calls of its own, which then fail instead of killing. */
#ifdef HOLDFAST_SANITIZED
#define EXACT false
#else
#define EXACT true
#endif

#define TEST_ID   64321 /* users and groups that nobody has */
#define SCRIPT_ID 64322

enum { EXIT_REFUSED = 40, EXIT_POSSIBLE, EXIT_NO_SANDBOX };

static const char *const world_names[WORLDS] = {
	"launcher", "parentd", "vrrpd", "checkerd", "ipvsd", "nursery", "script"};

static struct genl *genl; /* open as ipvsd's is */

/* ---- into the sandbox ---- */

static void enter_launcher(void)
{
	uint64_t missing;

	if (caps_drop_root(TEST_ID, TEST_ID, launcher_sandbox_capabilities(PROTO_LAUNCHER),
		    &missing) == -1)
		_exit(EXIT_NO_SANDBOX);
	launcher_sandbox_enter(SANDBOX_ENFORCE, 0);
}

static void enter_daemon(enum proto_process process)
{
	static const struct sandbox_path configuration = {.path = "/etc"};

	if (caps_prepare_exec(TEST_ID, TEST_ID, launcher_sandbox_capabilities(process)) == -1 ||
		sandbox_landlock(SANDBOX_ENFORCE, &configuration, process == PROTO_PARENT) == -1)
		_exit(EXIT_NO_SANDBOX);
	sandbox_enter(suite_sandbox_profile(process), SANDBOX_ENFORCE);
}

static void enter_nursery(void)
{
	uint64_t keep = CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP);

	if (caps_prepare_exec(TEST_ID, TEST_ID, keep) == -1)
		_exit(EXIT_NO_SANDBOX);
	nursery_sandbox_enter(SANDBOX_ENFORCE, false);
}

static void enter(enum world world)
{
	switch (world) {
	case WORLD_LAUNCHER:
		enter_launcher();
		return;
	case WORLD_NURSERY:
		enter_nursery();
		return;
	case WORLD_SCRIPT:
		enter_nursery();
		if (nursery_become(SCRIPT_ID, SCRIPT_ID) == -1)
			_exit(EXIT_NO_SANDBOX);
		return;
	case WORLD_PARENT:
	case WORLD_VRRP:
	case WORLD_CHECK:
	case WORLD_IPVS:
		enter_daemon((enum proto_process)(PROTO_PARENT + (world - WORLD_PARENT)));
		return;
	case WORLDS:
		break;
	}
	_exit(EXIT_NO_SANDBOX);
}

static int in_sandbox(enum world world, long (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		enter(world);
		_exit(function() == -1 ? EXIT_REFUSED : EXIT_POSSIBLE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- the attacks ---- */

static const struct attack *tried;

static long try(void)
{
	const long *a = tried->arguments;

	return tried->function != NULL ? tried->function()
				       : syscall(tried->call, a[0], a[1], a[2], a[3], a[4]);
}

static char outcome(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? 'K' : '!';
	switch (WEXITSTATUS(status)) {
	case EXIT_REFUSED:
		return 'R';
	case 0: /* it has become another program */
	case EXIT_POSSIBLE:
		return 'P';
	default:
		return '!';
	}
}

static bool is_as_expected(char came, char expected)
{
	if (came == '!')
		return false;
	if (expected == '?')
		return true;
	return came == expected || (!EXACT && came != 'P' && expected != 'P');
}

static unsigned attack_world(enum world world)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < attacks_count; i++) {
		tried = &attacks[i];
		int status = in_sandbox(world, try);
		char came = outcome(status);
		if (!is_as_expected(came, tried->outcome[world])) {
			print_error("%s: %s: %c, not %c (%#x)\n", world_names[world], tried->name,
				came, tried->outcome[world], (unsigned)status);
			wrong++;
		}
		/* nobody else was harmed */
		assert_int_equal(waitpid(victims.sibling, NULL, WNOHANG), 0);
	}
	return wrong;
}

static void test_attacks(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < attacks_count; i++)
		assert_int_equal(strlen(attacks[i].outcome), WORLDS);
	for (enum world world = 0; world < WORLDS; world++)
		wrong += attack_world(world);
	assert_int_equal(wrong, 0);
}

/* ---- what they are there for goes on: otherwise the list would prove little ---- */

static long check_a_server(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(9)};
	socklen_t length = sizeof(int);
	int error = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || recv(fd, &error, sizeof(error), 0) != -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == -1 &&
		errno != EINPROGRESS && errno != ECONNREFUSED)
		return -1;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}

static long ask_the_kernel(void)
{
	struct nl_msg *message = nlmsg_alloc();
	struct netlink_answer answer;
	uint32_t place;

	if (message == NULL || ipvs_message_get_family(message) < 0 ||
		genl_put(genl, message) == -1 || genl_send(genl) == -1)
		return -1;
	/* A kernel without IPVS says so. */
	return genl_answer(genl, &answer, &place) == 1 && place == 0 ? 0 : -1;
}

static void test_work_goes_on(void **state)
{
	(void)state;
	assert_int_equal(outcome(in_sandbox(WORLD_CHECK, check_a_server)), 'P');
	assert_int_equal(outcome(in_sandbox(WORLD_IPVS, ask_the_kernel)), 'P');
}

static int set_up(void **state)
{
	(void)state;
	victims.sibling = fork();
	if (victims.sibling == 0) {
		pause();
		_exit(0);
	}
	victims.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	genl = genl_new();
	return victims.sibling == -1 || victims.listener == -1 || genl == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	kill(victims.sibling, SIGKILL);
	waitpid(victims.sibling, NULL, 0);
	genl_free(genl);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),
		cmocka_unit_test(test_work_goes_on),
	};

	if (geteuid() != 0) {
		print_message("needs root: nothing tried\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
