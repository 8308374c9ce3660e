/* What becomes of virtual servers when their real servers fail: addresses do not move for that, so
 * this is a matter of quorum and sorry server. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "checkerd/service.h"
#include "conf/value.h"
#include "plan/internal.h"

struct tally {
	uint32_t servers;
	uint32_t harmless;                    /* servers of which one may fail */
	const struct conf_real_server *fatal; /* the first without which the quorum is lost */
	uint64_t left;                        /* servers' weights that are up without it */
	struct service service;
};

static struct service_server server_of(const struct conf_real_server *real)
{
	return (struct service_server){.configured = real->weight};
}

static struct service make_service(const struct conf_virtual_server *server)
{
	const struct conf_real_server *real;
	struct service service;

	service_init(&service, server->quorum, server->hysteresis, true);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		struct service_server one = server_of(real);
		service_add(&service, &one);
	}
	service_settle(&service);
	return service;
}

/* One real server after the other fails alone. */
static struct tally count(const struct conf_virtual_server *server)
{
	struct tally tally = {.service = make_service(server)};
	const struct conf_real_server *real;

	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		struct service service = tally.service;
		struct service_server one = server_of(real);
		tally.servers++;
		service_update(&service, &one, 1, 0);
		tally.harmless += service.quorum_up;
		if (!service.quorum_up && tally.fatal == NULL) {
			tally.fatal = real;
			tally.left = service.weight_up;
		}
	}
	return tally;
}

/* ---- rows ---- */

static bool is_same(
	const struct plan_service *row, const char *name, const char *failure, const char *outcome)
{
	return strcmp(row->name, name) == 0 && strcmp(row->failure, failure) == 0 &&
	       strcmp(row->outcome, outcome) == 0;
}

/* Takes over both texts. A node that says the same as another shares its row. */
static void add_row(
	struct plan *plan, size_t node, const char *name, bool lost, char *failure, char *outcome)
{
	for (size_t i = 0; i < plan->services_count; i++) {
		struct plan_service *row = &plan->services[i];
		if (!is_same(row, name, failure, outcome))
			continue;
		row->nodes |= 1U << node;
		free(failure);
		free(outcome);
		return;
	}
	plan->services = plan_grow(plan->services, plan->services_count, sizeof *plan->services);
	struct plan_service *row = &plan->services[plan->services_count++];
	*row = (struct plan_service){
		.nodes = 1U << node, .failure = failure, .outcome = outcome, .lost = lost};
	proto_string_set(row->name, sizeof row->name, name);
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	if (vasprintf(&made, format, arguments) == -1)
		err(2, "plan");
	va_end(arguments);
	return made;
}

static char *without_quorum(const struct conf_virtual_server *server)
{
	char address[VALUE_ADDRESS_LEN];

	if (server->sorry.address.family == 0)
		return text("no quorum: nobody serves");
	return text("no quorum: the sorry server %s:%u serves",
		value_address_text(&server->sorry.address, address), server->sorry.port);
}

static char *single_failure(
	const struct tally *tally, const struct conf_virtual_server *server, uint32_t fatal)
{
	char name[PROTO_NAME_LEN];

	if (tally->servers == 1)
		return text("its only real server %s fails",
			conf_real_name(server, tally->fatal, name));
	if (fatal == tally->servers)
		return text("any one of its %u real servers fails", tally->servers);
	if (fatal == 1)
		return text("real server %s fails", conf_real_name(server, tally->fatal, name));
	return text("%s or one of %u others of its %u real servers fails",
		conf_real_name(server, tally->fatal, name), fatal - 1, tally->servers);
}

/* ---- findings ---- */

static void judge_quorum(struct plan *plan, const char *name,
	const struct conf_virtual_server *server, const struct tally *tally)
{
	const struct plan_subject subject = {.kind = "quorum",
		.wrong = tally->servers > 1,
		.place =
			server->quorum_place.file != NULL ? &server->quorum_place : &server->place};
	char head[PLAN_TEXT_LEN], real[PROTO_NAME_LEN];

	if (tally->fatal == NULL || server->sorry.address.family != 0)
		return;
	snprintf(head, sizeof head, "real server %s fails",
		conf_real_name(server, tally->fatal, real));
	if (tally->servers == 1)
		plan_find(plan, &subject, head,
			"nobody serves %s: it has no other, and no sorry_server", name);
	else
		plan_find(plan, &subject, head,
			"nobody serves %s though weight %" PRIu64
			" is left: the quorum is %" PRIu32,
			name, tally->left, tally->service.quorum);
}

static void judge_unchecked(
	struct plan *plan, const char *name, const struct conf_virtual_server *server)
{
	const struct conf_real_server *real;
	char text_of[PROTO_NAME_LEN], head[PLAN_TEXT_LEN];

	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		const struct plan_subject subject = {
			.kind = "unchecked", .wrong = true, .place = &real->place};
		if (!TAILQ_EMPTY(&real->checkers))
			continue;
		snprintf(head, sizeof head, "real server %s of %s fails",
			conf_real_name(server, real, text_of), name);
		plan_find(plan, &subject, head,
			"nothing moves: it has no checker, so nobody notices");
	}
}

static bool is_held(const struct plan *plan, size_t node, const struct proto_addr *address)
{
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *router = &plan->routers[i];
		for (size_t a = 0; router->node == node && a < router->conf->addresses_count; a++)
			if (value_address_equal(&router->conf->addresses[a].address, address))
				return true;
	}
	return false;
}

/* Its packets come to whoever has the address, which nothing moves. */
static void judge_address(
	struct plan *plan, size_t node, const char *name, const struct conf_virtual_server *server)
{
	const struct plan_subject subject = {.kind = "service-address", .place = &server->place};
	char head[PLAN_TEXT_LEN];

	if (server->address.family != AF_INET || plan->routers_count == 0 ||
		is_held(plan, node, &server->address))
		return;
	snprintf(head, sizeof head, "virtual server %s of %s", name, plan->nodes[node].name);
	plan_find(plan, &subject, head,
		"no vrrp_instance there has its address, so it does not move");
}

static void find_service(struct plan *plan, size_t node, const struct conf_virtual_server *server)
{
	char name[PROTO_NAME_LEN];
	struct tally tally = count(server);
	uint32_t fatal = tally.servers - tally.harmless;
	bool lost = server->sorry.address.family == 0;

	if (tally.servers == 0)
		return;
	conf_service_name(server, name);
	judge_quorum(plan, name, server, &tally);
	judge_unchecked(plan, name, server);
	judge_address(plan, node, name, server);
	if (tally.harmless > 0)
		add_row(plan, node, name, false,
			text("one of %u real servers fails", tally.harmless),
			text("the others serve"));
	if (fatal > 0)
		add_row(plan, node, name, lost, single_failure(&tally, server, fatal),
			without_quorum(server));
	if (tally.servers > 1)
		add_row(plan, node, name, lost, text("all %u real servers fail", tally.servers),
			without_quorum(server));
}

void plan_find_services(struct plan *plan)
{
	const struct conf_virtual_server *server;

	for (size_t node = 0; node < plan->nodes_count; node++)
		TAILQ_FOREACH(server, &plan->nodes[node].conf->virtual_servers, entry)
	find_service(plan, node, server);
}
