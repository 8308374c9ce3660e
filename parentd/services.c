#include "parentd/services.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/balancing.h"
#include "parentd/events.h"
#include "parentd/mail.h"
#include "parentd/parent.h"
#include "parentd/services_internal.h"

struct services *services_new(struct parent *parent)
{
	struct services *services = calloc(1, sizeof(*services));

	if (services == NULL)
		fatal("services");
	services->parent = parent;
	return services;
}

/* What servers are until they are checked: checkers with alpha fail until then. */
static bool real_begins_up(const struct conf_real_server *real)
{
	const struct conf_checker *checker;

	TAILQ_FOREACH(checker, &real->checkers, entry)
	{
		if (checker->alpha == CONF_ON)
			return false;
	}
	return true;
}

static bool virtual_begins_up(const struct conf_virtual_server *server)
{
	const struct conf_real_server *real;
	uint64_t weight = 0;

	TAILQ_FOREACH(real, &server->real_servers, entry)
	weight += real_begins_up(real) ? real->weight : 0;
	if (server->alpha)
		return weight >= (uint64_t)server->quorum + server->hysteresis;
	return weight > 0 && weight + server->hysteresis >= server->quorum;
}

bool service_virtual_up(const struct service_virtual *virtual_server)
{
	return virtual_server->seen.known ? virtual_server->seen.up
					  : virtual_begins_up(virtual_server->conf);
}

bool service_real_up(const struct service_real *real)
{
	return real->seen.known ? real->seen.up : real_begins_up(real->conf);
}

/* ---- a new configuration ---- */

static void count(struct services *services, const struct conf *conf)
{
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;
	const struct conf_checker *checker;

	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	{
		services->virtuals_count++;
		TAILQ_FOREACH(real, &server->real_servers, entry)
		{
			services->reals_count++;
			TAILQ_FOREACH(checker, &real->checkers, entry)
			services->checkers_count++;
		}
	}
	services->virtuals = calloc(services->virtuals_count + 1, sizeof(*services->virtuals));
	services->reals = calloc(services->reals_count + 1, sizeof(*services->reals));
	services->checkers = calloc(services->checkers_count + 1, sizeof(*services->checkers));
	if (services->virtuals == NULL || services->reals == NULL || services->checkers == NULL)
		fatal("services");
}

/* Most configurations change little: it probably is where it was. */
static const struct service_virtual *find_virtual(
	const struct services *services, const char *id, size_t hint)
{
	for (size_t i = 0; i < services->virtuals_count; i++) {
		size_t at = (hint + i) % services->virtuals_count;
		if (strcmp(services->virtuals[at].id, id) == 0)
			return &services->virtuals[at];
	}
	return NULL;
}

static const struct service_real *find_real(const struct services *services,
	const struct service_virtual *virtual_server, const char *name, size_t hint)
{
	for (size_t i = 0; i < virtual_server->reals; i++) {
		const struct service_real *real =
			&services->reals[virtual_server->first_real +
					 (hint + i) % virtual_server->reals];
		if (strcmp(real->name, name) == 0)
			return real;
	}
	return NULL;
}

static void carry_checkers(struct services *services, const struct service_real *real,
	const struct services *before, const struct service_real *known)
{
	for (size_t i = 0; i < real->checkers && i < known->checkers; i++) {
		struct service_checker *now = &services->checkers[real->first_checker + i];
		const struct service_checker *then = &before->checkers[known->first_checker + i];
		if (now->type != then->type)
			continue;
		now->verdict = then->verdict;
		now->latency_us = then->latency_us;
		now->record = then->record;
		now->changed_ns = then->changed_ns;
		memcpy(now->result, then->result, sizeof(now->result));
	}
}

static void add_checkers(
	struct services *services, struct service_real *real, size_t *checkers, uint32_t *commands)
{
	const struct conf_checker *conf;

	real->first_checker = *checkers;
	TAILQ_FOREACH(conf, &real->conf->checkers, entry)
	{
		struct service_checker *checker = &services->checkers[(*checkers)++];
		checker->conf = conf;
		checker->real = (size_t)(real - services->reals);
		checker->type = conf->type;
		checker->record = UINT32_MAX;
		if (conf->type == CONF_MISC_CHECK)
			checker->command = (*commands)++;
	}
	real->checkers = *checkers - real->first_checker;
}

/* Where the next of each kind goes. */
struct place {
	size_t virtuals, reals, checkers;
	uint32_t commands;
};

static void add_real(struct services *services, struct place *place,
	const struct conf_real_server *conf, const struct services *before,
	const struct service_virtual *known_virtual)
{
	const struct service_virtual *virtual_server = &services->virtuals[place->virtuals];
	struct service_real *real = &services->reals[place->reals++];
	const struct service_real *known = NULL;
	char name[PROTO_NAME_LEN];

	*real = (struct service_real){.conf = conf,
		.virtual_server = place->virtuals,
		.weight = conf->weight,
		.configured = conf->weight};
	proto_string_set(
		real->name, sizeof(real->name), conf_real_name(virtual_server->conf, conf, name));
	add_checkers(services, real, &place->checkers, &place->commands);
	if (known_virtual != NULL)
		known = find_real(before, known_virtual, real->name,
			(size_t)(real - services->reals) - virtual_server->first_real);
	if (known == NULL)
		return;
	real->seen = known->seen;
	if (real->configured == known->configured)
		real->weight = known->weight;
	carry_checkers(services, real, before, known);
}

