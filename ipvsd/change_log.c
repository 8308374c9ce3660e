/* What was changed in the kernel's table, and why, in words. */
#include <string.h>

#include "common/log.h"
#include "ipvsd/balancer_internal.h"

#define LINES_MOST 50

static const char *or_else(const char *text, const char *otherwise)
{
	return text != NULL && text[0] != '\0' ? text : otherwise;
}

/* Why a real server is where it is. */
static const char *reason_of(
	const struct balancer *balancer, const struct ipvs_real *real, uint32_t virtual_server)
{
	const struct ipvs_conf *conf = &balancer->conf;

	if (real == NULL)
		return "no longer configured";
	if (real == conf->virtuals[virtual_server].sorry)
		return or_else(balancer->virtual_reasons[virtual_server], "as the quorum is");
	size_t number = (size_t)(real - conf->reals);
	if (balancer->real_reasons[number] != NULL)
		return or_else(balancer->real_reasons[number], "as its checks say");
	if (conf->virtuals[virtual_server].sorry != NULL)
		return or_else(balancer->virtual_reasons[virtual_server], "as configured");
	return "as configured";
}

static void say_service(
	const char *name, const struct model_service *service, const struct ipvs_change *change)
{
	if (change->action == IPVS_DELETE_SERVICE)
		log_info("%s: deleted, because it is no longer configured", name);
	else if (service->found)
		log_change(LOG_NOTICE,
			&(struct log_change){.kind = LOG_IPVS_INTERFERENCE, .virtual_server = name},
			"%s: was changed by somebody else: set back", name);
	else
		log_info("%s: changed as configured", name);
}

static void say_found_dest(const char *name, const char *real, const struct ipvs_change *change,
	const struct ipvs_dest *before)
{
	const struct log_change about = {
		.kind = LOG_IPVS_INTERFERENCE, .virtual_server = name, .real_server = real};

	if (change->action == IPVS_ADD_DEST)
		log_change(LOG_NOTICE, &about,
			"%s: %s was taken out by somebody else: put back with weight %u", name,
			real, change->dest->weight);
	else if (change->action == IPVS_SET_DEST)
		log_change(LOG_NOTICE, &about,
			"%s: %s was changed by somebody else (weight %u): set back to weight %u",
			name, real, before != NULL ? before->weight : 0, change->dest->weight);
	else
		log_change(LOG_NOTICE, &about, "%s: %s was put in by somebody else: taken out",
			name, real);
}

static void say_dest(const char *name, const char *real, const struct ipvs_change *change,
	const struct ipvs_dest *before, const char *reason)
{
	uint32_t weight = change->dest->weight;

	if (change->action == IPVS_ADD_DEST)
		log_info("%s: %s put in with weight %u: %s", name, real, weight, reason);
	else if (change->action == IPVS_DELETE_DEST)
		log_info("%s: %s taken out: %s", name, real, reason);
	else if (before == NULL || before->weight == weight)
		log_info("%s: %s changed: %s", name, real, reason);
	else
		log_info("%s: weight of %s %u -> %u: %s", name, real, before->weight, weight,
			reason);
}

static void say(const struct balancer *balancer, const struct model_service *service,
	const struct ipvs_change *change, const struct ipvs_dest *before)
{
	char name[SERVICE_TEXT_LEN];
	char key[SERVICE_TEXT_LEN];
	uint32_t virtual_server = 0;

	balancer_service_text(balancer, service, name);
	if (change->dest == NULL) {
		say_service(name, service, change);
		return;
	}
	const struct ipvs_real *real =
		balancer_find_real(balancer, service, change->dest, &virtual_server);
	const char *text =
		real != NULL ? real->name : balancer_dest_text(service, change->dest, key);
	if (service->found)
		say_found_dest(name, text, change, before);
	else
		say_dest(name, text, change, before, reason_of(balancer, real, virtual_server));
}

/* A virtual server with many addresses changes at all of them alike: the first speaks for all. */
static bool speaks(const struct balancer *balancer, const struct model_service *service)
{
	const struct model *model = &balancer->model;

	return service->claims == NULL || service->found ||
	       model->claims[model->first_claim[service->claims->virtual_server]].service ==
		       service;
}

static bool may_say(struct balancer *balancer, const struct model_service *service)
{
	struct tally *tally = &balancer->tally;

	if (balancer->stopping || balancer->audit.emptied || !speaks(balancer, service) ||
		tally->lines == LINES_MOST)
		return false;
	tally->lines++;
	return true;
}

void change_log(struct balancer *balancer, const struct model_service *service,
	const struct ipvs_change *change, const struct ipvs_dest *before)
{
	if (may_say(balancer, service))
		say(balancer, service, change, before);
	else
		balancer->tally.unsaid[change->action]++;
}

void change_log_added(struct balancer *balancer, const struct model_service *service)
{
	char name[SERVICE_TEXT_LEN];

	if (!may_say(balancer, service)) {
		balancer->tally.unsaid[IPVS_ADD_SERVICE]++;
		balancer->tally.unsaid[IPVS_ADD_DEST] += service->dests_count;
		return;
	}
	balancer_service_text(balancer, service, name);
	if (service->found)
		log_change(LOG_NOTICE,
			&(struct log_change){.kind = LOG_IPVS_INTERFERENCE, .virtual_server = name},
			"%s: was deleted by somebody else: put back with %u real servers", name,
			service->dests_count);
	else
		log_info("%s: added with %u real servers", name, service->dests_count);
}

void change_log_end(struct balancer *balancer)
{
	struct tally *tally = &balancer->tally;
	const size_t *unsaid = tally->unsaid;
	size_t rest = unsaid[IPVS_SET_SERVICE] + unsaid[IPVS_SET_DEST];

	if (rest + unsaid[IPVS_ADD_SERVICE] + unsaid[IPVS_ADD_DEST] + unsaid[IPVS_DELETE_SERVICE] +
			unsaid[IPVS_DELETE_DEST] >
		0)
		log_info("%s: %zu services and %zu real servers put in, %zu and %zu taken out, %zu "
			 "changed",
			tally->lines > 0 ? "and besides" : "the kernel's table",
			unsaid[IPVS_ADD_SERVICE], unsaid[IPVS_ADD_DEST],
			unsaid[IPVS_DELETE_SERVICE], unsaid[IPVS_DELETE_DEST], rest);
	*tally = (struct tally){0};
	balancer->audit.emptied = false;
}
