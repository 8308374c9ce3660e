/* Landlock by its system calls; the C library has no functions for it. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sandbox.h"

/* The kernel's interface (its header may be older than the kernel that this runs on). */
struct ruleset_attr {
	uint64_t handled_access_fs; /* members that later kernels added are not used */
};
struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1

#define FS_EXECUTE    (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE  (UINT64_C(1) << 2)
#define FS_READ_DIR   (UINT64_C(1) << 3)
#define FS_TRUNCATE   (UINT64_C(1) << 14)

/* Rights that each version of the interface knows, as a mask. */
static uint64_t known_rights(int abi)
{
	unsigned bits = 13;
	if (abi >= 2)
		bits = 14; /* REFER */
	if (abi >= 3)
		bits = 15; /* TRUNCATE */
	if (abi >= 5)
		bits = 16; /* IOCTL_DEV */
	return (UINT64_C(1) << bits) - 1;
}

/* Rights that make sense on a plain file. */
#define FILE_RIGHTS (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

static uint64_t wanted_rights(const struct sandbox_path *path, uint64_t known)
{
	uint64_t rights = FS_READ_FILE | FS_READ_DIR;
	if (path->exec)
		rights |= FS_EXECUTE;
	if (path->write)
		rights = known & ~(path->exec ? 0 : FS_EXECUTE);
	return rights & known;
}

static int add_path(int ruleset, const struct sandbox_path *path, uint64_t known)
{
	int fd = open(path->path, O_PATH | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		log_debug("sandbox: %s does not exist and stays out of sight", path->path);
		return 0;
	}
	if (fd == -1)
		return -1;
	struct path_beneath_attr attr = {wanted_rights(path, known), fd};
	long result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0);
	if (result == -1 && errno == EINVAL) {
		/* A file, which directory rights do not fit. */
		attr.allowed_access &= FILE_RIGHTS;
		result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0);
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return result == -1 ? -1 : 0;
}

static int restrict_self(int ruleset, const struct sandbox_path *paths, size_t count, int abi)
{
	for (size_t i = 0; i < count; i++) {
		if (add_path(ruleset, &paths[i], known_rights(abi)) == -1)
			return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == -1 ? -1 : 0;
}

int sandbox_landlock(enum sandbox_mode mode, const struct sandbox_path *paths, size_t count)
{
	if (mode != SANDBOX_ENFORCE)
		return 0;
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	if (abi == -1 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
		log_info("sandbox: Landlock is not offered by this kernel");
		return 0;
	}
	if (abi == -1)
		return -1;
	struct ruleset_attr attr = {.handled_access_fs = known_rights(abi)};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset == -1)
		return -1;
	int result = restrict_self(ruleset, paths, count, abi);
	int saved = errno;
	close(ruleset);
	errno = saved;
	return result;
}
