#include "ipvsd/ipvsd.h"

#include "common/child.h"
#include "common/log.h"
#include "common/loop.h"
#include "ipvsd/ipvs_netlink.h"

static void conf_begin(uint32_t generation, uint32_t items, void *arg)
{
	(void)generation;
	(void)items;
	(void)arg;
}

static int conf_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	(void)type;
	(void)body;
	(void)reason;
	(void)size;
	(void)arg;
	return 0;
}

static void message(enum proto_type type, const void *body, void *arg)
{
	(void)type;
	(void)body;
	(void)arg;
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
	.message = message,
	.stop = stop,
};

static const struct ipvs_netlink_handlers netlink_handlers = {0};

void ipvsd_run(int argc, char **argv)
{
	struct child_options options;
	child_init(PROTO_IPVS, argc, argv, &options);
	child_probe(&options, ipvsd_sandbox_profile());
	struct event_base *base = loop_new();
	if (ipvs_netlink_new(base, &netlink_handlers, NULL) == NULL)
		log_warn("virtual servers cannot be set up: generic netlink");
	if (child_new(base, PROTO_IPVS, &handlers, NULL) == NULL)
		fatal("channel to the launcher");
	if (sandbox_landlock(options.sandbox, NULL, 0) == -1)
		fatal("Landlock");
	sandbox_enter(ipvsd_sandbox_profile(), options.sandbox);
	log_info("started");
	loop_run(base);
}
