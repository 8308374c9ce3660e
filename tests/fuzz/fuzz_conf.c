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
		if (conf->errors == 0 && !options.lenient)
			check_fixpoint(conf, &options);
		conf_free(conf);
	}
	return 0;
}
