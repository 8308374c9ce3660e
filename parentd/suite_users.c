#include "parentd/suite_users.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

const char *suite_user_name(enum proto_process process)
{
	switch (process) {
	case PROTO_LAUNCHER:
		return "holdfast";
	case PROTO_PARENT:
		return "holdfast-parent";
	case PROTO_VRRP:
		return "holdfast-vrrp";
	case PROTO_CHECK:
		return "holdfast-check";
	case PROTO_IPVS:
		return "holdfast-ipvs";
	case PROTO_RUNNER:
		break; /* whom the scripts belong to */
	}
	return NULL;
}

int suite_users_find(struct suite_user *users, char *missing, size_t size)
{
	missing[0] = '\0';
	for (int process = PROTO_LAUNCHER; process < PROTO_DAEMON_END; process++) {
		const char *name = suite_user_name((enum proto_process)process);
		const struct passwd *user = getpwnam(name);
		const struct group *group = getgrnam(name);
		if (user != NULL && group != NULL && user->pw_uid != 0 && group->gr_gid != 0) {
			users[process] = (struct suite_user){user->pw_uid, group->gr_gid};
			continue;
		}
		if (missing[0] != '\0')
			strlcat(missing, ", ", size);
		strlcat(missing, name, size);
	}
	return missing[0] == '\0' ? 0 : -1;
}
