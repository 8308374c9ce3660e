/* The last lines of what a script writes, however much that is. Pure. */
#ifndef HOLDFAST_RUNNER_TAIL_H
#define HOLDFAST_RUNNER_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#define TAIL_BYTES 1024

struct tail {
	char bytes[TAIL_BYTES];
	size_t length;
	bool cut; /* something before it was dropped */
};

void tail_add(struct tail *tail, const char *bytes, size_t count);

/* As text: printable ASCII and newlines, one after every line; everything else is "?", a carriage
 * return nothing and a tab a space. What does not fit is left out at the front, by whole lines
 * where there is more than one. The rest of text is zero. */
void tail_text(const struct tail *tail, char *text, size_t size);

#endif
