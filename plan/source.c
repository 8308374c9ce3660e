/* Which addresses nodes send from, as far as configurations say it. */
#include "plan/internal.h"

static bool is_unicast(const struct plan_router *router)
{
	return (router->conf->c.flags & CONF_VRRP_UNICAST) != 0;
}

static bool lists(const struct plan_router *router, uint32_t address)
{
	for (size_t i = 0; i < router->conf->peers_count; i++)
		if (config_ipv4(&router->conf->peers[i].address) == address)
			return true;
	return false;
}

/* All others call it by this address, and none of them has it. */
static bool is_called(const struct plan *plan, const struct plan_router *router, uint32_t address)
{
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *other = &plan->routers[i];
		if (other == router || other->virtual_router != router->virtual_router)
			continue;
		if (!lists(other, address) || config_ipv4(&other->conf->c.source) == address)
			return false;
	}
	return !lists(router, address);
}

static const struct plan_router *find_partner(
	const struct plan *plan, const struct plan_router *router)
{
	for (size_t i = 0; i < plan->routers_count; i++)
		if (&plan->routers[i] != router &&
			plan->routers[i].virtual_router == router->virtual_router)
			return &plan->routers[i];
	return NULL;
}

/* Among unicast routers each is known by what the others list. Returns 0 unless that is one. */
static uint32_t name_by_others(const struct plan *plan, const struct plan_router *router)
{
	const struct plan_router *partner = find_partner(plan, router);
	uint32_t found = 0;

	if (partner == NULL || !is_unicast(partner))
		return 0;
	for (size_t i = 0; i < partner->conf->peers_count; i++) {
		uint32_t address = config_ipv4(&partner->conf->peers[i].address);
		if (!is_called(plan, router, address))
			continue;
		if (found != 0)
			return 0;
		found = address;
	}
	return found;
}

void plan_find_sources(struct plan *plan)
{
	for (size_t i = 0; i < plan->routers_count; i++) {
		struct plan_router *router = &plan->routers[i];
		router->source = config_ipv4(&router->conf->c.source);
		if (router->source == 0 && is_unicast(router))
			router->source = name_by_others(plan, router);
	}
}
