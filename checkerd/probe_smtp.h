/* SMTP_CHECK: good when the server greets with 220 and answers HELO with 250; then QUIT. */
#ifndef HOLDFAST_CHECKERD_PROBE_SMTP_H
#define HOLDFAST_CHECKERD_PROBE_SMTP_H

#include "checkerd/probe.h"

/* As checkerd/probe.h says. The steps are the connection, the greeting, the answer to HELO and
 * QUIT; a reply has at most 64 lines of 1 KiB. helo is copied; without control characters. */
struct probe *probe_smtp_start(struct event_base *base, const struct probe_target *target,
	const char *helo, probe_done_fn done, void *arg);

#endif
