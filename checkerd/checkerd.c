#include "checkerd/checkerd.h"

#include <stdio.h>

#include "common/child.h"
#include "common/log.h"
#include "common/loop.h"

static void conf_begin(uint32_t generation, uint32_t items, void *arg)
{
	(void)generation;
	(void)items;
	(void)arg;
}

/* The message table has no item for this process, so none gets here. */
static int conf_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	(void)body;
	(void)arg;
	snprintf(reason, size, "%s is not for checkerd", proto_type_name((uint16_t)type));
	return -1;
}

static int conf_commit(char *reason, size_t size, void *arg)
{
	(void)reason;
	(void)size;
	(void)arg;
	return 0;
}

static void conf_done(void *arg)
{
	(void)arg;
}

static void stop(const char *why, void *arg)
{
	(void)why;
	(void)arg;
}

static const struct child_handlers handlers = {
	.conf_begin = conf_begin,
	.conf_item = conf_item,
	.conf_commit = conf_commit,
	.conf_apply = conf_done,
	.conf_abort = conf_done,
	.stop = stop,
};

void checkerd_run(int argc, char **argv)
{
	struct child_options options;
	child_init(PROTO_CHECK, argc, argv, &options);
	child_probe(&options, checkerd_sandbox_profile());
	struct event_base *base = loop_new();
	if (child_new(base, PROTO_CHECK, &handlers, NULL) == NULL)
		fatal("channel to the launcher");
	if (sandbox_landlock(options.sandbox, NULL, 0) == -1)
		fatal("Landlock");
	sandbox_enter(checkerd_sandbox_profile(), options.sandbox);
	log_info("started");
	loop_run(base);
}
