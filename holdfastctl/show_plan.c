/* A plan as an operator reads it. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/plan.h"

#define ALIKE_MIN 4 /* so many alike are not listed one by one */
#define NAMED_MAX 2 /* addresses of a row that are named */

/* Bundles to which the same happens. */
struct row {
	const struct plan_move *move;
	struct proto_addr *addresses;
	size_t count;
};

struct rows {
	struct row *list;
	size_t count;
};

/* ---- rows ---- */

static unsigned long long hundredths(uint64_t ns)
{
	return (ns + 5000000) / 10000000;
}

static bool ends_alike(const struct plan_move *a, const struct plan_move *b)
{
	return a->end == b->end && a->wrong == b->wrong &&
	       memcmp(&a->before, &b->before, sizeof(a->before)) == 0 &&
	       memcmp(&a->after, &b->after, sizeof(a->after)) == 0 &&
	       hundredths(a->after_ns) == hundredths(b->after_ns);
}

/* Among those of the same failure, which stand side by side. */
static struct row *find_row(struct rows *rows, const struct plan_move *move)
{
	for (size_t i = rows->count; i-- > 0;) {
		if (rows->list[i].move->failure != move->failure)
			break;
		if (ends_alike(rows->list[i].move, move))
			return &rows->list[i];
	}
	rows->list[rows->count] = (struct row){.move = move};
	return &rows->list[rows->count++];
}

static void add_addresses(struct row *row, const struct plan_bundle *bundle)
{
	row->addresses = reallocarray(
		row->addresses, row->count + bundle->addresses_count, sizeof(*row->addresses));
	if (row->addresses == NULL)
		err(2, "plan");
	memcpy(row->addresses + row->count, bundle->addresses,
		bundle->addresses_count * sizeof(*row->addresses));
	row->count += bundle->addresses_count;
}

static const char *after_text(
	const struct plan *plan, const struct plan_move *move, char text[PLAN_TEXT_LEN])
{
	if (move->end == PLAN_UNSETTLED)
		return "does not settle";
	if (move->end == PLAN_GIVEN_UP)
		return "not found out";
	return plan_holders_text(plan, &move->after, text);
}

static const char *before_text(
	const struct plan *plan, const struct plan_move *move, char text[PLAN_TEXT_LEN])
{
	if (plan->failures[move->failure].what == PLAN_ALL_WELL)
		return "-";
	/* those of all being well come first, one of each bundle */
	if (plan->moves[move->bundle].end == PLAN_UNSETTLED)
		return "does not settle";
	return plan_holders_text(plan, &move->before, text);
}

static struct rows make_rows(const struct plan *plan)
{
	struct rows rows = {.list = calloc(plan->moves_count + 1, sizeof(*rows.list))};

	if (rows.list == NULL)
		err(2, "plan");
	for (size_t i = 0; i < plan->moves_count; i++)
		add_addresses(
			find_row(&rows, &plan->moves[i]), &plan->bundles[plan->moves[i].bundle]);
	return rows;
}

/* ---- tables ---- */

static enum tone tone_of(const struct plan_move *move)
{
	uint32_t nodes = move->after.sets[0];

	if (move->wrong || move->end != PLAN_SETTLED || nodes == 0 || (nodes & (nodes - 1)) != 0)
		return TONE_BAD;
	return memcmp(&move->before, &move->after, sizeof(move->before)) == 0 ? TONE_FAINT
									      : TONE_GOOD;
}

static void show_row(
	struct table *table, const struct plan *plan, const struct row *row, bool first)
{
	const struct plan_move *move = row->move;
	const struct plan_failure *failure = &plan->failures[move->failure];
	char text[PLAN_TEXT_LEN];

	table_row(table);
	table_cell(table, TONE_BAD, "%s", move->wrong ? "!" : "");
	table_cell(table, TONE_PLAIN, "%s", first ? plan_failure_text(plan, failure, text) : "");
	table_cell(table, TONE_PLAIN, "%s",
		plan_addresses_text(row->addresses, row->count, NAMED_MAX, text));
	table_cell(table, TONE_PLAIN, "%s", before_text(plan, move, text));
	table_cell(table, tone_of(move), "%s", after_text(plan, move, text));
	if (move->after_ns > 0 && move->end == PLAN_SETTLED)
		table_cell(table, TONE_PLAIN, "%llu.%02llu", hundredths(move->after_ns) / 100,
			hundredths(move->after_ns) % 100);
	else
		table_cell(table, TONE_PLAIN, "-");
}

/* The row behind the last one of the same failure. */
static size_t block_end(const struct rows *rows, size_t first)
{
	size_t i = first + 1;

	while (i < rows->count && rows->list[i].move->failure == rows->list[first].move->failure)
		i++;
	return i;
}

