/* What commands that ask the suite have in common. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "holdfastctl/command.h"
#include "holdfastctl/request.h"
#include "proto/json_schema.h"

json_t *ctl_ask(const struct ctl_call *call, const char *command, const char *name, int *result)
{
	char why[4352];
	json_t *reply = ctl_request(call->runtime_dir, command, name, why, sizeof(why));

	if (reply == NULL) {
		fprintf(stderr, "holdfastctl: %s\n", why);
		*result = CTL_UNREACHABLE;
		return NULL;
	}
	if (json_is_true(json_object_get(reply, "ok")))
		return reply;
	fprintf(stderr, "holdfastctl: %s: %s\n", call->command->name, show_text(reply, "error"));
	json_decref(reply);
	*result = CTL_WRONG;
	return NULL;
}

int ctl_print_json(json_t *object)
{
	json_t *all = json_pack("{s:i}", "schema", JSON_SCHEMA);

	if (all == NULL || json_object_update(all, object) == -1)
		return CTL_WRONG;
	json_object_del(all, "ok");
	bool failed = json_dumpf(all, stdout, JSON_INDENT(2)) == -1 || printf("\n") < 0 ||
		      fflush(stdout) == EOF;
	json_decref(all);
	return failed ? CTL_WRONG : CTL_FINE;
}

int ctl_width(void)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	const char *problem = NULL;
	long long width = columns != NULL ? strtonum(columns, 20, 10000, &problem) : 0;

	if (columns != NULL && problem == NULL)
		return (int)width;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int ctl_show_reply(const struct ctl_call *call, json_t *reply)
{
	struct view view = {.out = stdout, .color = call->color, .width = ctl_width()};

	if (call->json && (view.out = fopen("/dev/null", "w")) == NULL) {
		fprintf(stderr, "holdfastctl: /dev/null: %s\n", strerror(errno));
		json_decref(reply);
		return CTL_UNREACHABLE;
	}
	if (!call->json)
		show_clean(reply);
	int result = call->command->show(&view, reply);
	if (call->json) {
		fclose(view.out);
		if (ctl_print_json(reply) != CTL_FINE)
			result = CTL_WRONG;
	}
	json_decref(reply);
	return result;
}

int ctl_show(const struct ctl_call *call)
{
	int result;
	json_t *reply = ctl_ask(call, call->command->name, call->arguments[0], &result);

	return reply != NULL ? ctl_show_reply(call, reply) : result;
}
