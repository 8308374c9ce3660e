#include "parentd/ipvs_shows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "parentd/ipvs_rows.h"
#include "parentd/ipvs_tally.h"
#include "parentd/services_internal.h"

struct question {
	STAILQ_ENTRY(question) entry;
	uint32_t number;
	bool tallies; /* the answer is a tally */
	char name[PROTO_NAME_LEN];
};
STAILQ_HEAD(questions, question);

struct ipvs_shows {
	const struct services *services;
	const struct ipvs_shows_ops *ops;
	void *arg;
	struct questions questions; /* the first one is under way when there are rows or a tally */
	unsigned count;
	uint32_t last; /* number given out last */
	struct ipvs_rows *rows;
	struct ipvs_tally *tally;
	uint32_t from; /* first row of those asked for */
	uint32_t got;  /* of them */
	bool has_service;
	uint64_t page_due_ns, due_ns;
};

struct ipvs_shows *ipvs_shows_new(
	const struct services *services, const struct ipvs_shows_ops *ops, void *arg)
{
	struct ipvs_shows *shows = calloc(1, sizeof(*shows));

	if (shows == NULL)
		return NULL;
	shows->services = services;
	shows->ops = ops;
	shows->arg = arg;
	STAILQ_INIT(&shows->questions);
	return shows;
}

static bool is_busy(const struct ipvs_shows *shows)
{
	return shows->rows != NULL || shows->tally != NULL;
}

static void drop_first(struct ipvs_shows *shows)
{
	struct question *question = STAILQ_FIRST(&shows->questions);

	STAILQ_REMOVE_HEAD(&shows->questions, entry);
	free(question);
	shows->count--;
	ipvs_rows_free(shows->rows);
	ipvs_tally_free(shows->tally);
	shows->rows = NULL;
	shows->tally = NULL;
}

void ipvs_shows_free(struct ipvs_shows *shows)
{
	while (!STAILQ_EMPTY(&shows->questions))
		drop_first(shows);
	free(shows);
}

/* The number of the only virtual server that is called so. */
static uint32_t only_one(const struct services *services, const char *name)
{
	uint32_t found = IPVS_NONE;

	for (size_t i = 0; name[0] != '\0' && i < services->virtuals_count; i++) {
		if (!service_virtual_is_called(&services->virtuals[i], name))
			continue;
		if (found != IPVS_NONE)
			return IPVS_NONE;
		found = (uint32_t)i;
	}
	return found;
}

static void ask(struct ipvs_shows *shows, uint64_t now_ns)
{
	const struct question *question = STAILQ_FIRST(&shows->questions);
	const struct ipvs_show show = {.question = question->number,
		.virtual_server = only_one(shows->services, question->name),
		.from = shows->from,
		.rows = IPVS_SHOWS_ROWS};

	shows->got = 0;
	shows->page_due_ns = now_ns + IPVS_SHOWS_PAGE_MS * NSEC_PER_MSEC;
	shows->ops->ask(&show, shows->arg);
}

static void answer(struct ipvs_shows *shows, const char *text, size_t length, const char *problem)
{
	const struct question *question = STAILQ_FIRST(&shows->questions);

	if (question->tallies) {
		shows->ops->tallied(question->number, problem == NULL ? shows->tally : NULL,
			problem, shows->arg);
		if (problem == NULL)
			shows->tally = NULL; /* it is the asker's now */
	} else {
		shows->ops->answer(question->number, text, length, problem, shows->arg);
	}
	drop_first(shows);
}

static void begin_next(struct ipvs_shows *shows, uint64_t now_ns)
{
	while (!is_busy(shows) && !STAILQ_EMPTY(&shows->questions)) {
		const struct question *question = STAILQ_FIRST(&shows->questions);
		if (question->tallies)
			shows->tally = ipvs_tally_new();
		else
			shows->rows = ipvs_rows_new(shows->services, question->name);
		if (!is_busy(shows))
			answer(shows, NULL, 0, "out of memory");
	}
	if (!is_busy(shows))
		return;
	shows->from = 0;
	shows->has_service = false;
	shows->due_ns = now_ns + IPVS_SHOWS_LIMIT_MS * NSEC_PER_MSEC;
	ask(shows, now_ns);
}

static uint32_t enqueue(
	struct ipvs_shows *shows, const char *name, bool tallies, uint64_t now_ns, const char **why)
{
	struct question *question;

