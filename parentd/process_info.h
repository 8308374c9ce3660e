/* What the kernel says about a process of the suite, from /proc/PID. */
#ifndef HOLDFAST_PROCESS_INFO_H
#define HOLDFAST_PROCESS_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_info {
	uid_t uid;
	gid_t gid;
	uint64_t capabilities; /* effective, bits 1 << CAP_… */
	bool no_new_privs;
	unsigned seccomp; /* 0 none, 2 a filter */
	uint64_t rss_kib;
	uint64_t anon_kib, file_kib, shmem_kib; /* parts of it */
	uint64_t cpu_us;                        /* user and system time */
	double uptime_s;
};

/* Returns 0, or -1 with errno. */
int process_info_read(pid_t pid, struct process_info *info);

#endif
