/* Prints the keywords of the configuration language for holdfast.conf(5), from the tables that the
 * parser uses: keywords HEAD TAIL, the names of files with what stands before and after them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keyword.h"

#define PATH_SIZE 128

/* Text for mdoc: no word is a macro, no character a request. */
static void put(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\\')
			fputs("\\e", stdout);
		else if (*c == '-')
			fputs("\\-", stdout);
		else
			putchar(*c);
	}
}

/* As an argument of a macro. */
static void put_quoted(const char *text)
{
	putchar('"');
	for (const char *c = text; *c != '\0'; c++) {
		char letter[] = {*c, '\0'};
		if (*c == '"')
			fputs("\\(dq", stdout);
		else
			put(letter);
	}
	putchar('"');
}

static void put_sentence(const char *before, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	printf("%s\\&", before);
	put(text);
	printf(".\n");
}

static bool is_alias(const struct conf_keyword *keyword)
{
	return keyword->alias != NULL && keyword->alias[0] != '\0';
}

static void put_keyword(const struct conf_keyword *keyword)
{
	printf(".It Cm ");
	put_quoted(keyword->name);
	if (keyword->arguments != NULL && keyword->arguments[0] != '\0') {
		printf(" Ar ");
		put_quoted(keyword->arguments);
	}
	printf("\n");
	if (is_alias(keyword)) {
		printf("Another name of\n.Cm ");
		put_quoted(keyword->alias);
		printf(" .\n");
	} else {
		put_sentence("", keyword->meaning);
		put_sentence("Values: ", keyword->range);
		put_sentence("Default: ", keyword->standard);
	}
	if (keyword->status == CONF_NOT_YET)
		printf("Ignored, with a warning.\n");
}

static void put_rows(const struct conf_block *block, enum conf_status status)
{
	for (; block != NULL; block = block->also) {
		for (size_t i = 0; i < block->count; i++) {
			if (block->keywords[i].status == status)
				put_keyword(&block->keywords[i]);
		}
	}
}

static const char *path_below(
	const char *path, const struct conf_keyword *keyword, char *below, size_t size)
{
	snprintf(below, size, "%s%s%s", path, path[0] == '\0' ? "" : ", ", keyword->name);
	return below;
}

static void put_block(const struct conf_block *block, const char *path)
{
	char below[PATH_SIZE];

	printf(".Ss %s\n.Bl -tag -width Ds\n", path[0] == '\0' ? "Outside of every block" : path);
	put_rows(block, CONF_SUPPORTED);
	put_rows(block, CONF_NOT_YET);
	printf(".El\n");
	for (size_t i = 0; i < block->count; i++) {
		const struct conf_keyword *keyword = &block->keywords[i];
		if (keyword->block == NULL || is_alias(keyword))
			continue;
		put_block(keyword->block, path_below(path, keyword, below, sizeof(below)));
	}
}

/* ---- the table ---- */

struct counts {
	unsigned supported, ignored;
};

static void put_row(const struct conf_keyword *keyword, const char *path, struct counts *counts)
{
	bool ignored = keyword->status == CONF_NOT_YET;

	counts->ignored += ignored;
	counts->supported += !ignored;
	printf(".It Cm ");
	put_quoted(keyword->name);
	printf(" Ta ");
	put_quoted(path[0] == '\0' ? "no block" : path);
	printf(" Ta %s\n", ignored ? "ignored" : "supported");
}

static void put_table_rows(const struct conf_block *block, const char *path, struct counts *counts)
{
	char below[PATH_SIZE];

	for (const struct conf_block *part = block; part != NULL; part = part->also)
		for (size_t i = 0; i < part->count; i++)
			put_row(&part->keywords[i], path, counts);
	for (size_t i = 0; i < block->count; i++) {
		const struct conf_keyword *keyword = &block->keywords[i];
		if (keyword->block != NULL && !is_alias(keyword))
			put_table_rows(keyword->block,
				path_below(path, keyword, below, sizeof(below)), counts);
	}
}

static void put_table(void)
{
	struct counts counts = {0};

	printf(".Sh TABLE OF KEYWORDS\n"
	       "A keyword that is\n.Em ignored\nis accepted, with its block and a warning.\n"
	       "Every other word, and every word in another place, is\n.Em rejected :\n"
	       "an error, as is a value that is not among the values of its keyword.\n"
	       ".Bl -column \"vrrp_garp_lower_prio_repeat\" "
	       "\"virtual_server, real_server, HTTP\" \"supported\"\n"
	       ".It Sy Keyword Ta Sy Within Ta Sy Status\n");
	put_table_rows(&conf_block_root, "", &counts);
	printf(".El\n.Pp\n%u are supported and %u ignored.\n", counts.supported, counts.ignored);
}

static void put_file(const char *name)
{
	FILE *file = fopen(name, "r");
	int c;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	while ((c = getc(file)) != EOF)
		putchar(c);
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: keywords HEAD TAIL\n");
		return 1;
	}
	put_file(argv[1]);
	printf(".Sh KEYWORDS\n");
	put_block(&conf_block_root, "");
	put_table();
	put_file(argv[2]);
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
