#include "ipvsd/show.h"

#include <errno.h>
#include <linux/ip_vs.h>
#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/log.h"
#include "ipvsd/balancer_internal.h"

/* A service to be shown. */
struct show_service {
	struct ipvs_key key;
	const struct ipvs_service *kernel; /* NULL: the kernel does not have it */
	const struct ipvs_counters *counters;
};

/* What the kernel had when row 0 was asked for. */
struct show_list {
	struct ipvs_service *kernel;
	struct ipvs_counters *counters;
	size_t kernel_count;
	struct show_service *services; /* in the order of the rows */
	size_t count;
};

/* Real servers of the service that is being shown: wanted and actual ones together, and those that
 * are configured and neither. */
struct show_dest {
	struct ipvs_dest dest, wanted, actual; /* dest: its key */
	struct ipvs_counters counters;
	bool is_wanted, is_actual;
};

struct show_state {
	uint32_t question, row;         /* the next row of it */
	char problem[IPVS_PROBLEM_LEN]; /* of the whole answer */
	struct show_list list;
	size_t service; /* the next, or that of dests */
	struct show_dest *dests;
	size_t dests_count, dest; /* the next */
	bool in_service;
};

static void forget_dests(struct show_state *state)
{
	free(state->dests);
	state->dests = NULL;
	state->dests_count = state->dest = 0;
	state->in_service = false;
}

void show_clear(struct show *show)
{
	struct show_state *state = show->state;

	if (state == NULL)
		return;
	forget_dests(state);
	free(state->list.kernel);
	free(state->list.counters);
	free(state->list.services);
	free(state);
	show->state = NULL;
}

/* ---- which services ---- */

static void put_service(struct show_list *list, const struct ipvs_key *key)
{
	const struct ipvs_service *kernel =
		balancer_find_service(list->kernel, list->kernel_count, key);

	list->services[list->count++] = (struct show_service){.key = *key,
		.kernel = kernel,
		.counters = kernel == NULL ? NULL : &list->counters[kernel - list->kernel]};
}

static void put_claimed(
	struct show_list *list, const struct balancer *balancer, uint32_t virtual_server)
{
	const struct model *model = &balancer->model;

	for (uint32_t i = model->first_claim[virtual_server];
		i < model->first_claim[virtual_server + 1]; i++) {
		const struct model_claim *claim = &model->claims[i];
		if (claim->service->claims == claim)
			put_service(list, &claim->service->kernel.key);
	}
}

static bool is_claimed(const struct balancer *balancer, const struct ipvs_key *key)
{
	const struct model_service *service = model_find(&balancer->model, key);

	return service != NULL && service->claims != NULL;
}

/* Those of the configuration in its order, then what else the kernel has. */
static bool list_services(struct show_list *list, const struct balancer *balancer, uint32_t only)
{
	const struct ipvs_conf *conf = &balancer->conf;

	list->services =
		calloc(list->kernel_count + balancer->model.count + 1, sizeof(*list->services));
	if (list->services == NULL)
		return false;
	for (uint32_t i = 0; i < conf->virtuals_count; i++) {
		if (only == IPVS_NONE || only == i)
			put_claimed(list, balancer, i);
	}
	for (size_t i = 0; i < list->kernel_count && only == IPVS_NONE; i++) {
		if (!is_claimed(balancer, &list->kernel[i].key))
			put_service(list, &list->kernel[i].key);
	}
	return true;
}

/* Returns NULL, or why there is nothing to show. When the kernel's table cannot be read, what is
 * wanted is shown all the same. */
static const char *begin(struct balancer *balancer, const struct ipvs_show *question)
{
	struct show_state *state = calloc(1, sizeof(*state));

	show_clear(&balancer->show);
	if (state == NULL)
		return "out of memory";
	balancer->show.state = state;
	state->question = question->question;
	if (ipvs_netlink_read_services(balancer->netlink, &state->list.kernel,
		    &state->list.kernel_count, &state->list.counters) == -1) {
		state->list.kernel_count = 0;
		proto_string_set(state->problem, sizeof(state->problem),
			ipvs_netlink_why(balancer->netlink));
	}
	if (!list_services(&state->list, balancer, question->virtual_server))
		return "out of memory";
	return NULL;
}

