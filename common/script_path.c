#include "common/script_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as in the kernel */

/* Under way. */
struct walk {
	struct script_path *result;
	uid_t uid;
	gid_t gid;
	int folder;                 /* where we are; O_PATH */
	char here[SCRIPT_PATH_LEN]; /* its path, without links; "" for the root */
	char rest[SCRIPT_PATH_LEN]; /* still to go, without a slash in front */
	unsigned links;
};

static void note(struct script_path_part *part, const char *path, const struct stat *status)
{
	strlcpy(part->path, path[0] != '\0' ? path : "/", sizeof(part->path));
	part->uid = status->st_uid;
	part->gid = status->st_gid;
	part->mode = status->st_mode & 07777;
}

/* Links have no mode of their own; who may replace one is the folder's affair. */
static bool is_weak(const struct stat *status)
{
	if (status->st_uid != 0)
		return true;
	if (S_ISLNK(status->st_mode))
		return false;
	return (status->st_mode & S_IWOTH) != 0 ||
	       (status->st_gid != 0 && (status->st_mode & S_IWGRP) != 0);
}

static void judge_weakness(struct walk *walk, const char *path, const struct stat *status)
{
	if (walk->result->unsafe || !is_weak(status))
		return;
	walk->result->unsafe = true;
	note(&walk->result->weak, path, status);
}

/* Folders are passed and files executed by the same bits. */
static bool may_execute(const struct walk *walk, const struct stat *status)
{
	if (walk->uid == 0)
		return S_ISDIR(status->st_mode) ||
		       (status->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	if (status->st_uid == walk->uid)
		return (status->st_mode & S_IXUSR) != 0;
	if (status->st_gid == walk->gid)
		return (status->st_mode & S_IXGRP) != 0;
	return (status->st_mode & S_IXOTH) != 0;
}

/* Where there is an access control list, the group's bits are what it may allow at most. */
static bool list_may_allow(const struct walk *walk, const struct stat *status)
{
	return walk->uid != 0 && status->st_uid != walk->uid && (status->st_mode & S_IXGRP) != 0;
}

static void judge_permission(struct walk *walk, const char *path, const struct stat *status)
{
	if (walk->result->blocked || may_execute(walk, status))
		return;
	walk->result->blocked = true;
	walk->result->perhaps = list_may_allow(walk, status);
	note(&walk->result->barrier, path, status);
}

/* The way ends here. Returns false. */
static bool fail(struct walk *walk, const char *path, int error)
{
	walk->result->found = error == EACCES ? SCRIPT_PATH_UNSEEN : SCRIPT_PATH_MISSING;
	walk->result->error = error;
	strlcpy(walk->result->part, path[0] != '\0' ? path : "/", sizeof(walk->result->part));
	return false;
}

/* Begins at the root, also when an absolute link leads there again. */
static bool enter_root(struct walk *walk)
{
	struct stat status;

	if (walk->folder != -1)
		close(walk->folder);
	walk->here[0] = '\0';
	walk->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk->folder == -1 || fstat(walk->folder, &status) == -1)
		return fail(walk, "/", errno);
	judge_weakness(walk, "/", &status);
	return true;
}

/* Puts where a link leads in front of what is still to go. */
static bool follow(struct walk *walk, int link, const char *path)
{
	char target[SCRIPT_PATH_LEN], joined[SCRIPT_PATH_LEN];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);

	if (length == -1 || ++walk->links > LINKS_MAX)
		return fail(walk, path, length == -1 ? errno : ELOOP);
	target[length] = '\0';
	if ((size_t)snprintf(joined, sizeof(joined), "%s%s%s", target,
		    walk->rest[0] != '\0' ? "/" : "", walk->rest) >= sizeof(joined))
		return fail(walk, path, ENAMETOOLONG);
	strlcpy(walk->rest, joined + strspn(joined, "/"), sizeof(walk->rest));
	return target[0] != '/' || enter_root(walk);
}

static bool is_last(const struct walk *walk)
{
	return walk->rest[0] == '\0';
}

