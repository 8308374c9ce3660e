#include "runner/fifo_lines.h"

#include <stddef.h>

unsigned fifo_lines_push(struct fifo_lines *lines, const struct runner_fifo_line *line)
{
	unsigned lost = lines->count == FIFO_LINES_MAX;

	if (lost > 0)
		fifo_lines_pop(lines);
	lines->list[(lines->first + lines->count) % FIFO_LINES_MAX] = *line;
	lines->count++;
	return lost;
}

const struct runner_fifo_line *fifo_lines_first(const struct fifo_lines *lines)
{
	return lines->count == 0 ? NULL : &lines->list[lines->first];
}

void fifo_lines_pop(struct fifo_lines *lines)
{
	lines->first = (lines->first + 1) % FIFO_LINES_MAX;
	lines->count--;
}
