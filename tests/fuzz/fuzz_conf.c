/* Any text as a configuration: nothing may crash, and what is accepted and printed must be accepted
 * again with the same meaning. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_push.h"

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

/* What ipvsd is sent must be legal for it. */
static void check_items(const struct conf *conf)
{
	size_t count;
	struct conf_item *items = conf_items(conf, PROTO_IPVS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct proto_rule *rule = proto_rule_find((uint16_t)items[i].type);
		uint8_t record[sizeof(struct proto_header) + PROTO_BODY_MAX];
		struct proto_header header;
		const void *body;
		proto_header_make(&header, items[i].type, 1, 1);
		memcpy(record, &header, sizeof(header));
		memcpy(record + sizeof(header), &items[i].body, rule->size);
		if (proto_check(record, sizeof(header) + rule->size, PROTO_PARENT, PROTO_IPVS,
			    PROTO_STATE_CONF, 1, 0, &header, &body) != NULL)
			abort();
	}
	free(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct conf_options options = {.config_id = "fuzz", .lenient = i == 1};
		const struct conf_host host = {0};
		char *text;
		size_t length;
		size_t count;
		struct conf *conf =
			conf_load_text("fuzz", (const char *)data, size, &options, &host);
		FILE *out = open_memstream(&text, &length);
		if (out == NULL)
			abort();
		conf_report(conf, out, true);
		fclose(out);
		free(text);
		free(conf_items(conf, PROTO_VRRP, &count));
		if (conf->errors == 0)
			free(conf_items(conf, PROTO_CHECK, &count));
		if (conf->errors == 0)
			check_items(conf);
		if (conf->errors == 0 && !options.lenient)
			check_fixpoint(conf, &options);
		conf_free(conf);
	}
	return 0;
}
