/* Noticing what somebody else does to the virtual addresses, and putting it right. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/address_internal.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/instance.h"

#define REFUSAL_NS  (10 * NSEC_PER_SEC) /* doubled with every refusal … */
#define REFUSAL_MAX 5                   /* … so often */

#define TEXT_SIZE sizeof "255.255.255.255/32"

static const char *address_text(uint32_t address, uint8_t prefixlen, char *text)
{
	snprintf(text, TEXT_SIZE, "%s/%u", inet_ntoa((struct in_addr){address}), prefixlen);
	return text;
}

/* "", or how often the same happened without a line. */
static const char *left_out_text(uint32_t left_out, char *text, size_t size)
{
	text[0] = '\0';
	if (left_out > 0)
		snprintf(text, size, " (%u more times since the last such line)", left_out);
	return text;
}

void addresses_arm(struct addresses *addresses, uint64_t at_ns)
{
	timers_set_lazily(addresses->vrrpd->timers, &addresses->again, at_ns);
}

/* Whether it is this address's turn to be put right; otherwise the guard comes back. */
static bool may_repair(struct addresses *addresses, struct vip *vip, uint64_t now_ns)
{
	uint64_t again_ns;

	if (pace_allows(&vip->pace, now_ns, &again_ns))
		return true;
	addresses_arm(addresses, again_ns);
	return false;
}

/* ---- lost ones ---- */

void addresses_heard(struct addresses *addresses, const struct interface *interface,
	const struct rtnl_address *address)
{
	struct vip *vip =
		addresses_find_held(addresses, interface, address->address, address->prefixlen);

	if (vip != NULL)
		addresses_set_lost(addresses, vip, address->gone);
}

void addresses_compare(struct addresses *addresses, const struct interface *interface)
{
	struct vip *vip = addresses_first_from(addresses, interface, 0, 0);

	if (interface->index == 0)
		return;
	for (; vip != NULL && vip->dev == interface; vip = addresses_next(vip))
		if (vip->held && vip->held_index != interface->index)
			addresses_set_lost(addresses, vip, true);
}

void addresses_compare_all(struct addresses *addresses)
{
	for (struct vip *vip = addresses_first(addresses); vip != NULL; vip = addresses_next(vip)) {
		if (vip->held)
			addresses_set_lost(addresses, vip,
				!interface_has_address(
					vip->dev, vip->address, vip->conf->prefixlen));
	}
}

/* Not after a mere misunderstanding: a removal of ours may be reported late. */
static bool really_lost(const struct vip *vip)
{
	if ((vip->conf->flags & CONF_ADDRESS_NO_TRACK) != 0)
		return false;
	return interface_exists(vip->dev) &&
	       !interface_has_address(vip->dev, vip->address, vip->conf->prefixlen);
}

/* What was renamed away must not keep it. */
static void leave_former_interface(struct addresses *addresses, struct vip *vip)
{
	struct job job = {.vip = vip, .what = ADDRESS_GIVE_UP};
	struct rtnl_request request = addresses_request(vip, false);

	if (vip->held_index == 0 || vip->held_index == vip->dev->index)
		return;
	request.index = vip->held_index;
	addresses_add_job(addresses, &job, &request);
}

static void put_back(struct addresses *addresses, struct vip *vip, bool in_a_row, uint64_t now_ns)
{
	struct job job = {.vip = vip,
		.what = ADDRESS_PUT_BACK,
		.announce = in_a_row ? 1 : vip->instance->params.garp_repeat};
	bool same_interface = vip->held_index == vip->dev->index;
	char text[TEXT_SIZE], more[64];
	uint32_t left_out;

	if (pace_logs(&vip->log_lost, now_ns, &left_out))
		log_line(LOG_NOTICE, "%s: %s %s on %s: putting it back%s",
			vip->instance->conf->c.name,
			same_interface ? "somebody removed" : "a new interface lacks",
			address_text(vip->address, vip->conf->prefixlen, text), vip->dev->name,
			left_out_text(left_out, more, sizeof more));
	leave_former_interface(addresses, vip);
	addresses_take_as(addresses, &job);
}

