/* What ipvsd says. */
#include "common/clock.h"
#include "parentd/balancing.h"
#include "parentd/control.h"
#include "parentd/ipvs_shows.h"
#include "parentd/parent.h"

/* What an answer about another configuration says is about other servers. */
static bool is_current(const struct parent *parent, const struct proto_header *header)
{
	return header->generation == parent->transaction.current;
}

bool parent_ipvs_asked_for(
	const struct parent *parent, const struct proto_header *header, const void *body)
{
	const struct ipvs_shown_service *service = body;
	const struct ipvs_shown_real *real = body;
	const struct ipvs_shown_end *end = body;

	switch (header->type) {
	case IPVS_SHOWN_SERVICE:
		return ipvs_shows_waits(parent->shows, service->question);
	case IPVS_SHOWN_REAL:
		return ipvs_shows_waits(parent->shows, real->question);
	case IPVS_SHOWN_END:
		return ipvs_shows_waits(parent->shows, end->question);
	default:
		return false;
	}
}

const char *parent_ipvs_message(
	struct parent *parent, const struct proto_header *header, const void *body)
{
	uint64_t now_ns = clock_now_ns();

	if (header->type == IPVS_TROUBLE)
		balancing_trouble(parent->balancing, header->generation, body);
	if (!is_current(parent, header))
		return NULL;
	switch (header->type) {
	case IPVS_SHOWN_SERVICE:
		return ipvs_shows_service(parent->shows, body, now_ns);
	case IPVS_SHOWN_REAL:
		return ipvs_shows_real(parent->shows, body, now_ns);
	case IPVS_SHOWN_END:
		return ipvs_shows_end(parent->shows, body, now_ns);
	default:
		return NULL;
	}
}

static void ask(const struct ipvs_show *show, void *arg)
{
	struct parent *parent = arg;

	parent_child_send(
		&parent->children[PROTO_IPVS], IPVS_SHOW, parent->transaction.current, show);
}

static void answer(
	uint32_t question, const char *text, size_t length, const char *problem, void *arg)
{
	const struct parent *parent = arg;

	control_shown(parent->control, question, text, length, problem);
}

static void tallied(uint32_t question, struct ipvs_tally *tally, const char *problem, void *arg)
{
	const struct parent *parent = arg;

	(void)problem;
	control_tallied(parent->control, question, tally);
}

const struct ipvs_shows_ops parent_shows_ops = {.ask = ask, .answer = answer, .tallied = tallied};
