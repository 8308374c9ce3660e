#include "holdfastctl/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The other buffer, without a cursor, and lines that are cut off rather than wrapped. */
static const char enter_codes[] = "\033[?1049h\033[?25l\033[?7l";
static const char leave_codes[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

/* The terminal as it was, for whatever ends the program. */
static struct termios before;
static bool entered;

/* ---- what differs ---- */

void screen_forget(struct screen *screen)
{
	for (int i = 0; screen->lines != NULL && i < screen->rows; i++)
		free(screen->lines[i]);
	free(screen->lines);
	screen->lines = NULL;
	screen->rows = screen->columns = 0;
}

static int resize(struct screen *screen, int rows, int columns)
{
	screen_forget(screen);
	screen->lines = calloc((size_t)rows, sizeof(*screen->lines));
	if (screen->lines == NULL)
		return -1;
	screen->rows = rows;
	screen->columns = columns;
	return 0;
}

/* Takes over line. */
static void put_line(struct screen *screen, int row, char *line, FILE *out)
{
	char **there = &screen->lines[row];

	if (line == NULL || (*there != NULL && strcmp(*there, line) == 0)) {
		free(line);
		return;
	}
	/* colours first, so that what is cleared has none */
	fprintf(out, "\033[%d;1H\033[0m%s\033[0m\033[K", row + 1, line);
	free(*there);
	*there = line;
}

static int count_lines(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n' || text[1] == '\0';
	return count;
}

static void put_text(struct screen *screen, const char *text, const char *foot, FILE *out)
{
	int room = screen->rows - 1; /* the last row is the foot's */
	int left = count_lines(text) - room;
	char more[64];

	for (int row = 0; row < room; row++) {
		size_t length = strcspn(text, "\n");
		put_line(screen, row, strndup(text, length), out);
		text += length + (text[length] == '\n');
	}
	snprintf(more, sizeof(more), "and %d more lines; ", left);
	char *last = NULL;
	if (asprintf(&last, "%s%s", left > 0 ? more : "", foot) != -1)
		put_line(screen, room, last, out);
}

char *screen_change(struct screen *screen, int rows, int columns, const char *text,
	const char *foot, size_t *length)
{
	bool resized = screen->lines == NULL || rows != screen->rows || columns != screen->columns;
	char *bytes = NULL;

	if (rows < 1 || (resized && resize(screen, rows, columns) == -1))
		return NULL;
	FILE *out = open_memstream(&bytes, length);
	if (out == NULL)
		return NULL;
	if (resized)
		fprintf(out, "\033[0m\033[2J");
	put_text(screen, text, foot, out);
	if (fclose(out) == EOF) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

/* ---- the terminal ---- */

static void write_codes(const char *codes)
{
	if (write(STDOUT_FILENO, codes, strlen(codes)) == -1)
		return; /* it is gone, and with it what there was to put right */
}

void screen_leave(void)
{
	if (!entered)
		return;
	entered = false;
	write_codes(leave_codes);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

int screen_enter(void)
{
	static bool registered;
	struct termios now;

	if (isatty(STDOUT_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before) == -1)
		return -1;
	if (!registered && atexit(screen_leave) != 0) {
		errno = ENOMEM;
		return -1;
	}
	registered = true;
	now = before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) == -1)
		return -1;
	entered = true;
	write_codes(enter_codes);
	return 0;
}

void screen_size(int *rows, int *columns)
{
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

	*rows = known && size.ws_row > 0 ? size.ws_row : 24;
	*columns = known && size.ws_col > 0 ? size.ws_col : 80;
}
