/* A whole terminal for a program that redraws it: taken over, drawn on, and given back. */
#ifndef HOLDFAST_CTL_SCREEN_H
#define HOLDFAST_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* What is on the screen now. */
struct screen {
	int rows, columns;
	char **lines; /* rows of them; NULL: not known */
};

/* What has to be written so that a screen of so many rows shows text, whose lines may hold colours:
 * only lines that differ from what is there, and all of them when the size is another one. Lines
 * that do not fit are left out, and the last row says how many; foot is what it says otherwise.
 * Returns bytes that the caller frees, or NULL without memory. */
char *screen_change(struct screen *screen, int rows, int columns, const char *text,
	const char *foot, size_t *length);

/* Forgets what is on it: the next change draws all of it. */
void screen_forget(struct screen *screen);

/* Takes over the terminal that standard output and standard input are: another buffer, no cursor,
 * no echo, keys at once. Whatever ends the program by exit(3) gives it back. Returns 0, or -1 with
 * errno. */
int screen_enter(void);
void screen_leave(void);

/* Of the terminal; 24 and 80 when it does not say. */
void screen_size(int *rows, int *columns);

#endif
