/* Whether keepalived may run beside: the service of keepalived asks before it starts. */
#include "holdfastctl/command.h"

static int run_beside(const struct ctl_call *call)
{
	int result;
	json_t *reply = ctl_ask(call, "beside", call->arguments[0], &result);

	if (reply == NULL)
		return result;
	json_decref(reply);
	return CTL_FINE;
}

const struct ctl_command beside_command = {
	.name = "beside",
	.arguments = "[FILE]",
	.arguments_max = 1,
	.summary = "may keepalived run beside with this configuration (root)?",
	.help = "FILE is by default /etc/keepalived/keepalived.conf. Exit status: 0 it runs no "
		"virtual\nrouter of the suite's, 1 it does, 2 the daemon cannot be asked.\n",
	.run = run_beside,
};
