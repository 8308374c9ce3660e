/* Commands that other programs of the suite carry out. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdfastctl/command.h"

/* The first of places, which are relative to this program, where there is one; otherwise installed.
 */
static void find_program(const char *const *places, const char *installed, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	strlcpy(path, installed, size);
	if (length <= 0)
		return;
	self[length] = '\0';
	const char *directory = dirname(self);
	for (; *places != NULL; places++) {
		char candidate[PATH_MAX + 32];
		snprintf(candidate, sizeof(candidate), "%s/%s", directory, *places);
		if (access(candidate, X_OK) == 0) {
			strlcpy(path, candidate, size);
			return;
		}
	}
}

/* Becomes the program at path, with this option before the arguments. */
static int become(char *path, const char *option, char **arguments)
{
	char first[16];
	size_t count = 0;

	while (arguments[count] != NULL)
		count++;
	char **argv = calloc(count + 3, sizeof(*argv));
	if (argv == NULL)
		return CTL_UNREACHABLE;
	strlcpy(first, option, sizeof(first));
	argv[0] = path;
	argv[1] = first;
	memcpy(argv + 2, arguments, count * sizeof(*argv));
	execvp(path, argv);
	fprintf(stderr, "holdfastctl: %s: %s\n", path, strerror(errno));
	free(argv);
	return CTL_UNREACHABLE;
}

static int run_check(const struct ctl_call *call)
{
	/* beside this one in a build tree, in sbin beside bin when installed */
	static const char *const places[] = {"holdfast", "../sbin/holdfast", NULL};
	char path[PATH_MAX + 32];

	find_program(places, "holdfast", path, sizeof(path));
	return become(path, "-t", call->arguments);
}

static int run_digest(const struct ctl_call *call)
{
	static const char *const places[] = {
		"libexec/checkerd", "../libexec/holdfast/checkerd", NULL};
	char path[PATH_MAX + 32];

	find_program(places, HOLDFAST_LIBEXECDIR "/checkerd", path, sizeof(path));
	return become(path, "--digest", call->arguments);
}

const struct ctl_command check_command = {
	.name = "check",
	.arguments = "FILE…",
	.arguments_min = 1,
	.arguments_max = INT_MAX,
	.summary = "what `holdfast -t` says of these files, without the daemon",
	.help = "Exit status: 0 no errors, 4 a file cannot be read, 5 errors, 6 script security.\n",
	.run = run_check,
};

const struct ctl_command digest_command = {
	.name = "digest",
	.arguments = "[OPTION]… URL",
	.arguments_max = INT_MAX,
	.summary = "the digest of a page for HTTP_GET or SSL_GET",
	.foreign = true,
	.run = run_digest,
};
