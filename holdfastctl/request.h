/* One question to the suite and its answer. */
#ifndef HOLDFAST_CTL_REQUEST_H
#define HOLDFAST_CTL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Asks over RUNTIME_DIR/control.sock; name may be NULL. Returns the reply, an object, which the
 * caller releases with json_decref(); NULL with a sentence in why when the daemon cannot be reached
 * or answers nonsense. Waits no longer than a reload may take. */
json_t *ctl_request(
	const char *runtime_dir, const char *command, const char *name, char *why, size_t why_size);

/* The same for an answer of several replies: each is given to take(), until that returns false.
 * Returns 0, or -1 with a sentence in why. */
int ctl_request_parts(const char *runtime_dir, const char *command, const char *name,
	bool (*take)(const json_t *reply, void *arg), void *arg, char *why, size_t why_size);

/* The same, waiting so many seconds for each part of it. */
json_t *ctl_request_within(int seconds, const char *runtime_dir, const char *command,
	const char *name, char *why, size_t why_size);

#endif
