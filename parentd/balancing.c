#include "parentd/balancing.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/items.h"
#include "parentd/parent.h"
#include "parentd/services_internal.h"
#include "vrrpd/vrrp_fsm.h"

/* Troubles that concern no single virtual server, by their kind. */
#define KINDS IPVS_TROUBLE_VIRTUAL

enum role { ROLE_UNKNOWN, ROLE_BACKUP, ROLE_MASTER };

struct balancing {
	struct parent *parent;
	struct event *turn_end;
	bool corked;    /* until the end of this turn of the main loop */
	enum role role; /* that ipvsd was told */
	char *general[KINDS];
	char **virtuals; /* by number; NULL: no trouble */
	size_t virtuals_count;
};

/* checkerd tells of thousands of servers in a row: what it says in one turn shares system calls. */
static void on_turn_end(evutil_socket_t fd, short what, void *arg)
{
	struct balancing *balancing = arg;

	(void)fd;
	(void)what;
	balancing->corked = false;
	parent_child_uncork(&balancing->parent->children[PROTO_IPVS]);
}

static void cork_for_this_turn(struct balancing *balancing)
{
	if (balancing->corked)
		return;
	balancing->corked = true;
	parent_child_cork(&balancing->parent->children[PROTO_IPVS]);
	event_active(balancing->turn_end, EV_TIMEOUT, 0);
}

struct balancing *balancing_new(struct parent *parent)
{
	struct balancing *balancing = calloc(1, sizeof(*balancing));

	if (balancing == NULL)
		fatal("virtual servers");
	balancing->parent = parent;
	balancing->turn_end = event_new(parent->base, -1, 0, on_turn_end, balancing);
	if (balancing->turn_end == NULL)
		fatal("virtual servers");
	return balancing;
}

void balancing_fill(const struct balancing *balancing, const struct conf_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct conf_item *item = &items->list[i];
		if (item->type == CONF_IPVS_GLOBAL && balancing->parent->options.keep_ipvs)
			item->body->ipvs_global.flags |= IPVS_KEEP_ON_STOP;
	}
}

/* ---- what ipvsd is told ---- */

/* It works with the configuration in force, or is about to: what is sent now comes behind the
 * order. */
static bool listens(const struct balancing *balancing)
{
	const struct transaction *transaction = &balancing->parent->transaction;
	const struct transaction_peer *peer = &transaction->peers[PROTO_IPVS];

	return balancing->parent->conf != NULL && peer->up && transaction->current != 0 &&
	       (peer->in_force == transaction->current ||
		       (peer->applying && peer->asked == transaction->current));
}

static void send_message(const struct balancing *balancing, enum proto_type type, const void *body)
{
	struct parent *parent = balancing->parent;

	parent_child_send(&parent->children[PROTO_IPVS], type, parent->transaction.current, body);
}

/* checkerd may say what it likes. */
static uint32_t weight_of(const struct service_real *real)
{
	if (real->weight < 0)
		return 0;
	return real->weight > IPVS_WEIGHT_MAX ? IPVS_WEIGHT_MAX : (uint32_t)real->weight;
}

static void tell_real(const struct balancing *balancing, uint32_t number)
{
	const struct service_real *real = &balancing->parent->services->reals[number];
	struct ipvs_real_state state = {
		.real = number, .up = real->seen.up, .weight = weight_of(real)};

	proto_string_set(state.reason, sizeof(state.reason), real->seen.reason);
	send_message(balancing, IPVS_REAL_STATE, &state);
}

static void tell_virtual(const struct balancing *balancing, uint32_t number)
{
	const struct service_virtual *server = &balancing->parent->services->virtuals[number];
	struct ipvs_virtual_state state = {.virtual_server = number, .quorum_up = server->seen.up};

	proto_string_set(state.reason, sizeof(state.reason), server->seen.reason);
	send_message(balancing, IPVS_VIRTUAL_STATE, &state);
}

void balancing_real(struct balancing *balancing, uint32_t real)
{
	if (!listens(balancing))
		return;
	cork_for_this_turn(balancing);
	tell_real(balancing, real);
}

void balancing_virtual(struct balancing *balancing, uint32_t virtual_server)
{
	if (!listens(balancing))
		return;
	cork_for_this_turn(balancing);
	tell_virtual(balancing, virtual_server);
}

/* ---- the sync daemon ---- */

/* The instance may be none that vrrpd knows (yet): then this host is not its master. Without a page
 * nothing is known, and vrrpd will say hello. */
