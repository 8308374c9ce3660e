#include "parentd/launcher_test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"

/* The user that parentd would read the files as. On a machine where the suite's users do not exist
 * yet, nobody: a file that it cannot read is worth knowing of, too. */
static int become_unprivileged(void)
{
	const struct passwd *user = getpwnam(suite_user_name(PROTO_PARENT));

	if (geteuid() != 0)
		return 0;
	if (user == NULL)
		user = getpwnam("nobody");
	if (user == NULL || user->pw_uid == 0) {
		errno = ENOENT;
		return -1;
	}
	if (setgroups(0, NULL) == -1 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == -1 ||
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == -1)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* parentd --config-test [--lenient] [--config-id ID] [--] FILE… */
static const char **make_arguments(struct launcher *launcher, char **argv)
{
	const struct launcher_options *options = launcher->options;
	const char **arguments = calloc((size_t)options->test_files + 8, sizeof(*arguments));
	size_t count = 0;

	if (arguments == NULL)
		return NULL;
	arguments[count++] = "parentd";
	arguments[count++] = "--config-test";
	if (options->lenient)
		arguments[count++] = "--lenient";
	if (options->allow_root_scripts)
		arguments[count++] = "--allow-root-scripts";
	if (options->config_id != NULL) {
		arguments[count++] = "--config-id";
		arguments[count++] = options->config_id;
	}
	if (options->test_file != NULL)
		arguments[count++] = options->test_file;
	else if (options->test_files == 0)
		arguments[count++] = launcher->config;
	for (int i = 0; i < options->test_files; i++)
		arguments[count++] = argv[options->test_first + i];
	return arguments;
}

static int execute(const struct launcher *launcher, const char **arguments)
{
	char path[PATH_MAX + 16];
	char *const *words;

	snprintf(path, sizeof(path), "%s/parentd", launcher->libexec_dir);
	int program = open(path, O_PATH | O_CLOEXEC);
	if (program == -1) {
		log_line(LOG_ERR, "%s: %s", path, strerror(errno));
		return 1;
	}
	if (become_unprivileged() == -1) {
		log_line(LOG_ERR, "cannot become user %s: %s", suite_user_name(PROTO_PARENT),
			strerror(errno));
		return 1;
	}
	memcpy(&words, &arguments, sizeof(words)); /* exec does not write to them */
	execveat(program, "", words, environ, AT_EMPTY_PATH);
	log_line(LOG_ERR, "%s: %s", path, strerror(errno));
	return 1;
}

int launcher_test_exec(struct launcher *launcher, char **argv)
{
	const char **arguments = make_arguments(launcher, argv);

	if (arguments == NULL) {
		log_line(LOG_ERR, "configuration test: %s", strerror(errno));
		return 1;
	}
	int status = execute(launcher, arguments);
	free(arguments);
	return status;
}
