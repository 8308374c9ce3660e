/* What the kernel says of a process's system call filters. */
#ifndef HOLDFAST_CTL_SECCOMP_KERNEL_H
#define HOLDFAST_CTL_SECCOMP_KERNEL_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* From /proc/PID/status; -1 where the kernel does not say. */
struct kernel_sandbox {
	int mode; /* 2: filters are in force */
	int filters;
	int no_new_privs;
};

/* Returns 0, or -1 with errno. */
int kernel_sandbox_read(pid_t pid, struct kernel_sandbox *sandbox);

#define KERNEL_FILTERS_MAX 8

struct kernel_filter {
	size_t count;
	struct sock_filter code[BPF_MAXINSNS];
};

/* The first installed one first. */
struct kernel_filters {
	size_t count;
	double stopped_us; /* how long the process stood still for it */
	struct kernel_filter list[KERNEL_FILTERS_MAX];
};

/* Reads the programs back with PTRACE_SECCOMP_GET_FILTER, for which the process is stopped for a
 * moment. Needs root outside every filter. Returns 0, or -1 with errno: ENOSYS when this kernel
 * cannot say, ETIMEDOUT when the process did not stop within 100 ms. */
int kernel_filters_read(pid_t pid, struct kernel_filters *filters);

#endif
