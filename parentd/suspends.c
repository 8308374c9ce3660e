#include "parentd/suspends.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/value.h"
#include "parentd/parent.h"

#define INTERVAL_S  1
#define SUBNETS_MAX (STATE_VRRP_ADDRESSES + 1024) /* those of vrrpd and some of the host's own */

struct suspends {
	struct parent *parent;
	struct event *timer;
	bool *told; /* by number of the virtual server: it is suspended */
};

/* The addresses of this host, in order. */
struct held {
	struct proto_addr *list;
	size_t count;
};

static int compare(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct proto_addr));
}

static struct held read_held(void)
{
	struct conf_subnet *subnets = calloc(SUBNETS_MAX, sizeof(*subnets));
	struct held held = {.list = calloc(SUBNETS_MAX, sizeof(*held.list))};

	if (subnets == NULL || held.list == NULL)
		fatal("addresses of this host");
	held.count = conf_host_subnets(subnets, SUBNETS_MAX);
	for (size_t i = 0; i < held.count; i++)
		held.list[i] = subnets[i].address;
	free(subnets);
	qsort(held.list, held.count, sizeof(*held.list), compare);
	return held;
}

static bool is_held(const struct held *held, const struct proto_addr *address)
{
	return bsearch(address, held->list, held->count, sizeof(*address), compare) != NULL;
}

/* Tells what is another one than was told, or all. */
static void look(struct suspends *suspends, bool all)
{
	struct parent *parent = suspends->parent;
	const struct conf_virtual_server *server;
	struct held held = read_held();
	char name[PROTO_NAME_LEN];
	uint32_t number = 0;

	TAILQ_FOREACH(server, &parent->conf->virtual_servers, entry)
	{
		uint32_t own = number++;
		if (!server->ha_suspend)
			continue;
		const struct check_suspend body = {
			.virtual_server = own, .suspended = !is_held(&held, &server->address)};
		if (suspends->told[own] != (body.suspended != 0))
			log_info("%s: its address has %s this host, checks %s",
				conf_service_name(server, name),
				body.suspended ? "left" : "come to",
				body.suspended ? "are suspended" : "go on");
		else if (!all)
			continue;
		suspends->told[own] = body.suspended != 0;
		parent_child_send(&parent->children[PROTO_CHECK], CHECK_SUSPEND,
			parent->transaction.current, &body);
	}
	free(held.list);
}

static void due(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	look(arg, false);
}

struct suspends *suspends_new(struct parent *parent)
{
	struct suspends *suspends = calloc(1, sizeof(*suspends));

	if (suspends == NULL)
		fatal("ha_suspend");
	suspends->parent = parent;
	suspends->timer = event_new(parent->base, -1, EV_PERSIST, due, suspends);
	if (suspends->timer == NULL)
		fatal("ha_suspend");
	return suspends;
}

void suspends_adopt(struct suspends *suspends)
{
	static const struct timeval interval = {.tv_sec = INTERVAL_S};
	const struct conf_virtual_server *server;
	bool any = false;
	size_t count = 0;

	TAILQ_FOREACH(server, &suspends->parent->conf->virtual_servers, entry)
	{
		count++;
		any = any || server->ha_suspend;
	}
	free(suspends->told);
	suspends->told = calloc(count + 1, sizeof(*suspends->told));
	if (suspends->told == NULL)
		fatal("ha_suspend");
	/* as checkerd takes it to be until it is told */
	for (size_t i = 0; i < count; i++)
		suspends->told[i] = true;
	if ((any ? event_add(suspends->timer, &interval) : event_del(suspends->timer)) == -1)
		fatal("ha_suspend");
}

void suspends_tell(struct suspends *suspends)
{
	const struct conf_virtual_server *server;

	TAILQ_FOREACH(server, &suspends->parent->conf->virtual_servers, entry)
	{
		if (server->ha_suspend) {
			look(suspends, true);
			return;
		}
	}
}
