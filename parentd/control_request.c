#include "parentd/control_request.h"

#include <jansson.h>
#include <string.h>

static const struct {
	const char *word;
	enum control_command command;
	bool takes_name;
	bool changes;
} commands[] = {
	{"status", CONTROL_STATUS, false, false},
	{"vrrp", CONTROL_VRRP, true, false},
	{"processes", CONTROL_PROCESSES, false, false},
	{"history", CONTROL_HISTORY, true, false},
	{"scripts", CONTROL_SCRIPTS, false, false},
	{"checks", CONTROL_CHECKS, true, false},
	{"ipvs", CONTROL_IPVS, true, false},
	{"metrics", CONTROL_METRICS, true, false},
	{"reload", CONTROL_RELOAD, false, true},
	/* changes nothing, but has files read, and shows what is in them */
	{"dry-run", CONTROL_DRY_RUN, false, true},
	{"restart", CONTROL_RESTART, true, true},
	{"upgrade", CONTROL_UPGRADE, false, true},
	/* changes nothing, but has a file read */
	{"beside", CONTROL_BESIDE, true, true},
	{"logs", CONTROL_LOGS, false, false},
	{"debug", CONTROL_DEBUG, true, true},
	{"reopen", CONTROL_REOPEN, false, true},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *take_name(struct control_request *request, const char *name)
{
	size_t size = request->command == CONTROL_BESIDE ? sizeof(request->name) : PROTO_NAME_LEN;

	if (strlen(name) >= size)
		return "the name is too long";
	proto_string_set(request->name, sizeof(request->name), name);
	return NULL;
}

static const char *take_object(struct control_request *request, const json_t *object)
{
	const json_t *command = json_object_get(object, "command");
	const json_t *name = json_object_get(object, "name");
	size_t members = 1 + (name != NULL);

	if (!json_is_string(command))
		return "no \"command\"";
	if (name != NULL && !json_is_string(name))
		return "\"name\" is not a string";
	if (json_object_size(object) != members)
		return "unknown members";
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(json_string_value(command), commands[i].word) != 0)
			continue;
		request->command = commands[i].command;
		if (name == NULL)
			return NULL;
		if (!commands[i].takes_name)
			return "this command takes no name";
		return take_name(request, json_string_value(name));
	}
	return "unknown command";
}

int control_request_parse(
	const char *line, size_t length, struct control_request *request, const char **why)
{
	json_error_t error;

	*request = (struct control_request){0};
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object))
		*why = "not a JSON object";
	else
		*why = take_object(request, object);
	json_decref(object);
	return *why == NULL ? 0 : -1;
}

bool control_request_changes(const struct control_request *request)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (commands[i].command == request->command)
			return commands[i].changes;
	}
	return true;
}
