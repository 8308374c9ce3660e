#include "conf/source.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/arena.h"
#include "conf/finding.h"
#include "conf/lexer.h"

struct level {
	struct level *below;
	const char *name;
	const char *directory; /* NULL: a text, which may not include */
	char *data;            /* NULL: text belongs to the caller */
	const char *text;
	size_t length;
	size_t position;
	unsigned line;
	unsigned depth;
};

struct source {
	struct conf *conf;
	struct level *top;
	struct conf_place last;
	size_t total;
	unsigned files;
};

struct source *source_new(struct conf *conf)
{
	struct source *source = calloc(1, sizeof(*source));
	if (source == NULL)
		err(1, "configuration");
	source->conf = conf;
	return source;
}

static void pop(struct source *source)
{
	struct level *level = source->top;
	source->top = level->below;
	free(level->data);
	free(level);
}

void source_free(struct source *source)
{
	while (source->top != NULL)
		pop(source);
	free(source);
}

static struct level *push(struct source *source, const char *name)
{
	struct level *level = calloc(1, sizeof(*level));
	if (level == NULL)
		err(1, "configuration");
	level->name = conf_arena_copy(source->conf->arena, name, strlen(name));
	level->below = source->top;
	level->depth = source->top != NULL ? source->top->depth + 1 : 0;
	source->top = level;
	return level;
}

void source_open_text(struct source *source, const char *name, const char *text, size_t length)
{
	struct level *level = push(source, name);
	level->text = text;
	level->length = length;
	source->last.file = level->name;
}

const char *source_directory(const struct source *source)
{
	if (source->top == NULL || source->top->directory == NULL)
		return ".";
	return source->top->directory;
}

static const char *directory_of(struct conf_arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	if (slash == NULL)
		return ".";
	return conf_arena_copy(arena, file, slash == file ? 1 : (size_t)(slash - file));
}

/* The whole of a regular file that is not executable, or NULL with a reason. */
static char *read_whole(
	const char *file, bool included, size_t limit, size_t *length, const char **reason)
{
	struct stat status;
	char *data = NULL;
	*length = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &status) == -1) {
		*reason = strerror(errno);
	} else if (S_ISDIR(status.st_mode)) {
		*reason = strerror(EISDIR);
	} else if (included && !S_ISREG(status.st_mode)) {
		*reason = "not a regular file";
	} else if (included && (status.st_mode & 0111) != 0) {
		*reason = "it is executable, so probably no configuration";
	} else {
		if ((data = malloc(limit + 1)) == NULL)
			err(1, "configuration");
		ssize_t count;
		while ((count = read(fd, data + *length, limit + 1 - *length)) > 0)
			*length += (size_t)count;
		if (count == -1 || *length > limit) {
			*reason = count == -1 ? strerror(errno) : "the configuration is too large";
			free(data);
			data = NULL;
		}
	}
	if (fd != -1)
		close(fd);
	return data;
}

static bool open_file(struct source *source, const char *file, bool included, const char **reason)
{
	size_t length;
	if (++source->files > LEXER_FILES_MAX) {
		*reason = "too many files";
		return false;
	}
	char *data = read_whole(file, included, LEXER_TOTAL_MAX - source->total, &length, reason);
	if (data == NULL)
		return false;
	char *exact = realloc(data, length + 1);
	struct level *level = push(source, file);
	level->data = exact != NULL ? exact : data;
	level->text = level->data;
	level->length = length;
	level->directory = directory_of(source->conf->arena, file);
	source->total += length;
	return true;
}

bool source_open_file(struct source *source, const char *file)
{
	const char *reason;
	source->last.file = conf_arena_copy(source->conf->arena, file, strlen(file));
	if (open_file(source, file, false, &reason))
		return true;
	struct conf_place place = {.file = source->last.file};
	source->conf->unreadable = true;
	source->conf->errors++;
	conf_finding_add(&source->conf->findings, CONF_ERROR, &place, "cannot be read: %s", reason);
	return false;
}

/* A line of the topmost file that has any left, without its newline. */
static bool next_line(struct source *source, const char **text, size_t *length)
{
	while (source->top != NULL && source->top->position >= source->top->length)
		pop(source);
	if (source->top == NULL)
		return false;
	struct level *level = source->top;
	*text = level->text + level->position;
	size_t rest = level->length - level->position;
	const char *newline = memchr(*text, '\n', rest);
	*length = newline != NULL ? (size_t)(newline - *text) : rest;
	level->position += *length + 1;
	level->line++;
	if (*length > 0 && (*text)[*length - 1] == '\r')
		(*length)--;
	if (level->line == 1 && *length >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
		*text += 3; /* a byte order mark is no part of the first word */
		*length -= 3;
	}
	source->last.file = level->name;
	source->last.line = level->line;
	source->last.column = 1;
	source->last.order++;
	return true;
}

bool source_line(struct source *source, struct conf_place *place)
{
	const char *text;
	size_t length;
	while (next_line(source, &text, &length)) {
		size_t kept = length > LEXER_LINE_MAX ? LEXER_LINE_MAX : length;
		source->last.text = conf_arena_copy(source->conf->arena, text, kept);
		*place = source->last;
		if (length > LEXER_LINE_MAX)
			conf_error(source->conf, place,
				"this line is %zu bytes long, more than %d: it is left out", length,
				LEXER_LINE_MAX);
		else if (memchr(text, '\0', length) != NULL)
			conf_error(
				source->conf, place, "this line holds a NUL byte: it is left out");
		else
			return true;
	}
	*place = source->last;
	return false;
}

static bool is_wildcard(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

static void report(struct source *source, bool error, const struct conf_place *place,
	const char *file, const char *reason)
{
	if (error)
		conf_error(source->conf, place, "include %s: %s", file, reason);
	else
		conf_warning(source->conf, place, "include %s: %s", file, reason);
}

static void nothing_matched(
	struct source *source, const char *pattern, unsigned checks, const struct conf_place *place)
{
	unsigned check = is_wildcard(pattern) ? SOURCE_CHECK_WILDCARD : SOURCE_CHECK_MATCH;
	if (strchr(pattern, '{') != NULL)
		check = SOURCE_CHECK_BRACE;
	report(source, (checks & check) != 0, place, pattern, "no such file");
}

void source_include(
	struct source *source, const char *pattern, unsigned checks, const struct conf_place *place)
{
	glob_t found;
	char *path;
	if (source->top == NULL || source->top->directory == NULL) {
		conf_error(source->conf, place, "'include' is not possible here");
		return;
	}
	if (source->top->depth + 1 > LEXER_DEPTH_MAX) {
		conf_error(source->conf, place,
			"include %s: more than %d files include one another", pattern,
			LEXER_DEPTH_MAX);
		return;
	}
	bool relative = pattern[0] != '/' && strcmp(source->top->directory, ".") != 0;
	if (asprintf(&path, "%s%s%s", relative ? source->top->directory : "", relative ? "/" : "",
		    pattern) == -1)
		err(1, "configuration");
	int status = glob(path, GLOB_BRACE, NULL, &found);
	free(path);
	if (status != 0) {
		nothing_matched(source, pattern, checks, place);
		return;
	}
	/* The last one pushed is read first; depth counts from the including file. */
	unsigned depth = source->top->depth + 1;
	for (size_t i = found.gl_pathc; i-- > 0;) {
		const char *reason;
		if (open_file(source, found.gl_pathv[i], true, &reason))
			source->top->depth = depth;
		else
			report(source, (checks & SOURCE_CHECK_READ) != 0, place, found.gl_pathv[i],
				reason);
	}
	globfree(&found);
}
