#include "vrrpd/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "proto/state_page.h"
#include "vrrpd/address_internal.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/instance.h"
#include "vrrpd/page.h"
#include "vrrpd/rtnl.h"

static int order_pointers(const void *a, const void *b)
{
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int vip_compare(const struct vip *a, const struct vip *b)
{
	int order = order_pointers(a->dev, b->dev);

	if (order == 0)
		order = (a->address > b->address) - (a->address < b->address);
	if (order == 0)
		order = (int)a->conf->prefixlen - (int)b->conf->prefixlen;
	if (order == 0)
		order = order_pointers(a->instance, b->instance);
	if (order == 0)
		order = order_pointers(a, b);
	return order;
}

RB_PROTOTYPE_INTERNAL(vip_tree, vip, entry, vip_compare, static __attribute__((unused)))
RB_GENERATE_INTERNAL(vip_tree, vip, entry, vip_compare, static __attribute__((unused)))

struct addresses *addresses_new(struct vrrpd *vrrpd)
{
	struct addresses *addresses = calloc(1, sizeof *addresses);

	if (addresses == NULL)
		return NULL;
	addresses->vrrpd = vrrpd;
	RB_INIT(&addresses->tree);
	timer_init(&addresses->again, addresses_look_again, addresses);
	return addresses;
}

void addresses_free(struct addresses *addresses)
{
	if (addresses == NULL)
		return;
	timers_cancel(addresses->vrrpd->timers, &addresses->again);
	free(addresses->jobs);
	free(addresses->requests);
	free(addresses);
}

/* An address that was there first with another prefix length may be the host's own. */
static void tolerate_others(struct vip *vip)
{
	for (size_t i = 0; i < vip->dev->addresses_count; i++)
		if (vip->dev->addresses[i].address == vip->address)
			vip->dev->addresses[i].tolerated = true;
}

void addresses_insert(struct addresses *addresses, struct vip *vip)
{
	RB_INSERT(vip_tree, &addresses->tree, vip);
	tolerate_others(vip);
	if (vip->lost)
		addresses->lost++;
}

void addresses_set_lost(struct addresses *addresses, struct vip *vip, bool lost)
{
	if (vip->lost == lost)
		return;
	vip->lost = lost;
	addresses->lost += lost ? 1 : (size_t)-1;
}

void addresses_forget(struct addresses *addresses, struct vip *vip)
{
	addresses_set_lost(addresses, vip, false);
	RB_REMOVE(vip_tree, &addresses->tree, vip);
}

struct vip *addresses_first_from(struct addresses *addresses, const struct interface *interface,
	uint32_t address, uint8_t prefixlen)
{
	struct conf_vrrp_address conf = {.prefixlen = prefixlen};
	/* the tree compares the interface's address only */
	struct vip key = {.address = address, .conf = &conf};

	memcpy(&key.dev, &interface, sizeof(struct interface *));
	return RB_NFIND(vip_tree, &addresses->tree, &key);
}

struct vip *addresses_first(struct addresses *addresses)
{
	return RB_MIN(vip_tree, &addresses->tree);
}

struct vip *addresses_next(struct vip *vip)
{
	return RB_NEXT(vip_tree, NULL, vip);
}

bool addresses_is_virtual(
	struct addresses *addresses, const struct interface *interface, uint32_t address)
{
	const struct vip *vip = addresses_first_from(addresses, interface, address, 0);

	return vip != NULL && vip->dev == interface && vip->address == address;
}

static bool same(
	const struct vip *a, const struct interface *interface, uint32_t address, uint8_t prefixlen)
{
	return a != NULL && a->dev == interface && a->address == address &&
	       a->conf->prefixlen == prefixlen;
}

struct vip *addresses_find_held(struct addresses *addresses, const struct interface *interface,
	uint32_t address, uint8_t prefixlen)
{
	struct vip *vip = addresses_first_from(addresses, interface, address, prefixlen);

	while (same(vip, interface, address, prefixlen)) {
		if (vip->held)
			return vip;
		vip = addresses_next(vip);
	}
	return NULL;
}

void addresses_add_job(
	struct addresses *addresses, const struct job *job, const struct rtnl_request *request)
{
	if (addresses->count == addresses->room) {
		size_t room = addresses->room == 0 ? 16 : addresses->room * 2;

		addresses->jobs = reallocarray(addresses->jobs, room, sizeof(struct job));
		addresses->requests =
			reallocarray(addresses->requests, room, sizeof(struct rtnl_request));
		if (addresses->jobs == NULL || addresses->requests == NULL)
			fatal("addresses");
		addresses->room = room;
	}
	addresses->jobs[addresses->count] = *job;
	addresses->requests[addresses->count++] = *request;
}

struct rtnl_request addresses_request(const struct vip *vip, bool add)
{
	return (struct rtnl_request){.add = add,
		.index = vip->dev->index,
		.address = vip->address,
		.prefixlen = vip->conf->prefixlen,
		.scope = vip->conf->scope,
		.broadcast = config_ipv4(&vip->conf->broadcast),
		.label = vip->conf->label};
}

void addresses_take_as(struct addresses *addresses, const struct job *job)
{
	struct vip *vip = job->vip;
	struct rtnl_request request = addresses_request(vip, true);

	vip->held = true;
	vip->held_index = vip->dev->index;
	addresses_set_lost(addresses, vip, false);
	if (vip->dev->index == 0) {
		log_warnx("%s: %s cannot be added: interface %s does not exist",
			vip->instance->conf->c.name, inet_ntoa((struct in_addr){vip->address}),
			vip->dev->name);
		return;
	}
	addresses_add_job(addresses, job, &request);
}

void addresses_take(struct addresses *addresses, struct vip *vip, bool announce)
{
	struct job job = {.vip = vip,
		.what = ADDRESS_TAKE,
		.announce = announce ? vip->instance->params.garp_repeat : 0};

	addresses_take_as(addresses, &job);
}

static void give_up(struct addresses *addresses, struct vip *vip, enum address_job what)
{
	struct job job = {.vip = vip, .what = what};
	struct rtnl_request request = addresses_request(vip, false);

	if (!vip->held)
		return;
	vip->held = false;
	addresses_set_lost(addresses, vip, false);
	if (addresses_find_held(addresses, vip->dev, vip->address, vip->conf->prefixlen) != NULL)
		return;
	/* it stays on an interface that was renamed */
	if (vip->held_index != 0)
		request.index = vip->held_index;
	if (request.index == 0) {
		page_forget_address(addresses->vrrpd->page, vip->conf);
		return;
	}
	addresses_add_job(addresses, &job, &request);
}

void addresses_give_up(struct addresses *addresses, struct vip *vip)
{
	give_up(addresses, vip, ADDRESS_GIVE_UP);
}

static void log_refusal(const struct vip *vip, const struct rtnl_request *request)
{
	errno = request->error;
	log_warn("%s: %s/%u cannot be %s %s", vip->instance->conf->c.name,
		inet_ntoa((struct in_addr){vip->address}), vip->conf->prefixlen,
		request->add ? "added to" : "removed from", vip->dev->name);
}

static void log_removed(const struct job *job, const struct rtnl_request *request)
{
	const struct vip *vip = job->vip;
	const char *name = vip->instance->conf->c.name;
	const char *address = inet_ntoa((struct in_addr){vip->address});
	char more[64] = "";

	if (job->left_out > 0)
		snprintf(more, sizeof more, " (%u more times since the last such line)",
			job->left_out);
	if (job->what == ADDRESS_REMOVE && !job->quiet)
		log_line(LOG_NOTICE,
			"%s: somebody added %s/%u to %s, which is not held there in state %s: "
			"removed it%s",
			name, address, request->prefixlen, vip->dev->name,
			vrrp_state_name(vip->instance->fsm.state), more);
	else if (job->what == ADDRESS_CLEAR)
		log_info("%s: removed %s/%u from %s, left by an earlier process", name, address,
			request->prefixlen, vip->dev->name);
	else if (request->index != vip->dev->index)
		log_line(LOG_NOTICE, "%s: removed %s/%u from the interface that was %s", name,
			address, request->prefixlen, vip->dev->name);
}

static void removed(
	struct addresses *addresses, const struct job *job, const struct rtnl_request *request)
{
	const struct vip *vip = job->vip;

	/* gone already, or its interface is */
	if (request->error != 0 && request->error != EADDRNOTAVAIL && request->error != ENODEV) {
		log_refusal(vip, request);
		return;
	}
	if (request->error == 0)
		log_removed(job, request);
	if (addresses_find_held(addresses, vip->dev, vip->address, vip->conf->prefixlen) == NULL)
		page_forget_address(addresses->vrrpd->page, vip->conf);
}

static void added(
	struct addresses *addresses, const struct job *job, const struct rtnl_request *request)
{
	struct vip *vip = job->vip;

	if (request->error != 0 && request->error != EEXIST) {
		log_refusal(vip, request);
		addresses_refused(addresses, vip, clock_now_ns());
		return;
	}
	vip->accepted = true;
	vip->refusals = 0;
	if (request->error == 0 && job->announce > 0)
		garp_push(addresses->vrrpd->garp, vip, job->announce);
	/* what exists is ours from now on; it may have a lifetime */
	if (request->error == EEXIST) {
		vip->dev->unchecked = true;
		addresses_arm(addresses, clock_now_ns());
	}
}

size_t addresses_waiting(const struct addresses *addresses)
{
	return addresses->count;
}

void addresses_flush(struct addresses *addresses)
{
	size_t count = addresses->count;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (addresses->requests[i].add)
			page_remember_address(addresses->vrrpd->page, addresses->jobs[i].vip->conf);
	rtnl_addresses(addresses->vrrpd->rtnl, addresses->requests, count);
	addresses->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct rtnl_request *request = &addresses->requests[i];

		if (request->add)
			added(addresses, &addresses->jobs[i], request);
		else
			removed(addresses, &addresses->jobs[i], request);
	}
}

