/* Any text as a configuration: nothing may crash, and what is accepted and printed must be accepted
 * again with the same meaning. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *printed(const struct conf *conf, size_t *size)
{
	char *text;
	FILE *out = open_memstream(&text, size);
	if (out == NULL)
		abort();
	conf_print(conf, out);
	fclose(out);
	return text;
}

static void check_fixpoint(const struct conf *conf, const struct conf_options *options)
{
	size_t first_size;
	size_t second_size;
	char *first = printed(conf, &first_size);
	struct conf *again = conf_load_text("again", first, first_size, options, NULL);
	char *second = printed(again, &second_size);
	if (again->errors > 0 || strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	conf_free(again);
}

/* What a process is sent must be legal for it. */
static void check_items(const struct conf *conf, enum proto_process process)
{
	struct conf_items *items = conf_items_new(conf, process);
	for (size_t i = 0; i < items->count; i++) {
		const struct conf_item *item = &items->list[i];
		uint8_t record[sizeof(struct proto_header) + PROTO_BODY_MAX];
		struct proto_header header;
		const void *body;
		proto_header_make(&header, item->type, 1, 1);
		memcpy(record, &header, sizeof(header));
		memcpy(record + sizeof(header), item->body, item->size);
		if (proto_check(record, sizeof(header) + item->size, PROTO_PARENT, process,
			    PROTO_STATE_CONF, 1, 0, &header, &body) != NULL)
			abort();
	}
	conf_items_free(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct conf_options options = {.config_id = "fuzz", .lenient = i == 1};
		const struct conf_host host = {0};
		char *text;
		size_t length;
		struct conf *conf =
			conf_load_text("fuzz", (const char *)data, size, &options, &host);
		FILE *out = open_memstream(&text, &length);
		if (out == NULL)
			abort();
		conf_report(conf, out, true);
		fclose(out);
		free(text);
		conf_items_free(conf_items_new(conf, PROTO_VRRP));
		for (int process = PROTO_VRRP; conf->errors == 0 && process <= PROTO_IPVS;
			process++)
			check_items(conf, (enum proto_process)process);
		if (conf->errors == 0 && !options.lenient)
			check_fixpoint(conf, &options);
		conf_free(conf);
	}
	return 0;
}