void addresses_restore(struct addresses *addresses, uint64_t now_ns)
{

	if (addresses->lost == 0)
		return;
	for (struct vip *vip = addresses_first(addresses); vip != NULL; vip = addresses_next(vip)) {
		bool in_a_row = pace_in_a_row(&vip->pace, now_ns);

		if (!vip->lost)
			continue;
		if (!really_lost(vip))
			addresses_set_lost(addresses, vip, false);
		else if (may_repair(addresses, vip, now_ns))
			put_back(addresses, vip, in_a_row, now_ns);
	}
}

/* ---- wrong ones ---- */

static void renew(struct addresses *addresses, struct vip *vip, uint64_t now_ns)
{
	struct job job = {.vip = vip, .what = ADDRESS_RENEW};
	struct rtnl_request request = addresses_request(vip, true);
	char text[TEXT_SIZE], more[64];
	uint32_t left_out;

	if (pace_logs(&vip->log_renewed, now_ns, &left_out))
		log_line(LOG_NOTICE, "%s: somebody gave %s on %s a lifetime: taking it away%s",
			vip->instance->conf->c.name,
			address_text(vip->address, vip->conf->prefixlen, text), vip->dev->name,
			left_out_text(left_out, more, sizeof more));
	request.replace = true;
	addresses_add_job(addresses, &job, &request);
}

/* Whether nobody but we may have put this virtual address there. */
static bool only_ours(struct vip *vip)
{
	const struct interface *interface = vip->dev;
	uint32_t address = vip->address;

	for (; vip != NULL && vip->dev == interface && vip->address == address;
		vip = addresses_next(vip))
		if (!vip->instance->started || vip->instance->params.base_priority == 255)
			return false;
	return true;
}

static void remove_foreign(struct addresses *addresses, struct vip *vip,
	const struct if_address *known, uint64_t now_ns)
{
	struct job job = {.vip = vip, .what = ADDRESS_REMOVE};
	struct rtnl_request request = addresses_request(vip, false);

	request.prefixlen = known->prefixlen;
	job.quiet = !pace_logs(&vip->log_removed, now_ns, &job.left_out);
	addresses_add_job(addresses, &job, &request);
}

/* Whether the configuration has exactly this. */
static bool configured(struct addresses *addresses, const struct interface *interface,
	const struct if_address *known)
{
	const struct vip *vip =
		addresses_first_from(addresses, interface, known->address, known->prefixlen);

	return vip != NULL && vip->dev == interface && vip->address == known->address &&
	       vip->conf->prefixlen == known->prefixlen;
}

static bool must_renew(const struct vip *held, const struct if_address *known)
{
	return known->expires && (held->conf->flags & CONF_ADDRESS_NO_TRACK) == 0;
}

/* Returns false when it has to wait. */
static bool check_one(struct addresses *addresses, const struct interface *interface,
	const struct if_address *known, uint64_t now_ns)
{
	struct vip *vip = addresses_first_from(addresses, interface, known->address, 0);
	struct vip *held =
		addresses_find_held(addresses, interface, known->address, known->prefixlen);

	if (vip == NULL || vip->dev != interface || vip->address != known->address)
		return true;
	if (held != NULL && !must_renew(held, known))
		return true;
	if (held == NULL && !only_ours(vip))
		return true;
	if (held == NULL && known->tolerated && !configured(addresses, interface, known))
		return true;
	if (!may_repair(addresses, held != NULL ? held : vip, now_ns))
		return false;
	if (held != NULL)
		renew(addresses, held, now_ns);
	else
		remove_foreign(addresses, vip, known, now_ns);
	return true;
}

