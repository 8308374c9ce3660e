#include "conf/command_text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX 65536 /* of a script that is looked at */

static bool has(const char *line, size_t length, const char *word)
{
	return memmem(line, length, word, strlen(word)) != NULL;
}

static bool ends_keepalived(const char *line, size_t length)
{
	size_t blank = 0;

	while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	if (blank == length || line[blank] == '#' || !has(line, length, "keepalived"))
		return false;
	/* kill, killall, pkill; but "killall -0" asks whether it runs */
	return (has(line, length, "kill") && !has(line, length, " -0")) ||
	       has(line, length, "stop");
}

unsigned conf_text_ends_keepalived(const char *text, size_t length)
{
	unsigned number = 1;

	if (length < 2 || memcmp(text, "#!", 2) != 0)
		return 0;
	for (size_t at = 0; at < length; number++) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t line = end != NULL ? (size_t)(end - text) - at : length - at;
		if (ends_keepalived(text + at, line))
			return number;
		at += line + 1;
	}
	return 0;
}

unsigned conf_script_ends_keepalived(const char *path)
{
	struct stat status;
	unsigned number = 0;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	char *text = malloc(TEXT_MAX);
	if (text != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		ssize_t length = read(fd, text, TEXT_MAX);
		number = length > 0 ? conf_text_ends_keepalived(text, (size_t)length) : 0;
	}
	free(text);
	close(fd);
	return number;
}
