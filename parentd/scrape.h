/* One client's metrics on their way: a snapshot, then what ipvsd says, then text, some at a time,
 * so that neither a large configuration nor a slow client costs parentd more than a moment. */
#ifndef HOLDFAST_SCRAPE_H
#define HOLDFAST_SCRAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ipvs_tally;
struct parent;
struct scrape;

#define SCRAPE_PART 65536 /* bytes of text in one reply, and those of one more thing */

/* format: "openmetrics", which empty means as well, or "prometheus". NULL with *why. When
 * *question is not 0, it waits for the answer to that, or for nobody to give one. */
struct scrape *scrape_new(
	struct parent *parent, const char *format, uint32_t *question, const char **why);
void scrape_free(struct scrape *scrape);

/* The answer: takes over tally; NULL: there is none. */
void scrape_tallied(struct scrape *scrape, struct ipvs_tally *tally);

/* The next reply, {"ok": true, "text": …, "more": …}, as a new reference; NULL without memory.
 * *more: there is another one. */
json_t *scrape_next(struct scrape *scrape, bool *more);

#endif