static void remove_remembered(struct addresses *addresses, const struct interface *interface,
	const struct state_vrrp_address *left)
{
	struct vrrpd *vrrpd = addresses->vrrpd;
	uint32_t address = config_ipv4(&left->address);
	struct rtnl_request request = {.address = address,
		.prefixlen = (uint8_t)left->prefixlen,
		.label = "",
		.index = interface->index};

	if (addresses_find_held(addresses, interface, address, (uint8_t)left->prefixlen) != NULL)
		return;
	if (request.index != 0)
		rtnl_addresses(vrrpd->rtnl, &request, 1);
	if (request.index != 0 && request.error == 0)
		log_info("removed %s/%u from %s, left by an earlier process",
			inet_ntoa((struct in_addr){address}), left->prefixlen, left->ifname);
	state_address_remove(
		page_map(vrrpd->page), left->ifname, &left->address, (uint8_t)left->prefixlen);
}

/* The owner's address is the interface's own. */
static bool is_residue(struct addresses *addresses, const struct vip *vip)
{
	return vip->instance->params.base_priority != 255 &&
	       addresses_find_held(addresses, vip->dev, vip->address, vip->conf->prefixlen) ==
		       NULL &&
	       interface_has_address(vip->dev, vip->address, vip->conf->prefixlen);
}

