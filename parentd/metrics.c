#include "parentd/metrics.h"

static const struct metric *const tables[] = {
	metrics_of_suite, metrics_of_vrrp, metrics_of_servers, metrics_of_ipvs};

const struct metric *metrics_family(size_t i)
{
	for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++) {
		const struct metric *metric = tables[table];
		for (; metric->name != NULL; metric++) {
			if (i-- == 0)
				return metric;
		}
	}
	return NULL;
}

bool metrics_render(const struct metrics_snapshot *snapshot, struct metrics_place *place,
	size_t enough, struct metrics_text *text)
{
	const struct metric *metric;

	while ((metric = metrics_family(place->family)) != NULL) {
		size_t rows = metric->rows(snapshot);
		if (place->row == 0 && rows > 0)
			metrics_put_head(text, metric);
		while (place->row < rows) {
			metric->put(text, metric, snapshot, place->row++);
			if (text->length >= enough)
				return true;
		}
		place->family++;
		place->row = 0;
	}
	metrics_put_end(text);
	return false;
}