static void name_virtual(
	struct service_virtual *virtual_server, const struct conf_virtual_server *conf)
{
	const struct conf_group_entry *entry = TAILQ_FIRST(conf->entries);
	char name[PROTO_NAME_LEN];

	proto_string_set(
		virtual_server->name, sizeof(virtual_server->name), conf_service_name(conf, name));
	snprintf(virtual_server->id, sizeof(virtual_server->id), "%s %u/%u", virtual_server->name,
		conf->protocol, entry != NULL ? conf_entry_family(conf, entry) : 0U);
}

static void add_virtual(struct services *services, struct place *place,
	const struct conf_virtual_server *conf, const struct services *before)
{
	struct service_virtual *virtual_server = &services->virtuals[place->virtuals];
	const struct conf_real_server *real;

	*virtual_server = (struct service_virtual){.conf = conf, .first_real = place->reals};
	name_virtual(virtual_server, conf);
	const struct service_virtual *known =
		find_virtual(before, virtual_server->id, place->virtuals);
	if (known != NULL) {
		virtual_server->seen = known->seen;
		virtual_server->weight_up = known->weight_up;
	}
	TAILQ_FOREACH(real, &conf->real_servers, entry)
	add_real(services, place, real, before, known);
	virtual_server->reals = place->reals - virtual_server->first_real;
	place->virtuals++;
}

/* Those that are gone begin anew when they come back. */
static void forget_removed(const struct services *services, const struct services *before)
{
	for (size_t i = 0; i < before->virtuals_count; i++) {
		const struct service_virtual *old = &before->virtuals[i];
		const struct service_virtual *now = find_virtual(services, old->id, i);
		if (now == NULL)
			events_forget(services->parent, EVENT_VIRTUAL_SERVER, old->id, NULL);
		for (size_t j = 0; j < old->reals; j++) {
			const char *name = before->reals[old->first_real + j].name;
			if (now == NULL || find_real(services, now, name, j) == NULL)
				events_forget(services->parent, EVENT_REAL_SERVER, name, old->name);
		}
	}
}

static uint32_t first_command(const struct conf *conf)
{
	const struct conf_script *script;
	uint32_t number = 0;

	TAILQ_FOREACH(script, &conf->scripts, entry)
	number += script->tracked;
	return number;
}

void services_adopt(struct services *services)
{
	const struct conf *conf = services->parent->conf;
	const struct conf_virtual_server *server;
	struct services before = *services;
	struct place place = {.commands = first_command(conf)};

	*services = (struct services){.parent = before.parent};
	count(services, conf);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	add_virtual(services, &place, server, &before);
	forget_removed(services, &before);
	free(before.virtuals);
	free(before.reals);
	free(before.checkers);
}

/* ---- what checkerd tells ---- */

static bool is_current(const struct services *services, uint32_t generation)
{
	return generation == services->parent->transaction.current;
}

