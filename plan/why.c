/* Why two nodes do not hear each other. */
#include <stdio.h>
#include <string.h>

#include "conf/value.h"
#include "plan/judge.h"

/* Two instances that are both MASTER. */
struct deaf {
	const struct plan *plan;
	const struct plan_router *a, *b;
	const char *a_name, *b_name;
};

static const struct conf_place *place_or(
	const struct conf_place *place, const struct plan_router *router)
{
	return place->file != NULL ? place : &router->written->place;
}

static bool is_unicast(const struct plan_router *router)
{
	return (router->conf->c.flags & CONF_VRRP_UNICAST) != 0;
}

static const struct conf_place *other_router(const struct deaf *deaf, char reason[PLAN_TEXT_LEN])
{
	const struct conf_vrrp_instance *a = &deaf->a->conf->c, *b = &deaf->b->conf->c;

	if (a->vrid != b->vrid)
		snprintf(reason, PLAN_TEXT_LEN, ": virtual_router_id is %u on %s and %u on %s",
			a->vrid, deaf->a_name, b->vrid, deaf->b_name);
	else
		snprintf(reason, PLAN_TEXT_LEN,
			": nothing says that %s of %s and %s of %s are one network", a->ifname,
			deaf->a_name, b->ifname, deaf->b_name);
	return place_or(&deaf->b->written->vrid_place, deaf->b);
}

/* Nothing arrives: it is not sent there. */
static const struct conf_place *not_sent(const struct deaf *deaf, char reason[PLAN_TEXT_LEN])
{
	const struct plan_router *a = deaf->a, *b = deaf->b;
	const struct proto_addr *source = &b->conf->c.source;
	char address[VALUE_ADDRESS_LEN];

	if (is_unicast(a) != is_unicast(b)) {
		snprintf(reason, PLAN_TEXT_LEN, ": %s advertises by unicast, and %s does not",
			is_unicast(a) ? deaf->a_name : deaf->b_name,
			is_unicast(a) ? deaf->b_name : deaf->a_name);
	} else if (is_unicast(a) && source->family != 0) {
		snprintf(reason, PLAN_TEXT_LEN,
			": unicast_peer of %s lacks %s, from which %s sends", deaf->a_name,
			value_address_text(source, address), deaf->b_name);
	} else if (is_unicast(a)) {
		snprintf(reason, PLAN_TEXT_LEN,
			": unicast_peer of %s and %s does not tell which address is whose",
			deaf->a_name, deaf->b_name);
	}
	return place_or(&a->written->peers_place, a);
}

static const struct conf_place *dropped(
	const struct deaf *deaf, enum vrrp_drop drop, char reason[PLAN_TEXT_LEN])
{
	const struct conf_instance *a = deaf->a->written, *b = deaf->b->written;
	char here[VALUE_SECONDS_LEN], there[VALUE_SECONDS_LEN];

	switch (drop) {
	case VRRP_DROP_VERSION:
		snprintf(reason, PLAN_TEXT_LEN, ": %s speaks VRRP version %u and %s version %u",
			deaf->a_name, a->version, deaf->b_name, b->version);
		return place_or(&b->version_place, deaf->b);
	case VRRP_DROP_INTERVAL:
		snprintf(reason, PLAN_TEXT_LEN,
			": advert_int is %s on %s and %s on %s, which version 2 does not accept",
			value_seconds_text(a->advert_int_us, here), deaf->a_name,
			value_seconds_text(b->advert_int_us, there), deaf->b_name);
		return place_or(&b->advert_int_place, deaf->b);
	case VRRP_DROP_AUTH_TYPE:
	case VRRP_DROP_AUTH_DATA:
		snprintf(reason, PLAN_TEXT_LEN, ": %s and %s do not have the same %s", deaf->a_name,
			deaf->b_name, drop == VRRP_DROP_AUTH_TYPE ? "auth_type" : "auth_pass");
		return place_or(&b->auth_place, deaf->b);
	case VRRP_DROP_DESTINATION:
		if (is_unicast(deaf->a) != is_unicast(deaf->b))
			return not_sent(deaf, reason);
		snprintf(reason, PLAN_TEXT_LEN,
			": %s and %s advertise to different multicast groups", deaf->a_name,
			deaf->b_name);
		return place_or(&b->mcast_dst_place, deaf->b);
	case VRRP_DROP_LENGTH:
	case VRRP_DROP_TTL:
	case VRRP_DROP_TYPE:
	case VRRP_DROP_CHECKSUM:
	case VRRP_DROP_VRID:
	case VRRP_DROP_SOURCE:
	case VRRP_DROPS:
	case VRRP_ACCEPT:
		break;
	}
	snprintf(reason, PLAN_TEXT_LEN, ": %s drops what %s advertises (%s)", deaf->a_name,
		deaf->b_name, vrrp_drop_name(drop));
	return &a->place;
}

static const struct conf_place *explain(const struct deaf *deaf, char reason[PLAN_TEXT_LEN])
{
	uint8_t there = deaf->a->drops[deaf->b->node];
	uint8_t back = deaf->b->drops[deaf->a->node];
	const struct deaf reversed = {.plan = deaf->plan,
		.a = deaf->b,
		.b = deaf->a,
		.a_name = deaf->b_name,
		.b_name = deaf->a_name};

	if (deaf->a->virtual_router != deaf->b->virtual_router)
		return other_router(deaf, reason);
	if (there > 1)
		return dropped(deaf, (enum vrrp_drop)(there - 2), reason);
	if (back > 1)
		return dropped(&reversed, (enum vrrp_drop)(back - 2), reason);
	return back == 0 ? not_sent(deaf, reason) : not_sent(&reversed, reason);
}

const struct conf_place *judge_why_several(const struct plan *plan,
	const struct plan_bundle *bundle, uint32_t nodes, char reason[PLAN_TEXT_LEN])
{
	struct deaf deaf = {.plan = plan};

	for (size_t node = 0; node < plan->nodes_count; node++) {
		const struct plan_router *router = judge_router(plan, bundle, node);
		if ((nodes & 1U << node) == 0 || router == NULL)
			continue;
		if (deaf.a != NULL && deaf.b != NULL)
			break;
		*(deaf.a == NULL ? &deaf.a : &deaf.b) = router;
		*(deaf.a_name == NULL ? &deaf.a_name : &deaf.b_name) = plan->nodes[node].name;
	}
	if (deaf.b == NULL)
		return deaf.a != NULL ? &deaf.a->written->place : NULL;
	return explain(&deaf, reason);
}
