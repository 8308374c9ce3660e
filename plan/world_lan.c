/* Networks: every advertisement is written and read as a packet. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/clock.h"
#include "plan/world.h"
#include "vrrpd/params.h"

#define TRANSIT_NS (NSEC_PER_MSEC / 10)

uint64_t world_next_packet(const struct world *world)
{
	return world->packets_count == 0 ? UINT64_MAX : world->packets[world->packets_first].at_ns;
}

static struct world_packet *new_packet(struct world *world)
{
	if (world->packets_count == world->packets_room) {
		size_t room = world->packets_room == 0 ? 16 : world->packets_room * 2;
		struct world_packet *grown = plan_allocate(room, sizeof *grown);
		for (size_t i = 0; i < world->packets_count; i++)
			grown[i] = world->packets[(world->packets_first + i) % world->packets_room];
		free(world->packets);
		world->packets = grown;
		world->packets_room = room;
		world->packets_first = 0;
	}
	return &world->packets[(world->packets_first + world->packets_count++) %
			       world->packets_room];
}

static bool is_connected(const struct world *world, const struct world_router *router)
{
	return world_lives(world, router) &&
	       plan_interface_up(world->failure, router->is->node, router->is->conf->c.ifname);
}

static void send_to(struct world *world, const struct world_router *router,
	const struct vrrp_advert_template *advert)
{
	struct world_packet *packet = new_packet(world);

	packet->at_ns = world->now_ns + TRANSIT_NS;
	packet->from = router;
	packet->destination = advert->destination;
	packet->length = vrrp_packet_encode(advert, packet->bytes, sizeof packet->bytes);
}

void world_send(struct world *world, const struct world_router *router, uint8_t priority)
{
	const struct config_instance *conf = router->is->conf;
	struct vrrp_advert_template advert;

	if (!is_connected(world, router))
		return;
	params_advert(conf, &router->params, router->is->advertised, router->is->advertised_count,
		&advert);
	advert.priority = priority;
	if ((conf->c.flags & CONF_VRRP_UNICAST) == 0) {
		send_to(world, router, &advert);
		return;
	}
	for (size_t i = 0; i < conf->peers_count; i++) {
		advert.destination = config_ipv4(&conf->peers[i].address);
		send_to(world, router, &advert);
	}
}

/* One of the two is cut off from all others. */
static bool are_apart(
	const struct world *world, const struct plan_router *one, const struct plan_router *other)
{
	const struct plan_failure *failure = world->failure;

	return failure != NULL && failure->what == PLAN_APART && failure->network == one->network &&
	       (failure->node == one->node) != (failure->node == other->node);
}

void world_find_hearers(struct world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *from = &world->routers[i];
		for (size_t j = 0; j < world->count; j++) {
			struct world_router *to = &world->routers[j];
			if (from->is->network != to->is->network ||
				from->is->node == to->is->node ||
				from->is->conf->c.vrid != to->is->conf->c.vrid)
				continue;
			from->hearers = plan_grow(
				from->hearers, from->hearers_count, sizeof(struct world_router *));
			from->hearers[from->hearers_count++] = to;
		}
	}
}

static bool reaches(const struct world *world, const struct world_packet *packet,
	const struct world_router *router)
{
	return (IN_MULTICAST(ntohl(packet->destination)) ||
		       packet->destination == router->source) &&
	       is_connected(world, router) && !are_apart(world, packet->from->is, router->is);
}

static void receive(
	struct world *world, const struct world_packet *packet, struct world_router *router)
{
	struct vrrp_advert advert;
	enum vrrp_drop drop = vrrp_packet_decode(packet->bytes, packet->length, &advert);

	if (drop == VRRP_ACCEPT)
		drop = vrrp_packet_check(&advert, &router->expect);
	router->drops[packet->from->is->node] = (uint8_t)(drop + 2);
	if (drop != VRRP_ACCEPT)
		return;
	world_router_event(world, router,
		&(struct vrrp_event){.type = VRRP_EVENT_ADVERT,
			.priority = advert.priority,
			.interval_cs = advert.interval_cs,
			.source = advert.source});
}

void world_deliver(struct world *world)
{
	while (world_next_packet(world) <= world->now_ns) {
		/* those who hear it may answer, for which the ring may have to grow */
		struct world_packet packet = world->packets[world->packets_first];

		world->packets_first = (world->packets_first + 1) % world->packets_room;
		world->packets_count--;
		for (size_t i = 0; i < packet.from->hearers_count; i++)
			if (reaches(world, &packet, packet.from->hearers[i]))
				receive(world, &packet, packet.from->hearers[i]);
		*world->work -= *world->work > packet.from->hearers_count
					? packet.from->hearers_count
					: *world->work;
	}
}