	STAILQ_FOREACH(question, &shows->questions, entry)
	{
		bool under_way = is_busy(shows) && question == STAILQ_FIRST(&shows->questions);
		if (!under_way && !tallies && !question->tallies &&
			strcmp(question->name, name) == 0)
			return question->number;
	}
	*why = "too many questions wait for an answer of ipvsd; ask again in a moment";
	if (shows->count == IPVS_SHOWS_MAX)
		return 0;
	*why = "out of memory";
	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return 0;
	question->number = ++shows->last != 0 ? shows->last : ++shows->last;
	question->tallies = tallies;
	proto_string_set(question->name, sizeof(question->name), name);
	STAILQ_INSERT_TAIL(&shows->questions, question, entry);
	shows->count++;
	uint32_t number = question->number;
	if (!is_busy(shows))
		begin_next(shows, now_ns);
	return number;
}

uint32_t ipvs_shows_ask(
	struct ipvs_shows *shows, const char *name, uint64_t now_ns, const char **why)
{
	return enqueue(shows, name, false, now_ns, why);
}

uint32_t ipvs_shows_tally(struct ipvs_shows *shows, uint64_t now_ns, const char **why)
{
	return enqueue(shows, "", true, now_ns, why);
}

static bool is_under_way(const struct ipvs_shows *shows, uint32_t number)
{
	return is_busy(shows) && STAILQ_FIRST(&shows->questions)->number == number;
}

bool ipvs_shows_waits(const struct ipvs_shows *shows, uint32_t question)
{
	return is_under_way(shows, question) && shows->got <= IPVS_SHOWS_ROWS;
}

static void finish(struct ipvs_shows *shows, const char *text, size_t length, const char *problem,
	uint64_t now_ns)
{
	answer(shows, text, length, problem);
	begin_next(shows, now_ns);
}

static const char too_long[] = "there is too much to show; name one virtual server";

const char *ipvs_shows_service(
	struct ipvs_shows *shows, const struct ipvs_shown_service *service, uint64_t now_ns)
{
	if (!is_under_way(shows, service->question))
		return NULL;
	if (shows->got++ == IPVS_SHOWS_ROWS)
		return "it shows more of the kernel's table than it was asked for";
	shows->has_service = true;
	int result = shows->tally != NULL ? ipvs_tally_service(shows->tally, service)
					  : ipvs_rows_service(shows->rows, service);
	if (result == -1)
		finish(shows, NULL, 0, too_long, now_ns);
	return NULL;
}

const char *ipvs_shows_real(
	struct ipvs_shows *shows, const struct ipvs_shown_real *real, uint64_t now_ns)
{
	if (!is_under_way(shows, real->question))
		return NULL;
	if (shows->got++ == IPVS_SHOWS_ROWS)
		return "it shows more of the kernel's table than it was asked for";
	if (!shows->has_service)
		return "it shows a real server without its service";
	int result = shows->tally != NULL ? ipvs_tally_real(shows->tally, real)
					  : ipvs_rows_real(shows->rows, real);
	if (result == -1)
		finish(shows, NULL, 0, too_long, now_ns);
	return NULL;
}

static void finish_well(struct ipvs_shows *shows, const struct ipvs_shown_end *end, uint64_t now_ns)
{
	const struct question *question = STAILQ_FIRST(&shows->questions);
	bool found = question->name[0] == '\0' || ipvs_rows_services(shows->rows) > 0 ||
		     only_one(shows->services, question->name) != IPVS_NONE;
	size_t length = 0;
	const char *text = ipvs_rows_end(shows->rows, end, &length);

	if (!found && end->problem[0] == '\0')
		finish(shows, NULL, 0,
			"neither a virtual server nor an address in the kernel's table is called "
			"so",
			now_ns);
	else
		finish(shows, text, length, text == NULL ? too_long : NULL, now_ns);
}

const char *ipvs_shows_end(
	struct ipvs_shows *shows, const struct ipvs_shown_end *end, uint64_t now_ns)
{
	if (!is_under_way(shows, end->question))
		return NULL;
	if (end->next == 0 && shows->tally != NULL) {
		bool failed = end->problem[0] != '\0' && shows->tally->services_count == 0;
		finish(shows, NULL, 0, failed ? end->problem : NULL, now_ns);
		return NULL;
	}
	if (end->next == 0) {
		finish_well(shows, end, now_ns);
		return NULL;
	}
	if (shows->got == 0 || end->next != shows->from + shows->got)
		return "it goes on showing the kernel's table at another row";
	shows->from = end->next;
	ask(shows, now_ns);
	return NULL;
}

void ipvs_shows_give_up(struct ipvs_shows *shows, const char *problem)
{
	while (!STAILQ_EMPTY(&shows->questions))
		answer(shows, NULL, 0, problem);
}

void ipvs_shows_tick(struct ipvs_shows *shows, uint64_t now_ns)
{
	if (is_busy(shows) && (now_ns >= shows->page_due_ns || now_ns >= shows->due_ns))
		finish(shows, NULL, 0, "ipvsd did not answer in time; ask again", now_ns);
}