/* ---- rows ---- */

static struct ipvs_shown_counters counters_of(const struct ipvs_counters *counters)
{
	if (counters == NULL)
		return (struct ipvs_shown_counters){0};
	return (struct ipvs_shown_counters){.connections = counters->connections,
		.packets_in = counters->packets_in,
		.packets_out = counters->packets_out,
		.bytes_in = counters->bytes_in,
		.bytes_out = counters->bytes_out,
		.connections_s = counters->connections_s,
		.packets_in_s = counters->packets_in_s,
		.packets_out_s = counters->packets_out_s,
		.bytes_in_s = counters->bytes_in_s,
		.bytes_out_s = counters->bytes_out_s};
}

static struct ipvs_shown_service_values service_values(const struct ipvs_service *service)
{
	struct ipvs_shown_service_values values = {.flags = service->flags,
		.timeout_s = service->timeout_s,
		.netmask = service->netmask};

	proto_string_set(values.scheduler, sizeof(values.scheduler), service->scheduler);
	proto_string_set(values.engine, sizeof(values.engine), service->engine);
	return values;
}

static void send_service(struct balancer *balancer, const struct show_service *shown)
{
	const struct model_service *service = model_find(&balancer->model, &shown->key);
	const struct model_claim *claim = service == NULL ? NULL : service->claims;
	struct ipvs_shown_service row = {.counters = counters_of(shown->counters),
		.question = balancer->show.state->question,
		.virtual_server = claim == NULL ? IPVS_NONE : claim->virtual_server,
		.fwmark = shown->key.fwmark,
		.address = shown->key.address,
		.protocol = shown->key.protocol,
		.port = shown->key.port};

	if (page_has(balancer->page, &shown->key, NULL))
		row.flags |= IPVS_SHOWN_OWNED;
	if (shown->kernel != NULL) {
		row.flags |= IPVS_SHOWN_ACTUAL;
		row.actual = service_values(shown->kernel);
	}
	if (claim != NULL) {
		const struct ipvs_service wanted = wanted_service(
			&balancer->conf.virtuals[claim->virtual_server], &shown->key);
		row.flags |= IPVS_SHOWN_WANTED;
		row.wanted = service_values(&wanted);
	}
	if (service != NULL && service->trouble != NULL)
		proto_string_set(row.problem, sizeof(row.problem), service->trouble);
	child_send(balancer->child, IPVS_SHOWN_SERVICE, &row);
}

static struct ipvs_shown_real_values dest_values(const struct ipvs_dest *dest)
{
	return (struct ipvs_shown_real_values){.forwarding = dest->forwarding,
		.weight = dest->weight,
		.upper = dest->upper,
		.lower = dest->lower,
		.tunnel_type = dest->tunnel_type,
		.tunnel_port = dest->tunnel_port,
		.tunnel_flags = dest->tunnel_flags};
}

/* Which server of the configuration it is. */
static void say_who(const struct balancer *balancer, const struct ipvs_key *key,
	const struct ipvs_dest *dest, struct ipvs_shown_real *row)
{
	const struct model_service *service = model_find(&balancer->model, key);
	uint32_t virtual_server;
	const struct ipvs_real *real =
		service == NULL ? NULL
				: balancer_find_real(balancer, service, dest, &virtual_server);
	bool owned = service != NULL && balancer_owns(balancer, service);
	enum place place = PLACE_OUT;

	row->real = IPVS_NONE;
	if (page_has(balancer->page, key, dest))
		row->flags |= IPVS_SHOWN_OWNED;
	if (real == NULL)
		return;
	if (real == balancer->conf.virtuals[virtual_server].sorry) {
		row->flags |= IPVS_SHOWN_SORRY;
		place = wanted_sorry(&balancer->conf, &balancer->states, virtual_server, owned)
				.place;
	} else {
		row->real = (uint32_t)(real - balancer->conf.reals);
		place = wanted_real(&balancer->conf, &balancer->states, row->real, owned).place;
	}
	if (place == PLACE_HELD)
		row->flags |= IPVS_SHOWN_HELD;
}

