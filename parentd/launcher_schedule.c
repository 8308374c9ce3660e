#include "parentd/launcher_schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "parentd/launcher.h"

/* Of SCHED_RR: what Linux has as its lowest real-time priority, and how far above it who is. */
#define LOWEST         1
#define ABOVE_PARENT   0
#define ABOVE_VRRP     1
#define ABOVE_LAUNCHER 2

/* Longest time any of them may run on a processor without waiting for anything: a loop must not
 * take the machine with it. */
#define RUN_MAX_US 2000000

#define NICE_MOST (-20)

/* A service manager may have started it so, and forbid to ask for it; then the priority alone may
 * still be chosen. */
static int become_real_time(int above)
{
	const struct sched_param param = {.sched_priority = LOWEST + above};
	const struct rlimit run = {RUN_MAX_US, RUN_MAX_US};

	if (setrlimit(RLIMIT_RTTIME, &run) == -1)
		return -1;
	return sched_setparam(0, &param) == 0 ? 0 : sched_setscheduler(0, SCHED_RR, &param);
}

void launcher_schedule_self(void)
{
	if (become_real_time(ABOVE_LAUNCHER) == 0)
		return;
	int reason = errno;
	int failed = setpriority(PRIO_PROCESS, 0, NICE_MOST);
	log_info("no real-time priority from this kernel (%s)%s", strerror(reason),
		failed == 0 ? ", but the highest ordinary one" : "");
}

static int become_ordinary(void)
{
	static const struct sched_param ordinary = {0};

	return sched_setscheduler(0, SCHED_OTHER, &ordinary) == -1
		       ? -1
		       : setpriority(PRIO_PROCESS, 0, 0);
}

/* To be less urgent than what one has inherited needs no right; nor does a real-time priority that
 * the launcher does not have itself come of this. */
static void be_less_urgent(int above)
{
	const struct sched_param param = {.sched_priority = LOWEST + above};

	if (sched_setparam(0, &param) == -1)
		log_debug("real-time priority: %s", strerror(errno));
}

/* The child has inherited what the launcher has. (It can start nothing itself.) */
void launcher_schedule_child(const struct launcher_child *child)
{
	if (!child->trying && child->process == PROTO_VRRP)
		be_less_urgent(ABOVE_VRRP);
	else if (!child->trying && child->process == PROTO_PARENT)
		be_less_urgent(ABOVE_PARENT);
	else if (become_ordinary() == -1)
		log_warn("priority of %s", proto_process_name(child->process));
}

/* A service that is spared when memory runs out: not so its scripts. */
static int be_found_by_oom_killer(void)
{
	char text[16] = "";
	int fd;

	/* Else the file is root's, since this process has had other ids than when it started. The
	 * program that it is about to become begins anew with that. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		return -1;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	if (length > 0 && strtol(text, NULL, 10) < 0)
		length = pwrite(fd, "0", 1, 0);
	close(fd);
	return length > 0 ? 0 : -1;
}

void launcher_schedule_scripts(void)
{
	static const struct rlimit none = {0, 0};

	if (become_ordinary() == -1)
		log_warn("priority of scripts");
	/* The launcher may have been granted it by this limit; no script is. */
	if (setrlimit(RLIMIT_RTPRIO, &none) == -1)
		log_warn("real-time priority of scripts");
	if (be_found_by_oom_killer() == -1)
		log_warn("oom_score_adj of scripts");
}