/* The same happens, to other addresses, when something else of the same kind fails there. */
static bool is_alike(const struct plan *plan, const struct rows *rows, size_t one, size_t other)
{
	const struct plan_failure *a = &plan->failures[rows->list[one].move->failure];
	const struct plan_failure *b = &plan->failures[rows->list[other].move->failure];
	size_t count = block_end(rows, one) - one;

	if (a->what != b->what || a->node != b->node || a->what == PLAN_NODE_DIES ||
		a->what == PLAN_NODE_RETURNS || block_end(rows, other) - other != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!ends_alike(rows->list[one + i].move, rows->list[other + i].move))
			return false;
	return true;
}

static void show_block(
	struct table *table, const struct plan *plan, const struct rows *rows, size_t first)
{
	for (size_t i = first; i < block_end(rows, first); i++)
		show_row(table, plan, &rows->list[i], i == first);
}

/* Hundreds of interfaces that are alike are not all listed. Returns the row behind. */
static size_t show_alike(
	struct table *table, const struct plan *plan, const struct rows *rows, size_t first)
{
	size_t next = block_end(rows, first), alike = 0;

	show_block(table, plan, rows, first);
	for (size_t i = next; i < rows->count && is_alike(plan, rows, first, i);
		i = block_end(rows, i))
		alike++;
	if (alike < ALIKE_MIN)
		return next;
	for (size_t i = 0; i < alike; i++)
		next = block_end(rows, next);
	table_note(table, TONE_FAINT, 2, "likewise %zu others", alike);
	return next;
}

static void show_moves(const struct view *view, const struct plan *plan)
{
	static const char *const heads[] = {
		"", "FAILURE", "ADDRESS", "BEFORE", "AFTER", ">SECONDS", NULL};
	struct rows rows = make_rows(plan);
	struct table *table = table_new(heads);

	for (size_t next = 0; next < rows.count;)
		next = show_alike(table, plan, &rows, next);
	table_print(table, view);
	for (size_t i = 0; i < rows.count; i++)
		free(rows.list[i].addresses);
	free(rows.list);
}

static void show_virtual_servers(const struct view *view, const struct plan *plan)
{
	static const char *const heads[] = {"SERVICE", "FAILURE", "THEN", NULL};
	uint32_t all = plan->nodes_count == 32 ? UINT32_MAX : (1U << plan->nodes_count) - 1;
	struct table *table = table_new(heads);
	char nodes[PLAN_TEXT_LEN];

	for (size_t i = 0; i < plan->services_count; i++) {
		const struct plan_service *service = &plan->services[i];
		bool everywhere = service->nodes == all;
		table_row(table);
		table_cell(table, TONE_PLAIN, "%s", service->name);
		table_cell(table, TONE_PLAIN, "%s", service->failure);
		table_cell(table, service->lost ? TONE_BAD : TONE_PLAIN, "%s%s%s%s",
			service->outcome, everywhere ? "" : " (on ",
			everywhere ? "" : plan_nodes_text(plan, service->nodes, nodes),
			everywhere ? "" : ")");
	}
	table_print(table, view);
}

/* ---- findings ---- */

static void show_finding(const struct view *view, const struct plan_finding *finding)
{
	char *sentence = plan_finding_text(finding);
	char text[1024];

	if (finding->place.file != NULL)
		snprintf(text, sizeof(text), "%s [%s:%u]", sentence, finding->place.file,
			finding->place.line);
	else
		strlcpy(text, sentence, sizeof(text));
	free(sentence);
	fprintf(view->out, "  ");
	show_word(view, finding->wrong ? TONE_BAD : TONE_FAINT, 0, finding->wrong ? "!" : "-");
	show_wrapped(view, TONE_PLAIN, 3, 4, text);
}

static void show_findings(const struct view *view, const struct plan *plan)
{
	const struct plan_finding *finding;
	unsigned wrong = 0;

	TAILQ_FOREACH(finding, &plan->findings, entry)
	wrong += finding->wrong;
	if (wrong == 0)
		show_word(view, TONE_GOOD, 0, "nothing is wrong");
	else
		show_word(view, TONE_BAD, 0,
			wrong == 1 ? "something is wrong" : "some things are wrong");
	fprintf(view->out, "\n");
	TAILQ_FOREACH(finding, &plan->findings, entry)
	show_finding(view, finding);
}

/* A file's own warnings are not repeated, but that there are some is said. */
static void show_warnings(const struct view *view, const struct plan *plan)
{
	char text[512];

	for (size_t i = 0; i < plan->nodes_count; i++) {
		const struct conf *conf = plan->nodes[i].conf;
		if (conf->warnings == 0)
			continue;
		snprintf(text, sizeof(text), "%s has %u warning%s of its own: holdfastctl check %s",
			conf->name, conf->warnings, conf->warnings == 1 ? "" : "s", conf->name);
		fprintf(view->out, "  ");
		show_word(view, TONE_FAINT, 0, "-");
		show_wrapped(view, TONE_PLAIN, 3, 4, text);
	}
}

void show_plan(const struct view *view, const struct plan *plan)
{
	show_findings(view, plan);
	show_warnings(view, plan);
	if (plan->moves_count > 0) {
		fprintf(view->out, "\n");
		show_moves(view, plan);
	}
	if (plan->services_count > 0) {
		fprintf(view->out, "\n");
		show_virtual_servers(view, plan);
	}
}
