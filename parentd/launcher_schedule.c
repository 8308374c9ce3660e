#include "parentd/launcher_schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "parentd/launcher.h"

/* Above the lowest real-time priority. */
#define ABOVE_PARENT   0
#define ABOVE_VRRP     1
#define ABOVE_LAUNCHER 2

/* Longest time any of them may run on a processor without waiting for anything: a loop must not
 * take the machine with it. */
#define RUN_MAX_US 2000000

#define NICE_MOST (-20)

static int become_real_time(int policy, int above)
{
	struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR) + above};
	struct rlimit run = {RUN_MAX_US, RUN_MAX_US};

	if (setrlimit(RLIMIT_RTTIME, &run) == -1)
		return -1;
	return sched_setscheduler(0, policy, &param);
}

void launcher_schedule_self(void)
{
	if (become_real_time(SCHED_RR, ABOVE_LAUNCHER) == 0)
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

/* The child has inherited what the launcher has. What it might start itself would not. */
void launcher_schedule_child(const struct launcher_child *child)
{
	if (!child->trying && child->process == PROTO_VRRP)
		become_real_time(SCHED_RR | SCHED_RESET_ON_FORK, ABOVE_VRRP);
	else if (!child->trying && child->process == PROTO_PARENT)
		become_real_time(SCHED_RR | SCHED_RESET_ON_FORK, ABOVE_PARENT);
	else if (become_ordinary() == -1)
		log_warn("priority of %s", proto_process_name(child->process));
}

/* A service that is spared when memory runs out: not so its scripts. */
static int be_found_by_oom_killer(void)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

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
	if (become_ordinary() == -1)
		log_warn("priority of scripts");
	if (be_found_by_oom_killer() == -1)
		log_warn("oom_score_adj of scripts");
}
