#include "parentd/process_match.h"

#include <string.h>

bool process_rule_wants_line(const struct process_rule *rule)
{
	return rule->full_command || rule->match != CONF_MATCH_NAME;
}

bool process_rule_matches_name(const struct process_rule *rule, const char *name)
{
	return strncmp(rule->process, name, PROCESS_NAME_LEN - 1) == 0;
}

static bool matches_params(const struct process_rule *rule, const char *params, size_t length)
{
	size_t wanted = rule->params_length;

	if (rule->match == CONF_MATCH_INITIAL)
		wanted -= wanted > 0; /* the last word need not end there */
	bool same = length >= wanted && (wanted == 0 || memcmp(params, rule->params, wanted) == 0);
	switch (rule->match) {
	case CONF_MATCH_NAME:
		return true;
	case CONF_MATCH_EXACT:
		return same && length == wanted;
	case CONF_MATCH_PARTIAL:
	case CONF_MATCH_INITIAL:
		return same;
	}
	return false;
}

bool process_rule_matches_line(const struct process_rule *rule, const char *line, size_t length)
{
	size_t name = strnlen(line, length);
	size_t behind = name < length ? name + 1 : name;

	if (name != strlen(rule->process) || memcmp(line, rule->process, name) != 0)
		return false;
	return matches_params(rule, line + behind, length - behind);
}