static enum role role_now(const struct balancing *balancing)
{
	struct parent *parent = balancing->parent;
	const struct conf_sync_daemon *sync = &parent->conf->global.sync_daemon;
	const struct state_page *page = parent_child_state(&parent->children[PROTO_VRRP]);
	struct state_vrrp_instance record;

	if (parent->options.only_check || !conf_needs(parent->conf, PROTO_VRRP))
		return ROLE_BACKUP;
	for (uint32_t i = 0; page != NULL && i < STATE_VRRP_INSTANCES; i++) {
		if (state_vrrp_load(page, i, &record) != 1 ||
			strncmp(record.name, sync->instance, sizeof(record.name)) != 0)
			continue;
		return record.state == VRRP_MASTER ? ROLE_MASTER : ROLE_BACKUP;
	}
	return page == NULL ? ROLE_UNKNOWN : ROLE_BACKUP;
}

static void tell_role(struct balancing *balancing, bool again)
{
	/* one that follows no instance always has both */
	if (balancing->parent->conf->global.sync_daemon.instance == NULL)
		return;
	enum role role = role_now(balancing);
	if (role == ROLE_UNKNOWN || (role == balancing->role && !again))
		return;
	balancing->role = role;
	const struct ipvs_sync_role body = {.master = role == ROLE_MASTER};
	send_message(balancing, IPVS_SYNC_ROLE, &body);
}

void balancing_vrrp_look(struct balancing *balancing)
{
	if (listens(balancing))
		tell_role(balancing, false);
}

void balancing_tell(struct balancing *balancing)
{
	const struct services *services = balancing->parent->services;

	if (!listens(balancing))
		return;
	parent_child_cork(&balancing->parent->children[PROTO_IPVS]);
	tell_role(balancing, true);
	for (size_t i = 0; i < services->virtuals_count; i++) {
		if (services->virtuals[i].seen.known)
			tell_virtual(balancing, (uint32_t)i);
	}
	for (size_t i = 0; i < services->reals_count; i++) {
		if (services->reals[i].seen.known)
			tell_real(balancing, (uint32_t)i);
	}
	send_message(balancing, IPVS_STATES_END, NULL);
	parent_child_uncork(&balancing->parent->children[PROTO_IPVS]);
}

/* ---- what ipvsd cannot do ---- */

static void forget_virtuals(struct balancing *balancing)
{
	for (size_t i = 0; i < balancing->virtuals_count; i++)
		free(balancing->virtuals[i]);
	free(balancing->virtuals);
	balancing->virtuals = NULL;
	balancing->virtuals_count = 0;
}

void balancing_gone(struct balancing *balancing)
{
	balancing->corked = false;
	event_del(balancing->turn_end);
	for (size_t i = 0; i < KINDS; i++) {
		free(balancing->general[i]);
		balancing->general[i] = NULL;
	}
	for (size_t i = 0; i < balancing->virtuals_count; i++) {
		free(balancing->virtuals[i]);
		balancing->virtuals[i] = NULL;
	}
}

void balancing_adopt(struct balancing *balancing)
{
	size_t count = balancing->parent->services->virtuals_count;

	forget_virtuals(balancing);
	balancing->virtuals = calloc(count + 1, sizeof(*balancing->virtuals));
	if (balancing->virtuals == NULL)
		fatal("virtual servers");
	balancing->virtuals_count = count;
}

/* Words of another process go to a terminal. */
static char *copy_text(const char *from)
{
	char *text = strdup(from);

	if (text == NULL)
		fatal("virtual servers");
	for (char *c = text; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	return text;
}

void balancing_trouble(
	struct balancing *balancing, uint32_t generation, const struct ipvs_trouble *trouble)
{
	char **place = &balancing->general[trouble->kind % KINDS];

	if (trouble->kind == IPVS_TROUBLE_VIRTUAL) {
		if (generation != balancing->parent->transaction.current ||
			trouble->virtual_server >= balancing->virtuals_count)
			return;
		place = &balancing->virtuals[trouble->virtual_server];
	}
	free(*place);
	*place = trouble->reason[0] != '\0' ? copy_text(trouble->reason) : NULL;
}

const char *balancing_problem(const struct balancing *balancing, size_t virtual_server)
{
	return virtual_server < balancing->virtuals_count ? balancing->virtuals[virtual_server]
							  : NULL;
}

json_t *balancing_json(const struct balancing *balancing)
{
	json_t *array = json_array();

	for (size_t i = 0; i < KINDS; i++) {
		if (balancing->general[i] != NULL)
			json_array_append_new(array, json_string(balancing->general[i]));
	}
	return array;
}
