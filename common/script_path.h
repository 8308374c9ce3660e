/* The path of a program, looked at as execve(2) would walk it: is it there, may a user execute it,
 * and can anybody but root change what it leads to. Every folder and link on the way is held open
 * while the next one is looked up in it, so that what is judged is what was found. */
#ifndef HOLDFAST_SCRIPT_PATH_H
#define HOLDFAST_SCRIPT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What scripts have as PATH, and what a name without a slash is looked for in. */
#define SCRIPT_PATH_SEARCHED "/usr/sbin:/usr/bin:/sbin:/bin"

#define SCRIPT_PATH_LEN 1024

enum script_path_found {
	SCRIPT_PATH_FOUND,
	SCRIPT_PATH_MISSING, /* part is not there; error says why */
	SCRIPT_PATH_UNSEEN,  /* we ourselves may not look into part */
};

/* One part of the way as it was found. */
struct script_path_part {
	char path[SCRIPT_PATH_LEN];
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

struct script_path {
	enum script_path_found found;
	int error;
	char part[SCRIPT_PATH_LEN]; /* MISSING, UNSEEN */
	bool blocked;               /* the user may not pass or execute barrier */
	bool perhaps;               /* unless an access control list allows it */
	struct script_path_part barrier;
	bool unsafe; /* somebody else than root can change it, by way of weak */
	struct script_path_part weak;
	bool set_id; /* the file has a set-user-ID or set-group-ID bit */
};

/* path is absolute. The user is known by these ids alone, without supplementary groups. */
void script_path_examine(const char *path, uid_t uid, gid_t gid, struct script_path *result);

/* Where a name without a slash is found by PATH; false: nowhere. */
bool script_path_search(const char *name, char path[SCRIPT_PATH_LEN]);

/* Why it is unsafe: "/opt/x belongs to user 1000 (mode 0755)". */
void script_path_weakness(const struct script_path *result, char *text, size_t size);

#endif
