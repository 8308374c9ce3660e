#include "checkerd/checkerd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "checkerd/check_conf.h"
#include "checkerd/checks.h"
#include "checkerd/kind.h"
#include "checkerd/mailer.h"
#include "checkerd/monitor.h"
#include "checkerd/tls.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/timers.h"
#include "proto/state_page.h"

struct checkerd {
	struct event_base *base;
	struct child *child;
	struct timers *timers;
	int timer_fd;
	struct checks *checks;
	struct kind_tools tools;
	struct monitor *monitor;
	struct mailer *mailer;
	/* between CONF_BEGIN and CONF_APPLY */
	struct conf_check_script *pending;
	size_t pending_count;
	size_t pending_room;
	struct mail_settings pending_mail;
	struct check_conf pending_checks;
};

/* ---- the timer ---- */

/* Thousands of checks a second are started some at a time rather than each by a wake-up of its own.
 */
#define TIMER_GRAIN_NS (2 * NSEC_PER_MSEC)

static void arm_timer(uint64_t due_ns, void *arg)
{
	const struct checkerd *checkerd = arg;
	struct itimerspec when = {0};

	if (due_ns < UINT64_MAX - TIMER_GRAIN_NS)
		due_ns += TIMER_GRAIN_NS - 1 - (due_ns + TIMER_GRAIN_NS - 1) % TIMER_GRAIN_NS;
	if (due_ns != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(due_ns / NSEC_PER_SEC);
		when.it_value.tv_nsec = (long)(due_ns % NSEC_PER_SEC);
	}
	if (timerfd_settime(checkerd->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == -1)
		fatal("timer");
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct checkerd *checkerd = arg;

	(void)fd;
	(void)what;
	timers_run(checkerd->timers, clock_now_ns());
}

static void open_timer(struct checkerd *checkerd)
{
	checkerd->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (checkerd->timer_fd == -1)
		fatal("timer");
	checkerd->timers = timers_new(arm_timer, checkerd);
	struct event *fired = event_new(checkerd->base, checkerd->timer_fd,
		EV_READ | EV_ET | EV_PERSIST, timer_fired, checkerd);
	if (checkerd->timers == NULL || fired == NULL || event_add(fired, NULL) == -1)
		fatal("timer");
}

/* ---- parentd and the launcher ---- */

static void conf_abort(void *arg)
{
	struct checkerd *checkerd = arg;

	free(checkerd->pending);
	checkerd->pending = NULL;
	checkerd->pending_count = 0;
	checkerd->pending_room = 0;
	memset(&checkerd->pending_mail, 0, sizeof(checkerd->pending_mail));
	check_conf_clear(&checkerd->pending_checks);
}

static void conf_begin(uint32_t generation, uint32_t items, void *arg)
{
	(void)generation;
	(void)items;
	conf_abort(arg);
}

static int conf_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	struct checkerd *checkerd = arg;

	if (type == CONF_CHECK_MAIL || type == CONF_CHECK_RECIPIENT)
		return mail_settings_item(&checkerd->pending_mail, type, body, reason, size);
	if (check_conf_takes(type))
		return check_conf_add(&checkerd->pending_checks, type, body, reason, size);
	if (type != CONF_CHECK_SCRIPT) {
		snprintf(reason, size, "%s is not for checkerd", proto_type_name((uint16_t)type));
		return -1;
	}
	if (checkerd->pending_count == STATE_CHECKS) {
		snprintf(reason, size, "more than %d scripts", STATE_CHECKS);
		return -1;
	}
	if (checkerd->pending_count == checkerd->pending_room) {
		size_t room = checkerd->pending_room == 0 ? 16 : checkerd->pending_room * 2;
		struct conf_check_script *grown =
			reallocarray(checkerd->pending, room, sizeof(*grown));
		if (grown == NULL) {
			snprintf(reason, size, "out of memory");
			return -1;
		}
		checkerd->pending = grown;
		checkerd->pending_room = room;
	}
	memcpy(&checkerd->pending[checkerd->pending_count++], body, sizeof(*checkerd->pending));
	return 0;
}

