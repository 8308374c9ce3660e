#include "runner/groups.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/fds.h"
#include "common/log.h"
#include "runner/nursery_message.h"
#include "runner/run_queue.h"

struct page {
	int32_t groups[RUNS_AT_ONCE]; /* 0: none */
};

_Static_assert(sizeof(struct page) <= RUNNER_PAGE_SIZE, "page of a runner");

/* NULL: there is none */
static volatile struct page *page;

/* A number is not given to a new process as long as a group has it, so this reaches members of that
 * group or nobody. */
static void end_leftovers(void)
{
	for (int i = 0; i < RUNS_AT_ONCE; i++) {
		pid_t group = page->groups[i];
		page->groups[i] = 0;
		if (group > 1 && kill(-group, SIGKILL) == 0)
			log_warnx("killed what was left of script %d, whose runner had died",
				(int)group);
	}
}

void groups_open(void)
{
	struct stat status;

	if (fstat(FD_STATE_PAGE, &status) == -1 || status.st_size != RUNNER_PAGE_SIZE)
		return;
	void *mapped =
		mmap(NULL, RUNNER_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, FD_STATE_PAGE, 0);
	if (mapped == MAP_FAILED) {
		log_warn("page of the runner");
		return;
	}
	page = mapped;
	end_leftovers();
}

static void replace(pid_t from, pid_t to)
{
	for (int i = 0; page != NULL && i < RUNS_AT_ONCE; i++) {
		if (page->groups[i] == from) {
			page->groups[i] = to;
			return;
		}
	}
}

void groups_add(pid_t group)
{
	replace(0, group);
}

void groups_remove(pid_t group)
{
	replace(group, 0);
}