static void send_dest(
	struct balancer *balancer, const struct ipvs_key *key, const struct show_dest *shown)
{
	const struct ipvs_dest *dest = &shown->dest;
	struct ipvs_shown_real row = {
		.counters = counters_of(shown->is_actual ? &shown->counters : NULL),
		.question = balancer->show.state->question,
		.active = shown->counters.active,
		.inactive = shown->counters.inactive,
		.persistent = shown->counters.persistent,
		.address = dest->address,
		.port = dest->port};

	say_who(balancer, key, dest, &row);
	if (shown->is_wanted) {
		row.flags |= IPVS_SHOWN_WANTED;
		row.wanted = dest_values(&shown->wanted);
	}
	if (shown->is_actual) {
		row.flags |= IPVS_SHOWN_ACTUAL;
		row.actual = dest_values(&shown->actual);
	}
	child_send(balancer->child, IPVS_SHOWN_REAL, &row);
}

/* ---- real servers of a service ---- */

/* Room for all that the virtual servers that claim it have. Fails with NULL dests. */
static struct ipvs_table claimed_room(
	const struct balancer *balancer, const struct model_service *service)
{
	struct ipvs_table table = {0};
	size_t most = 0;

	for (const struct model_claim *claim = service == NULL ? NULL : service->claims;
		claim != NULL; claim = claim->next)
		most += (size_t)balancer->conf.virtuals[claim->virtual_server].reals + 1;
	table.dests = calloc(most + 1, sizeof(*table.dests));
	return table;
}

static struct ipvs_table wanted_of(const struct balancer *balancer, const struct ipvs_key *key,
	const struct ipvs_dest *kernel, size_t kernel_count)
{
	const struct model_service *service = model_find(&balancer->model, key);
	struct ipvs_table table = claimed_room(balancer, service);

	if (service == NULL || table.dests == NULL)
		return table;
	for (const struct model_claim *claim = service->claims; claim != NULL; claim = claim->next)
		table.dests_count += wanted_dests(&balancer->conf, &balancer->states,
			claim->virtual_server, key, balancer_owns(balancer, service), kernel,
			kernel_count, &table.dests[table.dests_count]);
	wanted_merge(&table);
	return table;
}

/* All that are configured, whatever their state is. */
static struct ipvs_table configured_of(const struct balancer *balancer, const struct ipvs_key *key)
{
	const struct model_service *service = model_find(&balancer->model, key);
	struct ipvs_table table = claimed_room(balancer, service);

	if (service == NULL || table.dests == NULL)
		return table;
	for (const struct model_claim *claim = service->claims; claim != NULL;
		claim = claim->next) {
		const struct ipvs_virtual *server = &balancer->conf.virtuals[claim->virtual_server];
		for (uint32_t i = 0; i < server->reals; i++)
			table.dests[table.dests_count++] =
				wanted_dest(&balancer->conf.reals[server->first_real + i], key, 0);
		if (server->sorry != NULL)
			table.dests[table.dests_count++] = wanted_dest(server->sorry, key, 0);
	}
	wanted_merge(&table);
	return table;
}

/* The first of the tables' next ones; NULL: there are none. */
static const struct ipvs_dest *first_of(
	const struct ipvs_table tables[], const size_t next[], size_t count)
{
	const struct ipvs_dest *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (next[i] < tables[i].dests_count &&
			(first == NULL || ipvs_dest_compare(&tables[i].dests[next[i]], first) < 0))
			first = &tables[i].dests[next[i]];
	}
	return first;
}

enum { CONFIGURED, WANTED, ACTUAL, TABLES };

/* All are sorted, and have no server twice. */
static void merge_dests(struct show_state *state, const struct ipvs_table tables[TABLES],
	const struct ipvs_counters *counters)
{
	size_t next[TABLES] = {0};
	const struct ipvs_dest *first;

	while ((first = first_of(tables, next, TABLES)) != NULL) {
		struct show_dest *dest = &state->dests[state->dests_count++];
		bool has[TABLES];
		dest->dest = *first;
		for (size_t i = 0; i < TABLES; i++)
			has[i] = next[i] < tables[i].dests_count &&
				 ipvs_dest_compare(&tables[i].dests[next[i]], first) == 0;
		if ((dest->is_wanted = has[WANTED]))
			dest->wanted = tables[WANTED].dests[next[WANTED]];
		if (counters != NULL && (dest->is_actual = has[ACTUAL])) {
			dest->actual = tables[ACTUAL].dests[next[ACTUAL]];
			dest->counters = counters[next[ACTUAL]];
		}
		for (size_t i = 0; i < TABLES; i++)
			next[i] += has[i];
	}
}

