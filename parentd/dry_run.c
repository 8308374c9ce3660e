#include "parentd/dry_run.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/conf.h"
#include "parentd/conf_changes.h"
#include "parentd/conf_kept.h"
#include "parentd/findings.h"
#include "parentd/parent.h"
#include "parentd/vrrp_records.h"
#include "vrrpd/vrrp_fsm.h"

/* Findings beyond these are counted. */
#define FINDINGS_MAX 100

/* ---- what moves ---- */

__attribute__((format(printf, 2, 3))) static void say(json_t *moves, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_array_append_new(moves, json_string(text));
}

/* As vrrpd tells instances apart: one with another name is the same, one on another interface or
 * with another VRID is not. */
static const struct conf_instance *same_instance(
	const struct conf *conf, const struct conf_instance *wanted)
{
	const struct conf_instance *instance;

	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (instance->vrid == wanted->vrid && instance->family == wanted->family &&
			strcmp(instance->ifname, wanted->ifname) == 0)
			return instance;
	}
	return NULL;
}

static bool has_address(const struct conf_instance *instance, const struct conf_address *wanted)
{
	const struct conf_address *address;

	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (address->prefixlen == wanted->prefixlen &&
			memcmp(&address->address, &wanted->address, sizeof(wanted->address)) == 0 &&
			strcmp(address->ifname, wanted->ifname) == 0)
			return true;
	}
	return false;
}

/* Says of every address of one instance that the other one has not. */
static void say_addresses(json_t *moves, const struct conf_instance *instance,
	const struct conf_instance *other, const char *what)
{
	const struct conf_address *address;
	char text[INET6_ADDRSTRLEN];

	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (!has_address(other, address) &&
			inet_ntop(address->address.family, address->address.bytes, text,
				sizeof(text)) != NULL)
			say(moves, "%s: %s/%u %s", instance->name, text, address->prefixlen, what);
	}
}

static void instance_stays(json_t *moves, const struct conf_instance *old,
	const struct conf_instance *new, bool master)
{
	if (strcmp(old->name, new->name) != 0)
		say(moves, "%s is called %s from then on", old->name, new->name);
	if (master) {
		say_addresses(moves, old, new, "is removed from this node");
		say_addresses(moves, new, old, "is added to this node");
	}
	if (master && new->priority < old->priority)
		say(moves,
			"%s: priority %u instead of %u; a backup with a higher one that may "
			"preempt takes over",
			new->name, new->priority, old->priority);
	if (!master && new->priority > old->priority && !new->nopreempt)
		say(moves,
			"%s: priority %u instead of %u; takes over from a master with a lower one",
			new->name, new->priority, old->priority);
}

static void compare_instances(
	json_t *moves, struct parent *parent, const struct conf *old, const struct conf *new)
{
	const struct conf_instance *instance, *other;
	struct vrrp_records records = vrrp_records_read(parent);

	TAILQ_FOREACH(instance, &old->instances, entry)
	{
		const struct state_vrrp_instance *record =
			vrrp_records_find(&records, instance->name);
		bool master = record != NULL && record->state == VRRP_MASTER;
		other = same_instance(new, instance);
		if (other != NULL)
			instance_stays(moves, instance, other, master);
		else if (master)
			say(moves,
				"%s is MASTER and ends: its addresses are removed here, and "
				"another node takes them",
				instance->name);
		else
			say(moves, "%s ends; this node does not hold its addresses",
				instance->name);
	}
	TAILQ_FOREACH(instance, &new->instances, entry)
	{
		if (same_instance(old, instance) == NULL)
			say(moves, "%s begins as BACKUP, and is MASTER when it hears nobody better",
				instance->name);
	}
	vrrp_records_free(&records);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The names of the virtual servers, sorted; to be freed. */
static char (*server_names(const struct conf *conf, size_t *count))[PROTO_NAME_LEN]
{
	const struct conf_virtual_server *server;
	char(*names)[PROTO_NAME_LEN];

	*count = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)(*count)++;
	names = calloc(*count + 1, sizeof(*names));
	if (names == NULL)
		fatal("configuration");
	*count = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	conf_service_name(server, names[(*count)++]);
	qsort(names, *count, sizeof(*names), by_name);
	return names;
}

static void compare_servers(json_t *moves, const struct conf *old, const struct conf *new)
{
	size_t old_count, new_count;
	char(*olds)[PROTO_NAME_LEN] = server_names(old, &old_count);
	char(*news)[PROTO_NAME_LEN] = server_names(new, &new_count);

	for (size_t i = 0; i < old_count; i++) {
		if (bsearch(olds[i], news, new_count, sizeof(*news), by_name) == NULL)
			say(moves, "virtual server %s is removed from the kernel", olds[i]);
	}
	for (size_t i = 0; i < new_count; i++) {
		if (bsearch(news[i], olds, old_count, sizeof(*olds), by_name) == NULL)
			say(moves, "virtual server %s is added to the kernel", news[i]);
	}
	free(olds);
	free(news);
}

/* One that was started for virtual servers goes on without any: see docs/ARCHITECTURE.md. */
static void compare_processes(json_t *moves, const struct parent *parent, const struct conf *new)
{
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++) {
		bool wanted = parent->transaction.peers[process].wanted;
		if (!wanted && conf_needs(new, (enum proto_process)process))
			say(moves, "%s is started",
				proto_process_name((enum proto_process)process));
	}
}

/* ---- the whole ---- */

static json_t *findings_json(const struct conf *conf)
{
	static const char *const words[] = {
		[CONF_NOTE] = "note", [CONF_WARNING] = "warning", [CONF_ERROR] = "error"};
	const struct conf_finding *finding;
	json_t *array = json_array();
	char text[1024];
	size_t left = 0;

	TAILQ_FOREACH(finding, &conf->findings, entry)
	{
		if (json_array_size(array) >= FINDINGS_MAX) {
			left++;
			continue;
		}
		snprintf(text, sizeof(text), "%s:%u:%u: %s: %s", finding->place.file,
			finding->place.line, finding->place.column, words[finding->severity],
			finding->text);
		json_array_append_new(array, json_string(text));
	}
	if (left > 0) {
		snprintf(text, sizeof(text), "and %zu more", left);
		json_array_append_new(array, json_string(text));
	}
	return array;
}

static void compare(struct parent *parent, const struct conf *new, json_t *changes, json_t *moves)
{
	if (parent->conf == NULL)
		return;
	char *before = conf_kept_text(parent->conf);
	char *after = conf_kept_text(new);
	json_t *found = conf_changes_json(before, after);

	json_array_extend(changes, found);
	json_decref(found);
	free(before);
	free(after);
	compare_instances(moves, parent, parent->conf, new);
	compare_servers(moves, parent->conf, new);
	compare_processes(moves, parent, new);
}

json_t *dry_run_json(struct parent *parent)
{
	struct conf *conf = parent_read(parent);
	bool good = conf_exit_status(conf) == 0;
	json_t *changes = json_array(), *moves = json_array();
	char problem[512] = "";

	if (good)
		compare(parent, conf, changes, moves);
	else
		findings_summary(conf, parent->options.config, problem, sizeof(problem));
	json_t *reply = json_pack("{s:b, s:s, s:o, s:o, s:o, s:o}", "ok", 1, "file",
		parent->options.config, "problem", good ? json_null() : json_string(problem),
		"findings", findings_json(conf), "changes", changes, "moves", moves);
	conf_free(conf);
	return reply;
}
