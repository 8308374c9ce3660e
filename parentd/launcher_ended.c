#include "parentd/launcher_ended.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "parentd/launcher_children.h"

enum ended_cause launcher_ended_cause(
	const struct launcher_child *child, enum ended_cause killed_for, int wait_status)
{
	if (child->replacing)
		return ENDED_ORDERED;
	if (killed_for != ENDED_SIGNAL)
		return killed_for;
	if (!WIFSIGNALED(wait_status))
		return ENDED_EXITED;
	return WTERMSIG(wait_status) == SIGSYS ? ENDED_SANDBOX : ENDED_SIGNAL;
}

static void tell(struct launcher *launcher, const struct launcher_child *child)
{
	struct launcher_ended body = {.process = child->process};

	memcpy(body.ended, child->ended, sizeof(body.ended));
	launcher_child_send(launcher_parent(launcher), LAUNCHER_ENDED, &body, -1);
}

void launcher_ended_count(
	struct launcher *launcher, struct launcher_child *child, enum ended_cause cause)
{
	child->ended[cause]++;
	tell(launcher, child);
}

void launcher_ended_tell_all(struct launcher *launcher)
{
	static const uint32_t none[ENDED_CAUSES];

	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		const struct launcher_child *child = &launcher->children[process];
		if (memcmp(child->ended, none, sizeof(none)) != 0)
			tell(launcher, child);
	}
}