static bool open_service(struct balancer *balancer, const struct show_service *shown)
{
	struct show_state *state = balancer->show.state;
	struct ipvs_table tables[TABLES] = {0};
	struct ipvs_table *actual = &tables[ACTUAL];
	struct ipvs_counters *counters = NULL;
	size_t most = 0;

	if (shown->kernel != NULL &&
		ipvs_netlink_read_dests(balancer->netlink, &shown->key, &actual->dests,
			&actual->dests_count, &counters) == -1) {
		actual->dests_count = 0;
		proto_string_set(state->problem, sizeof(state->problem),
			ipvs_netlink_why(balancer->netlink));
	}
	tables[CONFIGURED] = configured_of(balancer, &shown->key);
	tables[WANTED] = wanted_of(balancer, &shown->key, actual->dests, actual->dests_count);
	for (size_t i = 0; i < TABLES; i++)
		most += tables[i].dests_count;
	state->dests = calloc(most + 1, sizeof(*state->dests));
	if (state->dests != NULL)
		merge_dests(state, tables, counters);
	state->in_service = true;
	for (size_t i = 0; i < TABLES; i++)
		free(tables[i].dests);
	free(counters);
	return state->dests != NULL;
}

/* ---- the answer ---- */

static uint32_t actual_daemons(struct balancer *balancer)
{
	struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS];
	int count = ipvs_netlink_get_daemons(balancer->netlink, daemons);
	uint32_t roles = 0;

	for (int i = 0; i < count; i++)
		roles |= daemons[i].state == IP_VS_STATE_MASTER ? IPVS_SYNC_MASTER
								: IPVS_SYNC_BACKUP;
	return roles;
}

static void send_end(
	struct balancer *balancer, uint32_t question, uint32_t next, const char *problem)
{
	struct ipvs_shown_end end = {.question = question, .next = next};

	uint32_t roles = settings_roles(balancer);
	if ((roles & IP_VS_STATE_MASTER) != 0)
		end.sync_wanted |= IPVS_SYNC_MASTER;
	if ((roles & IP_VS_STATE_BACKUP) != 0)
		end.sync_wanted |= IPVS_SYNC_BACKUP;
	if (ipvs_netlink_available(balancer->netlink))
		end.sync_actual = actual_daemons(balancer);
	if (problem != NULL)
		proto_string_set(end.problem, sizeof(end.problem), problem);
	child_send(balancer->child, IPVS_SHOWN_END, &end);
}

/* Sends one row more. False: there are none, or *problem says why there is none. */
static bool send_row(struct balancer *balancer, const char **problem)
{
	struct show_state *state = balancer->show.state;

	if (state->in_service && state->dest < state->dests_count) {
		send_dest(balancer, &state->list.services[state->service - 1].key,
			&state->dests[state->dest++]);
		return true;
	}
	forget_dests(state);
	if (state->service == state->list.count)
		return false;
	const struct show_service *service = &state->list.services[state->service++];
	send_service(balancer, service);
	if (!open_service(balancer, service))
		*problem = "out of memory";
	return *problem == NULL;
}

void show_answer(struct balancer *balancer, const struct ipvs_show *question)
{
	const char *problem = NULL;
	bool more = true;

	if (balancer->child == NULL)
		return;
	if (question->from == 0)
		problem = begin(balancer, question);
	struct show_state *state = balancer->show.state;
	if (problem == NULL && (state == NULL || state->question != question->question ||
				       state->row != question->from))
		problem = "the table has to be asked for anew";
	child_cork(balancer->child);
	for (uint32_t i = 0; problem == NULL && more && i < question->rows; i++) {
		more = send_row(balancer, &problem);
		state->row += more;
	}
	bool go_on = problem == NULL && more;
	if (problem == NULL && !more && state->problem[0] != '\0')
		problem = state->problem;
	send_end(balancer, question->question, go_on ? state->row : 0, problem);
	child_uncork(balancer->child);
	if (!go_on)
		show_clear(&balancer->show);
}
