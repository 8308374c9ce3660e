#include "parentd/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "parentd/parent.h"
#include "parentd/status_json.h"

static void write_data(struct parent *parent, FILE *file)
{
	json_t *status = status_json(parent);

	fprintf(file, "# state\n");
	json_dumpf(status, file, JSON_INDENT(2));
	fprintf(file, "\n");
	json_decref(status);
}

static void write_statistics(struct parent *parent, FILE *file)
{
	json_t *reply = status_json_vrrp_only(parent, "");
	const json_t *instance;
	json_t *counter;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(reply, "vrrp"), i, instance)
	{
		fprintf(file, "VRRP instance %s: %s\n",
			json_string_value(json_object_get(instance, "name")),
			json_string_value(json_object_get(instance, "state")));
		json_object_foreach(json_object_get(instance, "counters"), name, counter)
			fprintf(file, "  %-28s %" JSON_INTEGER_FORMAT "\n", name,
				json_integer_value(counter));
	}
	json_decref(reply);
}

/* Written beside its name and then renamed: a reader never sees half of it. */
void dump_write(struct parent *parent, uint32_t what)
{
	char path[PATH_MAX];
	char draft[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/dump/holdfast.%s", parent->options.runtime_dir,
		what == 1 ? "data" : "stats");
	snprintf(draft, sizeof(draft), "%s.new", path);
	unlink(draft);
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	FILE *file = fd == -1 ? NULL : fdopen(fd, "w");
	if (file == NULL) {
		log_warn("dump to %s", path);
		if (fd != -1)
			close(fd);
		return;
	}
	if (what == 1)
		write_data(parent, file);
	else
		write_statistics(parent, file);
	bool failed = ferror(file) != 0;
	failed = fclose(file) != 0 || failed;
	if (failed || rename(draft, path) == -1) {
		log_warn("dump to %s", path);
		unlink(draft);
		return;
	}
	log_info("dump written to %s", path);
}