static int conf_commit(char *reason, size_t size, void *arg)
{
	struct checkerd *checkerd = arg;

	if (checks_judge(checkerd->pending, checkerd->pending_count, reason, size) == -1)
		return -1;
	if (check_conf_commit(&checkerd->pending_checks, checkerd->pending_count, reason, size) ==
			-1 ||
		monitor_prepare(checkerd->monitor, &checkerd->pending_checks, reason, size) == -1)
		return -1;
	return mail_settings_judge(&checkerd->pending_mail, reason, size);
}

static void conf_apply(void *arg)
{
	struct checkerd *checkerd = arg;

	checks_apply(checkerd->checks, checkerd->pending, checkerd->pending_count);
	monitor_apply(checkerd->monitor, &checkerd->pending_checks);
	mailer_apply(checkerd->mailer, &checkerd->pending_mail);
	conf_abort(arg);
}

static void message(enum proto_type type, const void *body, void *arg)
{
	struct checkerd *checkerd = arg;

	if (type == CHECK_RAN) {
		checks_ran(checkerd->checks, body);
		monitor_ran(checkerd->monitor, body);
	}
	if (type == CHECK_FILE_VALUE)
		monitor_file_value(checkerd->monitor, body);
	if (type == CHECK_SUSPEND)
		monitor_suspend(checkerd->monitor, body);
	if (type == CHECK_TELL)
		monitor_tell_all(checkerd->monitor);
	if (type == CHECK_MAIL)
		mailer_add(checkerd->mailer, body);
}

static void stop(const char *why, void *arg)
{
	const struct checkerd *checkerd = arg;

	(void)why;
	mailer_stop(checkerd->mailer);
}

static const struct child_handlers handlers = {
	.conf_begin = conf_begin,
	.conf_item = conf_item,
	.conf_commit = conf_commit,
	.conf_apply = conf_apply,
	.conf_abort = conf_abort,
	.message = message,
	.stop = stop,
};

/* ---- start ---- */

/* Every attempt under way is a descriptor, and servers that do not answer hold many. */
static void take_all_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal("limit of descriptors");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal("limit of descriptors");
}

/* While there are files. */
static void open_tools(struct checkerd *checkerd)
{
	char reason[PROTO_REASON_LEN];

	checkerd->tools.base = checkerd->base;
	checkerd->tools.tls = tls_new(NULL, reason, sizeof(reason));
	if (checkerd->tools.tls == NULL)
		fatalx("%s", reason);
}

void checkerd_run(int argc, char **argv)
{
	struct child_options options;
	static struct checkerd checkerd;

	child_init(PROTO_CHECK, argc, argv, &options);
	child_probe(&options, checkerd_sandbox_profile());
	take_all_descriptors();
	checkerd.base = loop_new();
	open_timer(&checkerd);
	open_tools(&checkerd);
	struct state_page *page = child_page_open(PROTO_CHECK, FD_STATE_PAGE);
	close(FD_STATE_PAGE);
	checkerd.checks = checks_new(page, checkerd.timers);
	checkerd.monitor = monitor_new(&checkerd.tools, page, checkerd.timers);
	checkerd.child = child_new(checkerd.base, PROTO_CHECK, &handlers, &checkerd);
	if (checkerd.child == NULL)
		fatal("channel to the launcher");
	checkerd.mailer = mailer_new(checkerd.base, checkerd.timers, page);
	checks_set_child(checkerd.checks, checkerd.child);
	monitor_set_child(checkerd.monitor, checkerd.child);
	child_set_patience(checkerd.child, options.patience_s);
	child_set_resumed(checkerd.child,
		(uint32_t)(checks_left(checkerd.checks) + monitor_left(checkerd.monitor)));
	if (sandbox_landlock(options.sandbox, NULL, 0) == -1)
		fatal("Landlock");
	sandbox_enter(checkerd_sandbox_profile(), options.sandbox);
	log_info("started");
	loop_run(checkerd.base);
}
