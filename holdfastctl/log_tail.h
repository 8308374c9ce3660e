/* The ends of log files that grow, and are renamed and made anew meanwhile. */
#ifndef HOLDFAST_LOG_TAIL_H
#define HOLDFAST_LOG_TAIL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_TAIL_LINE 4096 /* a longer line is cut */

struct log_tail {
	char *path;
	int fd;        /* -1: there is no such file yet */
	int replaced;  /* how often another file was found at its path since the last read */
	size_t length; /* of what is no whole line yet */
	char line[LOG_TAIL_LINE];
};

/* Lines of several files, in the order of their times. */
struct log_lines {
	char **lines;
	size_t count, room;
};

/* Opens the file, where there is one, and goes to before its last megabyte, or to its beginning.
 * Returns 0, or -1 with errno: there is one that cannot be read, or no memory. */
int log_tail_open(struct log_tail *tail, const char *path, int whole);
void log_tail_close(struct log_tail *tail);

/* Adds the whole lines that have come since the last time; goes over to a file that has taken the
 * place of the one that is read. Returns 0, or -1 with errno. */
int log_tail_read(struct log_tail *tail, struct log_lines *lines);

/* Sorts by the time that every line begins with; those of one time stay as they are. */
void log_lines_sort(struct log_lines *lines);
void log_lines_clear(struct log_lines *lines);

/* A line in its parts, which it is taken apart for. Returns 0, or -1: it is none of the suite's. */
struct log_line_parts {
	double at; /* seconds since 1970 */
	const char *process;
	long pid;
	const char *level;
	const char *message;
};
int log_line_parse(char *line, struct log_line_parts *parts);

#endif
