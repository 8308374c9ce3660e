#include "common/caps.h"

#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers that the kernel knows end where PR_CAPBSET_READ says EINVAL. */
#define CAPS_END 64

static int header_call(long call, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	return (int)syscall(call, &header, data);
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

int caps_get(struct caps_sets *sets)
{
	struct __user_cap_data_struct data[2];
	if (header_call(SYS_capget, data) == -1)
		return -1;
	*sets = (struct caps_sets){
		.effective = join(data[0].effective, data[1].effective),
		.permitted = join(data[0].permitted, data[1].permitted),
		.inheritable = join(data[0].inheritable, data[1].inheritable),
	};
	for (int cap = 0; cap < CAPS_END; cap++) {
		int bounding = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (bounding == -1)
			break;
		if (bounding == 1)
			sets->bounding |= CAPS_BIT(cap);
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			sets->ambient |= CAPS_BIT(cap);
	}
	return 0;
}

/* Adds the capabilities of a set to libcap-ng's picture of these types. */
static void choose(unsigned types, uint64_t capabilities)
{
	for (unsigned cap = 0; cap < CAPS_END; cap++) {
		if ((capabilities & CAPS_BIT(cap)) != 0)
			capng_update(CAPNG_ADD, (capng_type_t)types, cap);
	}
}

/* libcap-ng has codes of its own where a caller wants errno. */
static int apply(capng_select_t sets)
{
	errno = 0;
	if (capng_apply(sets) == 0)
		return 0;
	if (errno == 0)
		errno = EPERM;
	return -1;
}

int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	capng_clear(CAPNG_SELECT_CAPS);
	choose(CAPNG_EFFECTIVE, effective);
	choose(CAPNG_PERMITTED, permitted);
	choose(CAPNG_INHERITABLE, inheritable);
	return apply(CAPNG_SELECT_CAPS);
}

static int set_ambient(uint64_t capabilities)
{
	capng_clear(CAPNG_SELECT_AMBIENT);
	choose(CAPNG_AMBIENT, capabilities);
	return apply(CAPNG_SELECT_AMBIENT);
}

int caps_clear_ambient(void)
{
	return set_ambient(0);
}

int caps_reduce_bounding(uint64_t capabilities)
{
	capng_clear(CAPNG_SELECT_BOUNDS);
	choose(CAPNG_BOUNDING_SET, capabilities);
	return apply(CAPNG_SELECT_BOUNDS);
}

static int change_ids(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
		setresuid(uid, uid, uid) == -1)
		return -1;
	return 0;
}

int caps_pass_on(uint64_t capabilities)
{
	if (caps_set(capabilities, capabilities, capabilities) == -1 ||
		set_ambient(capabilities) == -1)
		return -1;
	return 0;
}

int caps_prepare_exec(uid_t uid, gid_t gid, uint64_t capabilities)
{
	/* A launcher that runs as root (tests) would lose everything with its uid. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || change_ids(uid, gid) == -1)
		return -1;
	uint64_t working = capabilities | CAPS_BIT(CAP_SETPCAP);
	if (caps_set(working, working, capabilities) == -1 ||
		caps_reduce_bounding(capabilities) == -1)
		return -1;
	return caps_pass_on(capabilities);
}

/* Has this process other ids or groups than it is to have? */
static bool ids_differ(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];
	if (getresuid(&uids[0], &uids[1], &uids[2]) == -1 ||
		getresgid(&gids[0], &gids[1], &gids[2]) == -1)
		return true;
	for (int i = 0; i < 3; i++) {
		if (uids[i] != uid || gids[i] != gid)
			return true;
	}
	return getgroups(0, NULL) != 0;
}

int caps_drop_root(uid_t uid, gid_t gid, uint64_t capabilities, uint64_t *missing)
{
	struct caps_sets have;
	*missing = 0;
	if (caps_get(&have) == -1)
		return -1;
	bool change = ids_differ(uid, gid);
	uint64_t needed = capabilities | CAPS_BIT(CAP_SETPCAP);
	if (change)
		needed |= CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID);
	*missing = needed & ~have.permitted;
	if (*missing != 0) {
		errno = EPERM;
		return -1;
	}
	if (caps_set(needed, have.permitted, have.inheritable) == -1)
		return -1;
	if (change && (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || change_ids(uid, gid) == -1))
		return -1;
	if (caps_set(needed, needed, 0) == -1 || caps_reduce_bounding(capabilities) == -1 ||
		caps_set(capabilities, capabilities, 0) == -1 || caps_clear_ambient() == -1)
		return -1;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

/* "CAP_NET_ADMIN"; a number where this library has no name for it yet. */
static void describe_one(unsigned cap, char *text, size_t size)
{
	const char *name = capng_capability_to_name(cap);

	if (name == NULL)
		snprintf(text, size, "CAP_%u", cap);
	else
		snprintf(text, size, "CAP_%s", name);
	for (; *text != '\0'; text++)
		*text = (char)toupper((unsigned char)*text);
}

void caps_describe(uint64_t set, char *text, size_t size)
{
	size_t length = 0;
	snprintf(text, size, "none");
	for (unsigned cap = 0; cap < CAPS_END && length < size; cap++) {
		char name[32];
		if ((set & CAPS_BIT(cap)) == 0)
			continue;
		describe_one(cap, name, sizeof(name));
		int wrote =
			snprintf(text + length, size - length, "%s%s", length > 0 ? " " : "", name);
		length += wrote > 0 ? (size_t)wrote : 0;
	}
}