/* The interfaces of remembered addresses need not be in the configuration any more. */
static void each_remembered(struct addresses *addresses,
	bool (*visit)(struct addresses *addresses, const struct state_vrrp_address *left))
{
	struct state_page *map = page_map(addresses->vrrpd->page);
	struct state_vrrp_address left;
	bool ask = false;

	for (uint32_t i = 0; i < STATE_VRRP_ADDRESSES; i++)
		if (state_address_get(map, i, &left) == 1 && left.address.family == AF_INET)
			ask |= visit(addresses, &left);
	if (ask && rtnl_dump(addresses->vrrpd->rtnl) == -1)
		log_warn("reading interfaces and addresses");
}

static bool name_interface(struct addresses *addresses, const struct state_vrrp_address *left)
{
	bool is_new = false;

	if (interface_get(&addresses->vrrpd->interfaces, left->ifname, &is_new) == NULL)
		fatal("interface %s", left->ifname);
	return is_new;
}

static bool clear_interface(struct addresses *addresses, const struct state_vrrp_address *left)
{
	struct interfaces *interfaces = &addresses->vrrpd->interfaces;
	struct interface *interface = interface_find(interfaces, left->ifname);

	remove_remembered(addresses, interface, left);
	interface_put(interfaces, interface);
	return false;
}

void addresses_remove_leftovers(struct addresses *addresses)
{
	struct vip *vip;

	each_remembered(addresses, name_interface);
	each_remembered(addresses, clear_interface);
	RB_FOREACH(vip, vip_tree, &addresses->tree)
	{
		if (!is_residue(addresses, vip))
			continue;
		vip->held = true;
		give_up(addresses, vip, ADDRESS_CLEAR);
	}
}
