#include "parentd/launcher_schedule.h"

#include <errno.h>
#include <sched.h>
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

/* The child has inherited what the launcher has. What it might start itself would not. */
void launcher_schedule_child(const struct launcher_child *child)
{
	static const struct sched_param ordinary = {0};

	if (!child->trying && child->process == PROTO_VRRP)
		become_real_time(SCHED_RR | SCHED_RESET_ON_FORK, ABOVE_VRRP);
	else if (!child->trying && child->process == PROTO_PARENT)
		become_real_time(SCHED_RR | SCHED_RESET_ON_FORK, ABOVE_PARENT);
	else if (sched_setscheduler(0, SCHED_OTHER, &ordinary) == -1 ||
		 setpriority(PRIO_PROCESS, 0, 0) == -1)
		log_warn("priority of %s", proto_process_name(child->process));
}
