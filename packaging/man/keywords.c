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
		printf("Known from keepalived and left out, with a warning.\n");
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
		snprintf(below, sizeof(below), "%s%s%s", path, path[0] == '\0' ? "" : ", ",
			keyword->name);
		put_block(keyword->block, below);
	}
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
	put_file(argv[2]);
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
