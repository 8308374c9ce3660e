#include "checkerd/service.h"

void service_init(struct service *service, uint32_t quorum, uint32_t hysteresis, bool quorum_up)
{
	*service = (struct service){
		.quorum = quorum, .hysteresis = hysteresis, .quorum_up = quorum_up};
}

bool service_server_up(const struct service_server *server)
{
	return server->failing == 0;
}

uint32_t service_server_weight(const struct service_server *server)
{
	int64_t weight = (int64_t)server->configured + server->added;

	if (weight < 0)
		return 0;
	return weight > INT32_MAX ? INT32_MAX : (uint32_t)weight;
}

uint32_t service_server_weight_in_force(const struct service_server *server)
{
	return server->inhibit && !service_server_up(server) ? 0 : service_server_weight(server);
}

static uint32_t weight_up(const struct service_server *server)
{
	return service_server_up(server) ? service_server_weight(server) : 0;
}

void service_add(struct service *service, const struct service_server *server)
{
	service->total += server->configured;
	service->weight_up += weight_up(server);
}

/* Never more than all servers weigh: with all of them up there is a quorum. */
uint64_t service_gains_at(const struct service *service)
{
	uint64_t gains_at = (uint64_t)service->quorum + service->hysteresis;

	return gains_at > service->total ? service->total : gains_at;
}

uint64_t service_lost_below(const struct service *service)
{
	return service->quorum > service->hysteresis ? service->quorum - service->hysteresis : 0;
}

/* Nothing up is no quorum, whatever the numbers say: there is nobody to serve. */
static bool judge(struct service *service)
{
	bool before = service->quorum_up;

	if (service->weight_up == 0)
		service->quorum_up = false;
	else if (before)
		service->quorum_up = service->weight_up >= service_lost_below(service);
	else
		service->quorum_up = service->weight_up >= service_gains_at(service);
	return service->quorum_up != before;
}

bool service_settle(struct service *service)
{
	if (service->quorum > service->total)
		service->quorum = (uint32_t)service->total;
	if (service->hysteresis >= service->quorum)
		service->hysteresis = service->quorum == 0 ? 0 : service->quorum - 1;
	return judge(service);
}

struct service_change service_update(
	struct service *service, struct service_server *server, int failing, int64_t added)
{
	bool was_up = service_server_up(server);
	uint32_t was_in_force = service_server_weight_in_force(server);

	service->weight_up -= weight_up(server);
	server->failing = (uint32_t)((int64_t)server->failing + failing);
	server->added += added;
	service->weight_up += weight_up(server);
	return (struct service_change){
		.server = service_server_up(server) != was_up,
		.weight = service_server_weight_in_force(server) != was_in_force,
		.quorum = judge(service),
	};
}
