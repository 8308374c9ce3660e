#include "parentd/launcher_status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher.h"
#include "parentd/launcher_notify.h"

/* Signs of life within the time after which the service manager misses one. */
#define SIGNS 4

/* When its socket was full. */
#define AGAIN_NS (100 * NSEC_PER_MSEC)

void launcher_status_init(struct launcher_status *status, uint64_t now_ns)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *limit = getenv("WATCHDOG_USEC");

	if (limit == NULL || (pid != NULL && strtol(pid, NULL, 10) != getpid()))
		return;
	errno = 0;
	unsigned long long limit_us = strtoull(limit, NULL, 10);
	if (errno != 0 || limit_us == 0 || limit_us > UINT32_MAX * UINT64_C(1000000))
		return;
	status->period_ns = limit_us * (NSEC_PER_MSEC / 1000) / SIGNS;
	status->next_ns = now_ns;
}

static void add(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

static void add_instances(char *text, size_t size, const struct parent_status *vrrp)
{
	const struct {
		uint32_t count;
		const char *state;
	} states[] = {{vrrp->fault, "FAULT"}, {vrrp->master, "MASTER"}, {vrrp->backup, "BACKUP"},
		{vrrp->starting, "INIT"}};
	const char *before = "";

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (states[i].count == 0)
			continue;
		add(text, size, "%s%u %s", before, states[i].count, states[i].state);
		before = ", ";
	}
	if (before[0] == '\0')
		add(text, size, "no VRRP instance");
}

void launcher_status_words(const struct launcher *launcher, char *text, size_t size)
{
	text[0] = '\0';
	if (launcher->stopping && !launcher->was_ready && launcher->status.refused) {
		add(text, size, "stopping: the configuration is refused");
		return;
	}
	if (launcher->stopping || !launcher->was_ready) {
		add(text, size,
			launcher->stopping ? "stopping: giving addresses up"
					   : "starting: no configuration is in force yet");
		return;
	}
	add_instances(text, size, &launcher->status.vrrp);
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		uint32_t restarts = launcher->children[process].restarts;
		if (restarts > 0)
			add(text, size, "; %s restarted %u time%s",
				proto_process_name((enum proto_process)process), restarts,
				restarts == 1 ? "" : "s");
	}
	if (launcher->status.refused)
		add(text, size,
			"; the configuration read last was refused, the one before is in force");
	if (launcher->nurseries[0].fd == -1)
		add(text, size, "; no script can be started any more");
}

void launcher_status_ready(struct launcher_status *status)
{
	status->ready_owed = true;
}

/* False when there was no room for it now. */
static bool say(const struct launcher *launcher, const char *text)
{
	if (notify_send_fd(launcher->notify_fd, text, -1) == 0)
		return true;
	if (errno == EAGAIN)
		return false;
	log_warn("service manager");
	return true;
}

static bool say_ready(struct launcher *launcher)
{
	char text[64];

	if (!launcher->status.ready_owed || launcher->stopping)
		return true;
	snprintf(text, sizeof(text), "READY=1\nMAINPID=%d", (int)getpid());
	launcher->status.ready_owed = !say(launcher, text);
	return !launcher->status.ready_owed;
}

static bool say_status(struct launcher *launcher)
{
	struct launcher_status *status = &launcher->status;
	char text[sizeof(status->text)];
	char message[sizeof(text) + sizeof("STATUS=")];

	launcher_status_words(launcher, text, sizeof(text));
	if (strcmp(text, status->text) == 0)
		return true;
	snprintf(message, sizeof(message), "STATUS=%s", text);
	if (!say(launcher, message))
		return false;
	memcpy(status->text, text, sizeof(text));
	return true;
}

void launcher_status_run(struct launcher *launcher, uint64_t now_ns)
{
	struct launcher_status *status = &launcher->status;

	if (launcher->notify_fd == -1)
		return;
	if (now_ns >= status->again_ns) {
		bool taken = say_ready(launcher) && say_status(launcher);
		status->again_ns = taken ? 0 : now_ns + AGAIN_NS;
	}
	if (status->period_ns == 0 || now_ns < status->next_ns)
		return;
	status->next_ns = now_ns + status->period_ns;
	if (launcher->nurseries[0].fd != -1 || launcher->stopping)
		notify_send(launcher->notify_fd, "WATCHDOG=1");
}
