/* What every process may call and why, from the tables that the filters are built from, and what
 * the kernel says of the processes that run. */
#include "holdfastctl/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/seccomp_kernel.h"
#include "parentd/launcher_sandbox.h"
#include "runner/nursery_denials.h"

#define WORDS_MAX 192

/* ---- the tables ---- */

static json_t *compared_json(const struct sandbox_rule *rule)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < rule->args_count; i++) {
		const struct sandbox_arg *arg = &rule->args[i];
		json_array_append_new(
			array, json_pack("{s:i, s:I, s:I}", "index", (int)arg->index, "mask",
				       (json_int_t)arg->mask, "value", (json_int_t)arg->value));
	}
	return array;
}

static void append_rule(json_t *rows, const struct sandbox_rule *rule)
{
	char words[WORDS_MAX];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, rule->call);

	sandbox_rule_words(rule, words, sizeof(words));
	json_array_append_new(
		rows, json_pack("{s:s, s:i, s:b, s:s, s:o, s:s, s:s?}", "call",
			      name != NULL ? name : "?", "number", rule->call, "allowed",
			      rule->verdict == SANDBOX_ALLOW, "arguments", words, "compared",
			      compared_json(rule), "reason", rule->reason, "spare", rule->spare));
	free(name);
}

/* Distinct calls, however many rows each has. */
static int count_allowed(const json_t *rows)
{
	int count = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		bool counts = json_is_true(json_object_get(row, "allowed"));
		for (size_t j = 0; j < i && counts; j++) {
			const json_t *before = json_array_get(rows, j);
			counts = show_number(before, "number") != show_number(row, "number") ||
				 !json_is_true(json_object_get(before, "allowed"));
		}
		count += counts;
	}
	return count;
}

static json_t *daemon_json(enum proto_process process)
{
	const struct sandbox_profile *profile = suite_sandbox_profile(process);
	const struct sandbox_rule *rule;
	json_t *rows = json_array();

	for (size_t i = 0; (rule = sandbox_rule_at(profile, i)) != NULL; i++)
		append_rule(rows, rule);
	return json_pack("{s:s, s:s, s:i, s:o, s:[]}", "name", proto_process_name(process), "list",
		"allowed", "calls", count_allowed(rows), "rules", rows, "running");
}

/* What the launcher's filter allows besides, for what it starts. */
static json_t *handed_on_json(void)
{
	const struct sandbox_rule *rule;
	json_t *rows = json_array();

	for (size_t i = 0; (rule = sandbox_startup_rule_at(i)) != NULL; i++)
		append_rule(rows, rule);
	for (int process = PROTO_LAUNCHER; process < PROTO_DAEMON_END; process++) {
		const struct sandbox_profile *profile =
			suite_sandbox_profile((enum proto_process)process);
		for (size_t i = 0; i < profile->startup_count; i++)
			append_rule(rows, &profile->startup[i]);
	}
	return rows;
}

/* The calls of all rows of the launcher's filter: its own, those of start-ups, its children's. */
static int count_envelope(json_t *handed_on)
{
	json_t *rows = json_copy(handed_on);
	const struct sandbox_rule *rule;

	for (int process = PROTO_LAUNCHER; process < PROTO_DAEMON_END; process++) {
		const struct sandbox_profile *profile =
			suite_sandbox_profile((enum proto_process)process);
		for (size_t i = 0; (rule = sandbox_rule_at(profile, i)) != NULL; i++)
			append_rule(rows, rule);
	}
	int count = count_allowed(rows);
	json_decref(rows);
	return count;
}

static json_t *runner_json(void)
{
	size_t count;
	const struct nursery_denial *denials = nursery_denials(&count);
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		append_rule(rows, &denials[i].rule);
	return json_pack("{s:s, s:s, s:i, s:o, s:[]}", "name", proto_process_name(PROTO_RUNNER),
		"list", "denied", "calls", (int)count, "rules", rows, "running");
}

json_t *seccomp_tables(void)
{
	json_t *array = json_array();

	for (int process = PROTO_LAUNCHER; process < PROTO_DAEMON_END; process++)
		json_array_append_new(array, daemon_json((enum proto_process)process));
	json_array_append_new(array, runner_json());
	json_t *launcher = json_array_get(array, 0);
	json_t *rows = handed_on_json();
	json_object_set_new(launcher, "envelope_calls", json_integer(count_envelope(rows)));
	json_object_set_new(launcher, "handed_on", rows);
	return json_pack("{s:o}", "processes", array);
}
