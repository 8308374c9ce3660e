/* Metrics, some at a time: (snapshot, place) -> text. Pure; docs/METRICS.md lists them. */
#ifndef HOLDFAST_METRICS_H
#define HOLDFAST_METRICS_H

#include "parentd/metrics_text.h"

/* Where to go on; all zero at first. */
struct metrics_place {
	size_t family;
	size_t row;
};

/* Adds at least one thing, and goes on until the text is as long as enough or all is there. Returns
 * true while there is more. */
bool metrics_render(const struct metrics_snapshot *snapshot, struct metrics_place *place,
	size_t enough, struct metrics_text *text);

/* Family number i; NULL beyond the last. */
const struct metric *metrics_family(size_t i);

/* Tables of families, each ends with a name NULL. */
extern const struct metric metrics_of_suite[];   /* metrics_suite.c */
extern const struct metric metrics_of_vrrp[];    /* metrics_vrrp.c */
extern const struct metric metrics_of_servers[]; /* metrics_servers.c */
extern const struct metric metrics_of_ipvs[];    /* metrics_ipvs.c */

#endif