/* Looks at one part; takes over fd. Returns false when the way ends: at the file, or too early. */
static bool take_part(struct walk *walk, int fd, const char *path)
{
	struct stat status;
	bool more = true;

	if (fstat(fd, &status) == -1) {
		more = fail(walk, path, errno);
		close(fd);
		return more;
	}
	judge_weakness(walk, path, &status);
	if (S_ISLNK(status.st_mode)) {
		more = follow(walk, fd, path);
		close(fd);
		return more;
	}
	judge_permission(walk, path, &status);
	if (S_ISDIR(status.st_mode) && !is_last(walk)) {
		close(walk->folder);
		walk->folder = fd;
		strlcpy(walk->here, path, sizeof(walk->here));
		return true;
	}
	close(fd);
	if (S_ISDIR(status.st_mode))
		return fail(walk, path, EISDIR);
	if (!is_last(walk))
		return fail(walk, path, ENOTDIR);
	if (!S_ISREG(status.st_mode))
		return fail(walk, path, EINVAL);
	walk->result->set_id = (status.st_mode & (S_ISUID | S_ISGID)) != 0;
	return false;
}

/* The next name on the way; false when there is none. */
static bool next_name(struct walk *walk, char name[SCRIPT_PATH_LEN])
{
	size_t length = strcspn(walk->rest, "/");

	memcpy(name, walk->rest, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + length, strlen(walk->rest + length) + 1);
	memmove(walk->rest, walk->rest + strspn(walk->rest, "/"),
		strlen(walk->rest + strspn(walk->rest, "/")) + 1);
	return length > 0;
}

/* Where a name leads from here; ".." is the folder above, as the kernel has it. */
static void join(const struct walk *walk, const char *name, char path[SCRIPT_PATH_LEN])
{
	if (strcmp(name, "..") == 0) {
		strlcpy(path, walk->here, SCRIPT_PATH_LEN);
		if (strrchr(path, '/') != NULL)
			*strrchr(path, '/') = '\0';
		return;
	}
	strlcpy(path, walk->here, SCRIPT_PATH_LEN);
	if (strcmp(name, ".") == 0)
		return;
	strlcat(path, "/", SCRIPT_PATH_LEN);
	strlcat(path, name, SCRIPT_PATH_LEN);
}

static bool step(struct walk *walk)
{
	char name[SCRIPT_PATH_LEN], path[SCRIPT_PATH_LEN];

	if (!next_name(walk, name))
		return fail(walk, walk->here, EISDIR);
	join(walk, name, path);
	int fd = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return fail(walk, errno == EACCES ? walk->here : path, errno);
	return take_part(walk, fd, path);
}

void script_path_examine(const char *path, uid_t uid, gid_t gid, struct script_path *result)
{
	struct walk walk = {.result = result, .uid = uid, .gid = gid, .folder = -1};

	*result = (struct script_path){.found = SCRIPT_PATH_FOUND};
	if (strlcpy(walk.rest, path + strspn(path, "/"), sizeof(walk.rest)) >= sizeof(walk.rest)) {
		fail(&walk, path, ENAMETOOLONG);
		return;
	}
	if (!enter_root(&walk))
		return;
	while (step(&walk))
		;
	if (walk.folder != -1)
		close(walk.folder);
}

bool script_path_search(const char *name, char path[SCRIPT_PATH_LEN])
{
	static const char searched[] = SCRIPT_PATH_SEARCHED;

	for (const char *folder = searched; *folder != '\0';) {
		size_t length = strcspn(folder, ":");
		struct stat status;
		if ((size_t)snprintf(path, SCRIPT_PATH_LEN, "%.*s/%s", (int)length, folder, name) <
				SCRIPT_PATH_LEN &&
			stat(path, &status) == 0 && S_ISREG(status.st_mode))
			return true;
		folder += length + (folder[length] == ':');
	}
	return false;
}

void script_path_weakness(const struct script_path *result, char *text, size_t size)
{
	const struct script_path_part *weak = &result->weak;

	if (weak->uid != 0)
		snprintf(text, size, "%s belongs to user %u (mode %04o)", weak->path,
			(unsigned)weak->uid, (unsigned)weak->mode);
	else if ((weak->mode & S_IWOTH) != 0)
		snprintf(text, size, "everybody may write to %s (mode %04o)", weak->path,
			(unsigned)weak->mode);
	else
		snprintf(text, size, "group %u may write to %s (mode %04o)", (unsigned)weak->gid,
			weak->path, (unsigned)weak->mode);
}
