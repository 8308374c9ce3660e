#include "runner/nursery_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/log.h"
#include "runner/nursery_denials.h"

#define OWN (CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID))

static void load_filter(enum sandbox_mode mode, bool for_root)
{
	if (mode == SANDBOX_OFF)
		return;
	scmp_filter_ctx filter = nursery_filter_new(mode, for_root);
	if (filter == NULL)
		fatal("nursery: system call filter");
	int result = seccomp_load(filter);
	seccomp_release(filter);
	if (result != 0) {
		errno = -result;
		fatal("nursery: system call filter");
	}
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		fatalx("nursery: the system call filter is not in force");
}

static void reduce_capabilities(void)
{
	struct caps_sets sets;

	/* With an empty bounding set nothing that it executes can have a capability. */
	if (caps_reduce_bounding(0) == -1 || caps_set(OWN, OWN, 0) == -1 ||
		caps_clear_ambient() == -1 || caps_get(&sets) == -1)
		fatal("nursery: capabilities");
	if (sets.permitted != OWN || sets.effective != OWN || sets.bounding != 0 ||
		sets.inheritable != 0 || sets.ambient != 0)
		fatalx("nursery: it has other capabilities than it should");
}

void nursery_sandbox_enter(enum sandbox_mode mode, bool for_root)
{
	if (getuid() == 0 || geteuid() == 0 || getgroups(0, NULL) != 0)
		fatalx("nursery: it must not be root or have groups");
	if (for_root) {
		if (caps_clear_ambient() == -1)
			fatal("nursery: capabilities");
	} else {
		reduce_capabilities();
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		fatal("nursery: no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("nursery: dumpable");
	load_filter(mode, for_root);
}

static int verify(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3], group;
	struct caps_sets sets;

	if (getresuid(&uids[0], &uids[1], &uids[2]) == -1 ||
		getresgid(&gids[0], &gids[1], &gids[2]) == -1 || getgroups(1, &group) != 1 ||
		group != gid || caps_get(&sets) == -1)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (uids[i] != uid || gids[i] != gid)
			return -1;
	}
	if (uid == 0)
		return 0;
	return (sets.permitted | sets.effective | sets.bounding | sets.inheritable |
		       sets.ambient) == 0
		       ? 0
		       : -1;
}

int nursery_become(unsigned uid, unsigned gid)
{
	const gid_t group = gid;
	struct caps_sets sets;

	if (setgroups(1, &group) == -1 || setresgid(gid, gid, gid) == -1)
		return -1;
	/* Only a nursery for root has a bounding set left, and it may change that. */
	if (uid != 0 &&
		(caps_get(&sets) == -1 || (sets.bounding != 0 && caps_reduce_bounding(0) == -1)))
		return -1;
	if (setresuid(uid, uid, uid) == -1)
		return -1;
	if (uid != 0 && (caps_set(0, 0, 0) == -1 || caps_clear_ambient() == -1))
		return -1;
	if (verify(uid, gid) == 0)
		return 0;
	errno = EPERM;
	return -1;
}
