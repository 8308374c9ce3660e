/* A plan as JSON. */
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "holdfastctl/plan.h"

static const char *const what_names[] = {
	[PLAN_ALL_WELL] = "all_well",
	[PLAN_NODE_DIES] = "node_dies",
	[PLAN_NODE_RETURNS] = "node_returns",
	[PLAN_INTERFACE] = "interface",
	[PLAN_SCRIPT] = "script",
	[PLAN_FILE] = "file",
	[PLAN_PROCESS] = "process",
	[PLAN_APART] = "apart",
};

static const char *const end_names[] = {
	[PLAN_SETTLED] = "settled",
	[PLAN_UNSETTLED] = "unsettled",
	[PLAN_GIVEN_UP] = "given_up",
};

/* A text of the files, which need not be UTF-8 though JSON is. */
static json_t *text_json(const char *text)
{
	json_t *made = json_string(text);

	if (made != NULL)
		return made;
	char *plain = strdup(text);
	for (char *c = plain; c != NULL && *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	made = plain != NULL ? json_string(plain) : NULL;
	free(plain);
	return made;
}

static json_t *addresses_json(const struct proto_addr *addresses, size_t count)
{
	json_t *list = json_array();
	char text[VALUE_ADDRESS_LEN];

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(value_address_text(&addresses[i], text)));
	return list;
}

static json_t *nodes_json(const struct plan *plan, uint32_t nodes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->nodes_count; i++)
		if ((nodes & 1U << i) != 0)
			json_array_append_new(list, text_json(plan->nodes[i].name));
	return list;
}

/* The nodes that hold it. Where that is left to addresses that nobody says: a list for either way.
 */
static void set_holders(json_t *object, const char *key, const struct plan *plan,
	const struct plan_holders *holders)
{
	char other[32];

	json_object_set_new(object, key, nodes_json(plan, holders->sets[0]));
	if (holders->sets[0] == holders->sets[1])
		return;
	snprintf(other, sizeof(other), "or_%s", key);
	json_object_set_new(object, other, nodes_json(plan, holders->sets[1]));
}

static json_t *findings_json(const struct plan *plan)
{
	json_t *list = json_array();
	const struct plan_finding *finding;

	TAILQ_FOREACH(finding, &plan->findings, entry)
	{
		char *text = plan_finding_text(finding);
		json_t *one = json_pack("{s:s, s:b, s:o, s:o}", "kind", finding->kind, "wrong",
			finding->wrong, "text", text_json(text), "addresses",
			addresses_json(finding->addresses, finding->addresses_count));
		free(text);
		if (finding->place.file != NULL) {
			json_object_set_new(one, "file", text_json(finding->place.file));
			json_object_set_new(one, "line", json_integer(finding->place.line));
		}
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *move_json(const struct plan *plan, const struct plan_move *move)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	json_t *object = json_pack("{s:o, s:s, s:b}", "addresses",
		addresses_json(bundle->addresses, bundle->addresses_count), "end",
		end_names[move->end], "wrong", move->wrong);

	if (plan->failures[move->failure].what != PLAN_ALL_WELL)
		set_holders(object, "before", plan, &move->before);
	set_holders(object, "after", plan, &move->after);
	if (move->after_ns > 0)
		json_object_set_new(object, "seconds", json_real((double)move->after_ns / 1e9));
	return object;
}

static json_t *failure_json(const struct plan *plan, const struct plan_failure *failure)
{
	char text[PLAN_TEXT_LEN];
	json_t *object = json_pack("{s:s, s:o}", "what", what_names[failure->what], "text",
		text_json(plan_failure_text(plan, failure, text)));

	if (failure->what != PLAN_ALL_WELL)
		json_object_set_new(object, "node", text_json(plan->nodes[failure->node].name));
	if (failure->name[0] != '\0')
		json_object_set_new(object, "name", text_json(failure->name));
	if (failure->what == PLAN_FILE)
		json_object_set_new(object, "value", json_integer(failure->value));
	return object;
}

static json_t *failures_json(const struct plan *plan)
{
	json_t *list = json_array();
	size_t next = 0;

	for (size_t i = 0; i < plan->failures_count; i++) {
		json_t *object = failure_json(plan, &plan->failures[i]);
		json_t *moves = json_array();
		for (; next < plan->moves_count && plan->moves[next].failure == i; next++)
			json_array_append_new(moves, move_json(plan, &plan->moves[next]));
		json_object_set_new(object, "moves", moves);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *services_json(const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->services_count; i++) {
		const struct plan_service *service = &plan->services[i];
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:o, s:o, s:b}", "name", text_json(service->name),
				"nodes", nodes_json(plan, service->nodes), "failure",
				text_json(service->failure), "outcome", text_json(service->outcome),
				"lost", service->lost));
	}
	return list;
}

json_t *plan_json(const struct plan *plan)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < plan->nodes_count; i++)
		json_array_append_new(
			nodes, json_pack("{s:o, s:o}", "name", text_json(plan->nodes[i].name),
				       "file", text_json(plan->nodes[i].conf->name)));
	return json_pack("{s:b, s:o, s:o, s:o, s:o}", "wrong", plan_is_wrong(plan), "nodes", nodes,
		"findings", findings_json(plan), "failures", failures_json(plan), "services",
		services_json(plan));
}
