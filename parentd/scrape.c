#include "parentd/scrape.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "parentd/ipvs_shows.h"
#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"
#include "parentd/parent.h"

struct scrape {
	struct metrics_snapshot *snapshot;
	struct metrics_place place;
	enum metrics_dialect dialect;
};

static int dialect_of(const char *format, enum metrics_dialect *dialect)
{
	*dialect = strcmp(format, "prometheus") == 0 ? METRICS_PROMETHEUS : METRICS_OPEN;
	return *dialect == METRICS_PROMETHEUS || format[0] == '\0' ||
			       strcmp(format, "openmetrics") == 0
		       ? 0
		       : -1;
}

/* Metrics without those of IPVS are better than none. */
static uint32_t ask_ipvsd(struct parent *parent)
{
	const struct transaction_peer *ipvsd = &parent->transaction.peers[PROTO_IPVS];
	const char *why;

	if (!ipvsd->wanted || !ipvsd->up || ipvsd->in_force == 0 ||
		ipvsd->in_force != parent->transaction.current)
		return 0;
	return ipvs_shows_tally(parent->shows, clock_now_ns(), &why);
}

struct scrape *scrape_new(
	struct parent *parent, const char *format, uint32_t *question, const char **why)
{
	enum metrics_dialect dialect;

	*why = "the format of metrics is openmetrics or prometheus";
	if (dialect_of(format, &dialect) == -1)
		return NULL;
	*why = "out of memory";
	struct scrape *scrape = calloc(1, sizeof(*scrape));
	if (scrape == NULL)
		return NULL;
	scrape->dialect = dialect;
	scrape->snapshot = metrics_snapshot_take(parent);
	if (scrape->snapshot == NULL) {
		free(scrape);
		return NULL;
	}
	*question = ask_ipvsd(parent);
	return scrape;
}

void scrape_free(struct scrape *scrape)
{
	if (scrape == NULL)
		return;
	metrics_snapshot_free(scrape->snapshot);
	free(scrape);
}

void scrape_tallied(struct scrape *scrape, struct ipvs_tally *tally)
{
	scrape->snapshot->ipvs = tally;
}

json_t *scrape_next(struct scrape *scrape, bool *more)
{
	struct metrics_text text = {.dialect = scrape->dialect};
	json_t *reply = NULL;

	*more = metrics_render(scrape->snapshot, &scrape->place, SCRAPE_PART, &text);
	if (!text.failed)
		reply = json_pack("{s:b, s:s#, s:b}", "ok", 1, "text",
			text.bytes == NULL ? "" : text.bytes, (int)text.length, "more", (int)*more);
	free(text.bytes);
	return reply;
}
