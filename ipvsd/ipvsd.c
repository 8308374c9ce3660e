#include "ipvsd/ipvsd.h"

#include <unistd.h>

#include "common/child.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "ipvsd/balancer.h"
#include "ipvsd/ipvs_conf.h"
#include "ipvsd/ipvs_netlink.h"
#include "ipvsd/page.h"

struct ipvsd {
	struct child *child;
	struct balancer *balancer;
	struct ipvs_conf pending; /* between CONF_BEGIN and CONF_APPLY */
};

/* ---- parentd and the launcher ---- */

static void conf_abort(void *arg)
{
	struct ipvsd *ipvsd = arg;

	ipvs_conf_clear(&ipvsd->pending);
}

static void conf_begin(uint32_t generation, uint32_t items, void *arg)
{
	(void)generation;
	(void)items;
	conf_abort(arg);
}

static int conf_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	struct ipvsd *ipvsd = arg;

	return ipvs_conf_add(&ipvsd->pending, type, body, reason, size);
}

static int conf_commit(char *reason, size_t size, void *arg)
{
	const struct ipvsd *ipvsd = arg;

	return ipvs_conf_commit(&ipvsd->pending, reason, size);
}

static void conf_apply(void *arg)
{
	struct ipvsd *ipvsd = arg;

	balancer_apply(ipvsd->balancer, &ipvsd->pending);
}

static void message(enum proto_type type, const void *body, void *arg)
{
	const struct ipvsd *ipvsd = arg;

	if (type == IPVS_REAL_STATE)
		balancer_real_state(ipvsd->balancer, body);
	if (type == IPVS_VIRTUAL_STATE)
		balancer_virtual_state(ipvsd->balancer, body);
	if (type == IPVS_STATES_END)
		balancer_states_end(ipvsd->balancer);
	if (type == IPVS_SYNC_ROLE)
		balancer_sync_role(ipvsd->balancer, body);
	if (type == IPVS_SHOW)
		balancer_show(ipvsd->balancer, body);
}

static void stop(const char *why, void *arg)
{
	const struct ipvsd *ipvsd = arg;

	(void)why;
	balancer_stop(ipvsd->balancer);
}

static const struct child_handlers handlers = {
	.conf_begin = conf_begin,
	.conf_item = conf_item,
	.conf_commit = conf_commit,
	.conf_apply = conf_apply,
	.conf_abort = conf_abort,
	.message = message,
	.stop = stop,
};

/* ---- the kernel ---- */

static void available(void *arg)
{
	const struct ipvsd *ipvsd = arg;

	balancer_available(ipvsd->balancer);
}

static void unavailable(const char *why, void *arg)
{
	const struct ipvsd *ipvsd = arg;

	balancer_unavailable(ipvsd->balancer, why);
}

static void busy(bool is_busy, void *arg)
{
	const struct ipvsd *ipvsd = arg;

	child_busy(ipvsd->child, is_busy);
}

static const struct ipvs_netlink_handlers netlink_handlers = {
	.available = available,
	.unavailable = unavailable,
	.busy = busy,
};

void ipvsd_run(int argc, char **argv)
{
	struct child_options options;
	static struct ipvsd ipvsd;

	child_init(PROTO_IPVS, argc, argv, &options);
	child_probe(&options, ipvsd_sandbox_profile());
	struct event_base *base = loop_new();
	struct ipvs_netlink *netlink = ipvs_netlink_new(base, &netlink_handlers, &ipvsd);
	if (netlink == NULL)
		fatal("generic netlink");
	struct page *page = page_open(FD_STATE_PAGE);
	close(FD_STATE_PAGE);
	ipvsd.balancer = balancer_new(base, netlink, page);
	ipvsd.child = child_new(base, PROTO_IPVS, &handlers, &ipvsd);
	if (ipvsd.child == NULL)
		fatal("channel to the launcher");
	balancer_set_child(ipvsd.balancer, ipvsd.child);
	child_set_patience(ipvsd.child, options.patience_s);
	child_set_resumed(ipvsd.child, (uint32_t)page_count(page));
	if (sandbox_landlock(options.sandbox, NULL, 0) == -1)
		fatal("Landlock");
	sandbox_enter(ipvsd_sandbox_profile(), options.sandbox);
	log_info("started");
	loop_run(base);
}
