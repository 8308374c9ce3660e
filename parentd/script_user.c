#include "parentd/script_user.h"

#include "conf/command.h"

bool script_user(const struct conf *conf, const struct conf_command *command,
	struct runner_user *user, char *why, size_t size)
{
	const char *name = conf_command_user(conf, command, &user->uid, &user->gid, why, size);

	if (name == NULL)
		return false;
	proto_string_set(user->name, sizeof(user->name), name);
	return true;
}
