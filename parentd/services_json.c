/* Virtual servers for the operator. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "conf/conf.h"
#include "parentd/address_json.h"
#include "parentd/balancing.h"
#include "parentd/parent.h"
#include "parentd/scripts.h"
#include "parentd/services_internal.h"

/* Seconds since then; null when that is not known. */
static json_t *ago_json(uint64_t at_ns)
{
	if (at_ns == 0)
		return json_null();
	return json_real((double)(clock_now_ns() - at_ns) / (double)NSEC_PER_SEC);
}

static json_t *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

/* As checkerd has put it down. */
static json_t *next_run_json(const struct services *services, const struct service_checker *checker)
{
	const struct state_page *page =
		parent_child_state(&services->parent->children[PROTO_CHECK]);
	struct state_checker record;

	if (page == NULL || checker->record >= STATE_CHECKERS ||
		state_checker_load(page, checker->record, &record) != 1)
		return json_null();
	return scripts_next_run_json(record.due_ns);
}

static json_t *checker_json(const struct services *services, const struct service_checker *checker)
{
	static const char *const verdicts[] = {"unknown", "down", "up"};
	json_t *object = json_pack("{s:s, s:s, s:o, s:f, s:o, s:o}", "type",
		conf_checker_name(checker->type), "verdict", verdicts[checker->verdict], "result",
		text_or_null(checker->result), "latency_s", (double)checker->latency_us / 1e6,
		"changed_ago_s", ago_json(checker->changed_ns), "next_run_s",
		next_run_json(services, checker));

	if (object == NULL)
		return NULL;
	if (checker->type == CONF_MISC_CHECK)
		json_object_set_new(object, "last_output",
			json_string(scripts_output(services->parent->scripts, checker->command)));
	if (checker->type == CONF_MISC_CHECK)
		json_object_set_new(object, "command", json_string(checker->conf->command.line));
	else if (checker->conf->connect_ip.family != 0) {
		json_object_set_new(object, "address", address_json(&checker->conf->connect_ip));
		json_object_set_new(
			object, "port", json_integer((json_int_t)checker->conf->connect_port));
	}
	return object;
}

static json_t *real_json(const struct services *services, const struct service_real *real)
{
	json_t *checks = json_array();

	for (size_t i = 0; i < real->checkers; i++) {
		json_t *check =
			checker_json(services, &services->checkers[real->first_checker + i]);
		if (check != NULL)
			json_array_append_new(checks, check);
	}
	return json_pack("{s:s, s:o, s:i, s:I, s:I, s:b, s:o, s:o, s:o}", "name", real->name,
		"address", address_json(&real->conf->address), "port", (int)real->conf->port,
		"weight", (json_int_t)real->weight, "configured_weight",
		(json_int_t)real->conf->weight, "alive", service_real_up(real), "reason",
		text_or_null(real->seen.reason), "changed_ago_s", ago_json(real->seen.changed_ns),
		"checks", checks);
}

static const char *protocol_name(unsigned protocol)
{
	return protocol == IPPROTO_TCP ? "TCP" : protocol == IPPROTO_SCTP ? "SCTP" : "UDP";
}

static json_t *sorry_json(const struct conf_sorry_server *sorry)
{
	if (sorry->address.family == 0)
		return json_null();
	return json_pack(
		"{s:o, s:i}", "address", address_json(&sorry->address), "port", (int)sorry->port);
}

static json_t *virtual_json(
	const struct services *services, const struct service_virtual *virtual_server)
{
	static const char *const kinds[] = {
		[CONF_FORWARD_NAT] = "NAT", [CONF_FORWARD_DR] = "DR", [CONF_FORWARD_TUN] = "TUN"};
	const struct conf_virtual_server *conf = virtual_server->conf;
	const struct balancing *balancing = services->parent->balancing;
	size_t number = (size_t)(virtual_server - services->virtuals);
	json_t *reals = json_array();

	for (size_t i = 0; i < virtual_server->reals; i++) {
		json_t *real =
			real_json(services, &services->reals[virtual_server->first_real + i]);
		if (real != NULL)
			json_array_append_new(reals, real);
	}
	return json_pack("{s:s, s:o, s:i, s:s, s:I, s:o, s:s, s:s, s:b, s:I, s:I, s:I, s:o, s:o, "
			 "s:o, s:o, s:o}",
		"name", virtual_server->name, "address", address_json(&conf->address), "port",
		(int)conf->port, "protocol", protocol_name(conf->protocol), "fwmark",
		(json_int_t)conf->fwmark, "group", text_or_null(conf->group), "scheduler",
		conf->scheduler, "forwarding", kinds[conf->method.forwarding], "quorum_up",
		service_virtual_up(virtual_server), "quorum", (json_int_t)conf->quorum,
		"hysteresis", (json_int_t)conf->hysteresis, "weight_up",
		(json_int_t)virtual_server->weight_up, "reason",
		text_or_null(virtual_server->seen.reason), "changed_ago_s",
		ago_json(virtual_server->seen.changed_ns), "sorry_server", sorry_json(&conf->sorry),
		"problem", text_or_null(balancing_problem(balancing, number)), "real_servers",
		reals);
}

bool service_virtual_is_called(const struct service_virtual *virtual_server, const char *name)
{
	const struct proto_addr *address = &virtual_server->conf->address;
	char text[INET6_ADDRSTRLEN] = "";

	if (address->family != 0)
		inet_ntop(address->family, address->bytes, text, sizeof(text));
	return strcmp(virtual_server->name, name) == 0 || strcmp(text, name) == 0;
}

json_t *services_json(const struct services *services, const char *name)
{
	json_t *array = json_array();

	for (size_t i = 0; i < services->virtuals_count; i++) {
		const struct service_virtual *virtual_server = &services->virtuals[i];
		if (name[0] != '\0' && !service_virtual_is_called(virtual_server, name))
			continue;
		json_t *one = virtual_json(services, virtual_server);
		if (one != NULL)
			json_array_append_new(array, one);
	}
	return array;
}
