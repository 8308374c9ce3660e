/* Columns as wide as what is in them. */
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/ctl.h"
#include "holdfastctl/show.h"

/* A last column narrower than this is not worth wrapping at the end of the line. */
#define WRAP_MIN 16

struct cell {
	enum tone tone;
	char *text;
};

struct line {
	struct line *next;
	bool note; /* one cell, on a line of its own */
	int indent;
	size_t count;
	struct cell cells[TABLE_COLUMNS];
};

struct table {
	size_t columns;
	const char *heads[TABLE_COLUMNS];
	int widths[TABLE_COLUMNS];
	bool filled[TABLE_COLUMNS]; /* some row has something there */
	struct line *first, *last;
};

static void *need(void *memory)
{
	if (memory == NULL)
		errx(CTL_UNREACHABLE, "memory is short");
	return memory;
}

struct table *table_new(const char *const *heads)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	for (; table->columns < TABLE_COLUMNS && heads[table->columns] != NULL; table->columns++) {
		const char *head = heads[table->columns];
		table->heads[table->columns] = head;
		table->widths[table->columns] = show_columns(head) - (head[0] == '>');
	}
	return table;
}

static struct line *add_line(struct table *table)
{
	struct line *line = need(calloc(1, sizeof(*line)));

	if (table->last != NULL)
		table->last->next = line;
	else
		table->first = line;
	table->last = line;
	return line;
}

void table_row(struct table *table)
{
	add_line(table);
}

__attribute__((format(printf, 3, 0))) static void add_cell(
	struct line *line, enum tone tone, const char *format, va_list arguments)
{
	struct cell *cell = &line->cells[line->count++];

	cell->tone = tone;
	if (vasprintf(&cell->text, format, arguments) == -1)
		errx(CTL_UNREACHABLE, "memory is short");
}

void table_cell(struct table *table, enum tone tone, const char *format, ...)
{
	struct line *line = table->last;
	size_t column = line->count;
	va_list arguments;

	if (column >= table->columns)
		return;
	va_start(arguments, format);
	add_cell(line, tone, format, arguments);
	va_end(arguments);
	const char *text = line->cells[column].text;
	if (text[0] != '\0' && strcmp(text, "-") != 0)
		table->filled[column] = true;
	/* the last one may be long, unless it is flush right */
	if ((column + 1 < table->columns || table->heads[column][0] == '>') &&
		show_columns(text) > table->widths[column])
		table->widths[column] = show_columns(text);
}

void table_note(struct table *table, enum tone tone, int indent, const char *format, ...)
{
	struct line *line = add_line(table);
	va_list arguments;

	line->note = true;
	line->indent = indent;
	va_start(arguments, format);
	add_cell(line, tone, format, arguments);
	va_end(arguments);
}

/* Without its trailing blanks. */
static void print_cells(
	const struct table *table, const struct view *view, const struct cell *cells, size_t count)
{
	int column = 0, pending = 0;

	for (size_t i = 0; i < count; i++) {
		bool right = table->heads[i][0] == '>';
		int width = table->widths[i], columns = show_columns(cells[i].text);
		bool is_last = i + 1 == table->columns && !right;
		if (!table->filled[i])
			continue;
		fprintf(view->out, "%*s", pending + (right ? width - columns : 0), "");
		column += pending + (right ? width - columns : 0);
		if (is_last && view->width - column >= WRAP_MIN) {
			show_wrapped(view, cells[i].tone, column, column, cells[i].text);
			return;
		}
		show_word(view, cells[i].tone, 0, cells[i].text);
		column += columns;
		pending = 2 + (right ? 0 : width - columns);
	}
	fputc('\n', view->out);
}

static void print_heads(const struct table *table, const struct view *view)
{
	struct cell cells[TABLE_COLUMNS];
	char texts[TABLE_COLUMNS][32];

	for (size_t i = 0; i < table->columns; i++) {
		strlcpy(texts[i], table->heads[i] + (table->heads[i][0] == '>'), sizeof(texts[i]));
		cells[i] = (struct cell){.tone = TONE_HEAD, .text = texts[i]};
	}
	print_cells(table, view, cells, table->columns);
}

static void free_lines(struct line *line)
{
	while (line != NULL) {
		struct line *next = line->next;
		for (size_t i = 0; i < line->count; i++)
			free(line->cells[i].text);
		free(line);
		line = next;
	}
}

void table_print(struct table *table, const struct view *view)
{
	print_heads(table, view);
	for (const struct line *line = table->first; line != NULL; line = line->next) {
		if (line->note)
			show_wrapped(
				view, line->cells[0].tone, 0, line->indent, line->cells[0].text);
		else
			print_cells(table, view, line->cells, line->count);
	}
	free_lines(table->first);
	free(table);
}
