#include "parentd/track_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum track_content track_value_parse(const char *text, size_t length, int64_t *value)
{
	char copy[TRACK_FILE_MAX + 1];
	char *end;

	*value = 0;
	if (length > TRACK_FILE_MAX)
		length = TRACK_FILE_MAX;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (copy[strspn(copy, " \t\r\n\v\f")] == '\0')
		return TRACK_NOTHING;
	long long number = strtoll(copy, &end, 10); /* it stops at its bounds */
	if (end == copy)
		return TRACK_UNUSABLE;
	*value = number;
	return TRACK_NUMBER;
}

static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

/* A fifo or device that is there instead must neither be waited for nor be read. */
static enum track_content read_open(int fd, int64_t *value, const char **why)
{
	char text[TRACK_FILE_MAX];
	struct stat status;

	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode)) {
		*why = "is no plain file";
		return TRACK_UNUSABLE;
	}
	ssize_t length = read_all(fd, text, sizeof(text));
	if (length == -1) {
		*why = strerror(errno);
		return TRACK_UNUSABLE;
	}
	*why = "does not begin with a number";
	return track_value_parse(text, (size_t)length, value);
}

enum track_content track_value_read(const char *path, int64_t *value, const char **why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

	*value = 0;
	if (fd == -1) {
		*why = errno == ELOOP ? "is a symbolic link: name the file itself"
				      : strerror(errno);
		return errno == ENOENT || errno == ENOTDIR ? TRACK_NOTHING : TRACK_UNUSABLE;
	}
	enum track_content content = read_open(fd, value, why);
	close(fd);
	return content;
}