void addresses_check(struct addresses *addresses, struct interface *interface, uint64_t now_ns)
{
	interface->unchecked = false;
	for (size_t i = 0; i < interface->addresses_count; i++)
		if (!check_one(addresses, interface, &interface->addresses[i], now_ns))
			interface->unchecked = true;
}

static void check_each(struct addresses *addresses, bool all, uint64_t now_ns)
{
	struct interface *last = NULL;

	for (struct vip *vip = addresses_first(addresses); vip != NULL; vip = addresses_next(vip)) {
		if (vip->dev != last && (all || vip->dev->unchecked))
			addresses_check(addresses, vip->dev, now_ns);
		last = vip->dev;
	}
}

void addresses_check_all(struct addresses *addresses, uint64_t now_ns)
{
	check_each(addresses, true, now_ns);
}

/* ---- what the kernel refuses ---- */

void addresses_refused(struct addresses *addresses, struct vip *vip, uint64_t now_ns)
{
	if (!vip->accepted)
		return; /* a configuration that this kernel does not take: no better elsewhere */
	vip->refused_until_ns = now_ns + (REFUSAL_NS << vip->refusals);
	if (vip->refusals < REFUSAL_MAX)
		vip->refusals++;
	addresses_arm(addresses, now_ns);
}

uint32_t addresses_faults(const struct instance *instance)
{
	uint32_t reasons = 0;

	for (size_t i = 0; i < instance->vips_count; i++) {
		const struct vip *vip = &instance->vips[i];

		if (!vip->accepted || (vip->conf->flags & CONF_ADDRESS_NO_TRACK) != 0)
			continue;
		if (!interface_exists(vip->dev))
			reasons |= VRRP_FAULT_INTERFACE_MISSING;
		if (vip->refused_until_ns != 0)
			reasons |= VRRP_FAULT_SOCKET;
	}
	return reasons;
}

/* Anything about its interface may be why it was refused. */
static void forgive(struct addresses *addresses, const struct interface *interface)
{
	struct vip *vip = addresses_first_from(addresses, interface, 0, 0);

	for (; vip != NULL && vip->dev == interface; vip = addresses_next(vip))
		vip->refused_until_ns = 0;
}

void addresses_review(
	struct addresses *addresses, const struct interface *interface, uint64_t now_ns)
{
	struct vip *vip = addresses_first_from(addresses, interface, 0, 0);
	struct instance *last = NULL;

	forgive(addresses, interface);
	for (; vip != NULL && vip->dev == interface; vip = addresses_next(vip)) {
		/* those on the interface itself are reviewed in any case */
		if (vip->instance != last && vip->instance->interface != interface &&
			vip->instance->started)
			instance_review(vip->instance, now_ns);
		last = vip->instance;
	}
}

static void review_refused(struct addresses *addresses, uint64_t now_ns)
{
	for (struct vip *vip = addresses_first(addresses); vip != NULL; vip = addresses_next(vip)) {
		if (vip->refused_until_ns == 0)
			continue;
		if (vip->refused_until_ns <= now_ns)
			vip->refused_until_ns = 0;
		else
			addresses_arm(addresses, vip->refused_until_ns);
		instance_review(vip->instance, now_ns);
	}
}

void addresses_look_again(void *arg, uint64_t now_ns)
{
	struct addresses *addresses = arg;

	addresses_restore(addresses, now_ns);
	check_each(addresses, false, now_ns);
	review_refused(addresses, now_ns);
}

/* ---- announcing ---- */

size_t addresses_announce(struct addresses *addresses, const struct interface *interface)
{
	struct vip *vip = addresses_first_from(addresses, interface, 0, 0);
	size_t count = 0;

	for (; vip != NULL && vip->dev == interface; vip = addresses_next(vip))
		if (vip->held) {
			garp_push(addresses->vrrpd->garp, vip, vip->instance->params.garp_repeat);
			count++;
		}
	return count;
}
