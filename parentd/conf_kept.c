#include "parentd/conf_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, text, length);
		if (count == -1 && errno != EINTR)
			return -1;
		text += count > 0 ? count : 0;
		length -= count > 0 ? (size_t)count : 0;
	}
	return 0;
}

static char *text_of(const struct conf *conf, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (out == NULL)
		fatal("configuration");
	conf_print(conf, out);
	if (fclose(out) != 0)
		fatal("configuration");
	return text;
}

char *conf_kept_text(const struct conf *conf)
{
	size_t size;

	return text_of(conf, &size);
}

bool conf_kept_same(const struct conf *a, const struct conf *b)
{
	size_t sizes[2];
	char *texts[2] = {text_of(a, &sizes[0]), text_of(b, &sizes[1])};
	bool same = sizes[0] == sizes[1] && memcmp(texts[0], texts[1], sizes[0]) == 0;

	free(texts[0]);
	free(texts[1]);
	return same;
}

int conf_kept_make(const struct conf *conf, uint32_t *length)
{
	size_t size;
	char *text = text_of(conf, &size);
	int fd = memfd_create("configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd != -1 && (write_all(fd, text, size) == -1 || fcntl(fd, F_ADD_SEALS, SEALS) == -1)) {
		int reason = errno;
		close(fd);
		errno = reason;
		fd = -1;
	}
	free(text);
	*length = (uint32_t)size;
	return fd;
}

struct conf *conf_kept_load(int fd, bool lenient)
{
	const struct conf_options options = {.lenient = lenient};
	const struct conf_host unknown = {0};
	struct stat status;

	if (fstat(fd, &status) == -1)
		return NULL; /* no configuration was in force yet */
	size_t size = (size_t)status.st_size;
	char *text = malloc(size + 1);
	if (text == NULL || pread(fd, text, size, 0) != (ssize_t)size) {
		log_warn("the configuration that was in force");
		free(text);
		return NULL;
	}
	struct conf *conf = conf_load_text("(in force)", text, size, &options, &unknown);
	free(text);
	if (conf_exit_status(conf) == 0)
		return conf;
	log_warnx("the configuration that was in force is damaged");
	conf_free(conf);
	return NULL;
}
