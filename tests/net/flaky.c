/* Stands in the place of vrrpd: executes the real one beside it, in real/, or ends at once with
 * status 1, as a file beside it says: "dies" (but it can release), "dies connected" (it can release
 * as long as no parentd is there), "dies always". The folder is written into this program by the
 * test. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fds.h"
#include "proto/proto.h"

/* Ends by _exit(2) throughout: what a sanitizer does at exit(3), the launcher's filter does not
 * allow. */

/* volatile: what the compiler sees is not what is there in the end */
static const volatile char folder[256] = "@@@folder@@@";

static void beside(char *path, size_t size, const char *name)
{
	char copy[sizeof(folder)];

	for (size_t i = 0; i < sizeof(copy); i++)
		copy[i] = folder[i];
	snprintf(path, size, "%s/%s", copy, name);
}

static void read_mood(char *mood, size_t size)
{
	char path[512];

	beside(path, sizeof(path), "mood");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd == -1 ? -1 : read(fd, mood, size - 1);
	mood[length > 0 ? length : 0] = '\0';
}

static int is_given(char **arguments, const char *word)
{
	while (*arguments != NULL) {
		if (strcmp(*arguments++, word) == 0)
			return 1;
	}
	return 0;
}

/* The launcher sends the channel to parentd right after the start, before anything else. */
static int hears_of_a_parent(void)
{
	struct pollfd launcher = {.fd = FD_LAUNCHER, .events = POLLIN};
	const struct timespec patience = {.tv_sec = 1};
	struct proto_header header;

	return ppoll(&launcher, 1, &patience, NULL) == 1 &&
	       recv(FD_LAUNCHER, &header, sizeof(header), MSG_PEEK) == sizeof(header) &&
	       header.type == LAUNCHER_PARENT_CHANNEL;
}

int main(int argc, char **argv)
{
	char mood[32], path[512];

	(void)argc;
	read_mood(mood, sizeof(mood));
	if (strncmp(mood, "dies", 4) == 0 && !is_given(argv, "--release"))
		_exit(1);
	if (strcmp(mood, "dies always") == 0 ||
		(strcmp(mood, "dies connected") == 0 && hears_of_a_parent()))
		_exit(1);
	beside(path, sizeof(path), "real/vrrpd");
	execv(path, argv);
	_exit(2);
}
