/* A reload, and how it went. */
#include <stdio.h>

#include "holdfastctl/command.h"

static int run_reload(const struct ctl_call *call)
{
	int result;
	json_t *reply = ctl_ask(call, "reload", NULL, &result);

	if (reply == NULL)
		return result;
	json_decref(reply);
	printf("reloaded\n");
	return CTL_FINE;
}

const struct ctl_command reload_command = {
	.name = "reload",
	.arguments = "",
	.summary = "read the configuration again (root); one with errors changes nothing",
	.help = "Exit status: 0 reloaded, 1 refused and nothing changed, 2 the daemon cannot be "
		"asked.\n",
	.run = run_reload,
};
