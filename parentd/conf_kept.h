/* The text of the configuration in force, in a memfd that outlives parentd: a new one can go on
 * with it when the file cannot be used any more. */
#ifndef HOLDFAST_CONF_KEPT_H
#define HOLDFAST_CONF_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* Writes what conf means into a new memfd, sealed against every change. Returns the descriptor,
 * with *length bytes in it, or -1 with errno. */
int conf_kept_make(const struct conf *conf, uint32_t *length);

/* The configuration in fd, which stays open; lenient as it was when it was read from the file: what
 * was forgiven then is still in it. NULL when there is none or, with a line in the log, when it is
 * damaged. */
struct conf *conf_kept_load(int fd, bool lenient);

/* What conf means, in the canonical form; to be freed. Fatal without memory. */
char *conf_kept_text(const struct conf *conf);

/* Whether both mean the same. */
bool conf_kept_same(const struct conf *a, const struct conf *b);

#endif
