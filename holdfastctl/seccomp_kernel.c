#include "holdfastctl/seccomp_kernel.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US 100000.0
/* Above the processes of the suite: one that is stopped must not wait for us while others run. */
#define PRIORITY 10

int kernel_sandbox_read(pid_t pid, struct kernel_sandbox *sandbox)
{
	char path[64];
	char line[256];

	*sandbox = (struct kernel_sandbox){-1, -1, -1};
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "Seccomp:", 8) == 0)
			sandbox->mode = (int)strtol(line + 8, NULL, 10);
		else if (strncmp(line, "Seccomp_filters:", 16) == 0)
			sandbox->filters = (int)strtol(line + 16, NULL, 10);
		else if (strncmp(line, "NoNewPrivs:", 11) == 0)
			sandbox->no_new_privs = (int)strtol(line + 11, NULL, 10);
	}
	fclose(file);
	return 0;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int wait_for_stop(pid_t pid, double begun_us)
{
	const struct timespec moment = {.tv_nsec = 20000};
	int status;

	for (;;) {
		pid_t result = waitpid(pid, &status, WNOHANG | __WALL);
		if (result == -1)
			return -1;
		if (result == pid && WIFSTOPPED(status))
			return 0;
		if (result == pid) {
			errno = ESRCH;
			return -1;
		}
		if (now_us() - begun_us > PATIENCE_US) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&moment, NULL);
	}
}

/* The process is stopped. */
static int get_filters(pid_t pid, struct kernel_filters *filters)
{
	for (filters->count = 0; filters->count < KERNEL_FILTERS_MAX; filters->count++) {
		struct kernel_filter *filter = &filters->list[filters->count];
		/* The library's ptrace() would want the number as an address. */
		long count = syscall(SYS_ptrace, PTRACE_SECCOMP_GET_FILTER, (long)pid,
			filters->count, filter->code);
		if (count == -1 && (errno == ENOENT || (errno == EINVAL && filters->count == 0)))
			return 0; /* that was the last one; there is none */
		if (count == -1) {
			errno = errno == EIO ? ENOSYS : errno;
			return -1;
		}
		filter->count = (size_t)count;
	}
	return 0;
}

static int seize(pid_t pid, struct kernel_filters *filters)
{
	double begun_us = now_us();

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == -1)
		return -1;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == -1 || wait_for_stop(pid, begun_us) == -1)
		return -1; /* let go of at our end */
	int result = get_filters(pid, filters);
	int saved = errno;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	filters->stopped_us = now_us() - begun_us;
	errno = saved;
	return result;
}

int kernel_filters_read(pid_t pid, struct kernel_filters *filters)
{
	const struct sched_param urgent = {.sched_priority = PRIORITY}, ordinary = {0};

	memset(filters, 0, sizeof(*filters)); /* no page is missing when it counts */
	bool raised = sched_setscheduler(0, SCHED_FIFO, &urgent) == 0;
	int result = seize(pid, filters);
	int saved = errno;
	if (raised)
		sched_setscheduler(0, SCHED_OTHER, &ordinary);
	errno = saved;
	return result;
}
