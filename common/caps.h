/* Users and capabilities. libcap-ng sets them; caps_get() reads them back from the kernel by
 * itself, so that the proof does not rest on what is proved. Sets are bit masks of 1 << CAP_… */
#ifndef HOLDFAST_CAPS_H
#define HOLDFAST_CAPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CAPS_BIT(cap) (UINT64_C(1) << (cap))

/* The five sets of this process. */
struct caps_sets {
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t bounding;
	uint64_t ambient;
};

/* Reads them from the kernel. 0, or -1 with errno. */
int caps_get(struct caps_sets *sets);

/* Sets effective, permitted and inheritable. 0, or -1 with errno. */
int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable);

int caps_clear_ambient(void);

/* Takes everything but capabilities out of the bounding set. Needs CAP_SETPCAP. 0, or -1 with
 * errno.
 */
int caps_reduce_bounding(uint64_t capabilities);

/* In a child of the launcher, between fork and exec: no supplementary group, the ids, bounding set
 * reduced to capabilities, and exactly these permitted, inheritable and ambient, so that they pass
 * over exec. Needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP. 0, or -1
 * with errno. */
int caps_prepare_exec(uid_t uid, gid_t gid, uint64_t capabilities);

/* For a process that executes its own successor: exactly these capabilities, which it has,
 * permitted, inheritable and ambient, so that they pass over exec. 0, or -1 with errno. */
int caps_pass_on(uint64_t capabilities);

/* For the launcher itself: from root, or from uid itself with ambient capabilities as a service
 * manager starts it, to exactly these capabilities effective and permitted, and them alone in the
 * bounding set; nothing inheritable or ambient. Returns 0; or -1 with errno, EPERM with *missing
 * holding the capabilities that the process would need and does not have (0 otherwise). */
int caps_drop_root(uid_t uid, gid_t gid, uint64_t capabilities, uint64_t *missing);

/* Writes "CAP_NET_ADMIN CAP_NET_RAW" or "none" for a set; cut to size. */
void caps_describe(uint64_t set, char *text, size_t size);

#endif
