/* What an operator's tool asks, from untrusted bytes. */
#ifndef HOLDFAST_CONTROL_REQUEST_H
#define HOLDFAST_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/proto.h"

#define CONTROL_NAME_SIZE 512 /* of a path; names are of PROTO_NAME_LEN */

enum control_command {
	CONTROL_STATUS,
	CONTROL_VRRP,
	CONTROL_PROCESSES,
	CONTROL_HISTORY,
	CONTROL_SCRIPTS,
	CONTROL_CHECKS,
	CONTROL_IPVS,
	CONTROL_METRICS,
	CONTROL_RELOAD,
	CONTROL_DRY_RUN,
	CONTROL_RESTART,
	CONTROL_UPGRADE,
	CONTROL_BESIDE,
	CONTROL_LOGS,
	CONTROL_DEBUG,
	CONTROL_REOPEN,
};

struct control_request {
	enum control_command command;
	char name[CONTROL_NAME_SIZE]; /* an instance, a virtual server, empty: all; METRICS: a
				       * format; RESTART: a process; BESIDE: a file; DEBUG: a
				       * process and topics */
};

/* Reads one line, {"command": "vrrp", "name": "VI_1"}, without its newline. Returns 0, or -1 with
 * *why saying what is wrong with it. */
int control_request_parse(
	const char *line, size_t length, struct control_request *request, const char **why);

/* Does it change anything? Then only root may ask. */
bool control_request_changes(const struct control_request *request);

#endif
