/* Why the kernel refuses something of IPVS, and what to do about it, from its errno value. Free of
 * I/O. */
#ifndef HOLDFAST_IPVS_EXPLAIN_H
#define HOLDFAST_IPVS_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_message.h"
#include "ipvsd/ipvs_table.h"

#define IPVS_WHY_LEN 256

/* Write a sentence without a full stop. words: the kernel's own about it; NULL or empty when it
 * has none. */
void ipvs_explain_change(
	const struct ipvs_change *change, int error, const char *words, char why[IPVS_WHY_LEN]);
void ipvs_explain_daemon(const struct ipvs_sync_daemon *daemon, int error, const char *words,
	char why[IPVS_WHY_LEN]);
/* Of what has no object: reading, flushing, timeouts. */
void ipvs_explain(int error, const char *words, char why[IPVS_WHY_LEN]);

#endif