/* It repeats words of servers, which may be anything. */
static void take_text(char *text, size_t size, const char *from)
{
	proto_string_set(text, size, from);
	for (char *c = text; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
}

/* Returns whether the state is another one than was known. */
static bool see(struct service_seen *seen, bool up, const char *reason)
{
	bool changed = seen->known && seen->up != up;

	if (changed) {
		seen->changed_ns = clock_now_ns();
	}
	seen->known = true;
	seen->up = up;
	take_text(seen->reason, sizeof(seen->reason), reason);
	return changed;
}

/* A state as it was told, and what the server is when nobody has told anything. */
struct telling {
	enum event_kind kind;
	const char *id;
	const char *virtual_server; /* of a real server */
	uint32_t news;
	bool up, begins_up, changed;
};

/* Is it to be passed on? What a server begins with is not; after that events.h leaves out what was
 * told, by this parentd or one before, so that nothing is lost when nobody listened for a while. */
static bool is_news(const struct services *services, const struct telling *telling)
{
	enum event_state told;
	uint8_t priority;

	if (telling->changed || telling->news == NEWS_CHANGED ||
		events_told(services->parent, telling->kind, telling->id, telling->virtual_server,
			&told, &priority))
		return true;
	return telling->news == NEWS_REPEATED && telling->up != telling->begins_up;
}

static void event_real(
	struct services *services, const struct service_real *real, bool up, const char *reason)
{
	const struct service_virtual *virtual_server = &services->virtuals[real->virtual_server];
	const struct state_event event = {.kind = EVENT_REAL_SERVER,
		.state = up ? EVENT_UP : EVENT_DOWN,
		.name = real->name,
		.virtual_server = virtual_server->name,
		.reason = reason,
		.specific = up ? &real->conf->notify_up : &real->conf->notify_down,
		.virtual_conf = virtual_server->conf,
		.real_conf = real->conf};

	events_happened(services->parent, &event);
}

void services_real(
	struct services *services, uint32_t generation, const struct check_real_state *state)
{
	if (!is_current(services, generation) || state->real >= services->reals_count)
		return;
	struct service_real *real = &services->reals[state->real];
	bool moved = !real->seen.known || real->seen.up != (state->up != 0) ||
		     real->weight != state->weight;
	const struct telling telling = {.kind = EVENT_REAL_SERVER,
		.id = real->name,
		.virtual_server = services->virtuals[real->virtual_server].name,
		.news = state->news,
		.up = state->up != 0,
		.begins_up = real_begins_up(real->conf),
		.changed = see(&real->seen, state->up != 0, state->reason)};
	bool init_notifies = services->parent->conf->global.rs_init_notifies;

	real->weight = state->weight;
	if (moved)
		balancing_real(services->parent->balancing, state->real);
	if (is_news(services, &telling) ||
		(init_notifies && telling.up && state->news == NEWS_FIRST))
		event_real(services, real, telling.up, real->seen.reason);
}

static void event_virtual(struct services *services, const struct service_virtual *virtual_server,
	bool up, const char *reason)
{
	const struct conf_virtual_server *conf = virtual_server->conf;
	const struct state_event event = {.kind = EVENT_VIRTUAL_SERVER,
		.state = up ? EVENT_UP : EVENT_DOWN,
		.name = virtual_server->name,
		.id = virtual_server->id,
		.reason = reason,
		.specific = up ? &conf->quorum_up : &conf->quorum_down,
		.virtual_conf = conf};

	events_happened(services->parent, &event);
}

void services_virtual(
	struct services *services, uint32_t generation, const struct check_virtual_state *state)
{
	if (!is_current(services, generation) || state->virtual_server >= services->virtuals_count)
		return;
	struct service_virtual *virtual_server = &services->virtuals[state->virtual_server];
	bool moved =
		!virtual_server->seen.known || virtual_server->seen.up != (state->quorum_up != 0);
	const struct telling telling = {.kind = EVENT_VIRTUAL_SERVER,
		.id = virtual_server->id,
		.news = state->news,
		.up = state->quorum_up != 0,
		.begins_up = virtual_begins_up(virtual_server->conf),
		.changed = see(&virtual_server->seen, state->quorum_up != 0, state->reason)};

	virtual_server->weight_up = state->weight_up;
	if (moved)
		balancing_virtual(services->parent->balancing, state->virtual_server);
	if (is_news(services, &telling))
		event_virtual(services, virtual_server, telling.up, virtual_server->seen.reason);
}

/* Another checker has the server down, so this one changes nothing about it. */
static bool is_down_anyway(
	const struct services *services, const struct service_real *real, size_t checker)
{
	for (size_t i = real->first_checker; i < real->first_checker + real->checkers; i++) {
		if (i != checker && services->checkers[i].verdict == VERDICT_DOWN)
			return true;
	}
	return false;
}

/* One that takes its server along is told of as that. */
static void mail_checker(const struct services *services, size_t number)
{
	const struct service_checker *checker = &services->checkers[number];
	const struct service_real *real = &services->reals[checker->real];

	if (is_down_anyway(services, real, number))
		mailing_checker(services->parent->mailing, real->conf, real->name,
			services->virtuals[real->virtual_server].name,
			conf_checker_name(checker->type), checker->verdict == VERDICT_UP,
			checker->result);
}

void services_checker(
	struct services *services, uint32_t generation, const struct check_checker_state *state)
{
	if (!is_current(services, generation) || state->checker >= services->checkers_count)
		return;
	struct service_checker *checker = &services->checkers[state->checker];

	bool changed = checker->verdict != VERDICT_UNKNOWN && checker->verdict != state->verdict;
	if (changed)
		checker->changed_ns = clock_now_ns();
	checker->verdict = state->verdict;
	checker->latency_us = state->latency_us;
	checker->record = state->record;
	take_text(checker->result, sizeof(checker->result), state->result);
	if (changed)
		mail_checker(services, state->checker);
}

void services_ask(struct services *services)
{
	parent_child_send(&services->parent->children[PROTO_CHECK], CHECK_TELL,
		services->parent->transaction.current, NULL);
}

/* ---- stop ---- */

void services_stop(struct services *services)
{
	static const char reason[] = "holdfast stops";

	for (size_t i = 0; i < services->virtuals_count; i++) {
		const struct service_virtual *virtual_server = &services->virtuals[i];
		if (!virtual_server->conf->omega)
			continue;
		for (size_t j = 0; j < virtual_server->reals; j++) {
			const struct service_real *real =
				&services->reals[virtual_server->first_real + j];
			if (service_real_up(real))
				event_real(services, real, false, reason);
		}
		if (service_virtual_up(virtual_server))
			event_virtual(services, virtual_server, false, reason);
	}
}
