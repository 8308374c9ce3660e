/* What is said about a plan: findings, and names for what is in it. */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "plan/internal.h"

#define NAMED_MAX 4 /* addresses of a finding that are named */

/* Files may say what a terminal takes for a command. */
static const char *clean(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}

/* ---- findings ---- */

static bool is_same(const struct plan_finding *finding, const struct plan_subject *subject,
	const char *head, const char *rest)
{
	return (subject->bundle != NULL) == (finding->addresses_count > 0) &&
	       finding->wrong == subject->wrong && finding->kind == subject->kind &&
	       finding->verb_one == subject->verb_one && strcmp(finding->head, head) == 0 &&
	       strcmp(finding->rest, rest) == 0;
}

static struct plan_finding *find_same(
	struct plan *plan, const struct plan_subject *subject, const char *head, const char *rest)
{
	struct plan_finding *finding;

	TAILQ_FOREACH(finding, &plan->findings, entry)
	if (is_same(finding, subject, head, rest))
		return finding;
	return NULL;
}

static void add_addresses(struct plan_finding *finding, const struct plan_bundle *bundle)
{
	for (size_t i = 0; i < bundle->addresses_count; i++) {
		finding->addresses = plan_grow(
			finding->addresses, finding->addresses_count, sizeof *finding->addresses);
		finding->addresses[finding->addresses_count++] = bundle->addresses[i];
	}
}

/* What is wrong goes before what is only good to know; otherwise in the order of being found. */
static void insert(struct plan *plan, struct plan_finding *finding)
{
	struct plan_finding *other;

	TAILQ_FOREACH(other, &plan->findings, entry)
	if (finding->wrong && !other->wrong) {
		TAILQ_INSERT_BEFORE(other, finding, entry);
		return;
	}
	TAILQ_INSERT_TAIL(&plan->findings, finding, entry);
}

static struct plan_finding *new_finding(
	struct plan *plan, const struct plan_subject *subject, const char *head, char *rest)
{
	struct plan_finding *finding = plan_allocate(1, sizeof *finding);

	*finding = (struct plan_finding){.kind = subject->kind,
		.wrong = subject->wrong,
		.head = strdup(head),
		.verb_one = subject->verb_one,
		.verb_many = subject->verb_many,
		.rest = rest};
	if (finding->head == NULL)
		err(2, "plan");
	clean(finding->head);
	if (subject->place != NULL)
		finding->place = *subject->place;
	insert(plan, finding);
	return finding;
}

void plan_find(struct plan *plan, const struct plan_subject *subject, const char *head,
	const char *rest, ...)
{
	struct plan_finding *finding;
	va_list arguments;
	char *text;

	va_start(arguments, rest);
	if (vasprintf(&text, rest, arguments) == -1)
		err(2, "plan");
	va_end(arguments);
	clean(text);
	finding = find_same(plan, subject, head, text);
	if (finding == NULL)
		finding = new_finding(plan, subject, head, text);
	else
		free(text);
	if (subject->bundle != NULL)
		add_addresses(finding, subject->bundle);
}

char *plan_finding_text(const struct plan_finding *finding)
{
	char addresses[PLAN_TEXT_LEN];
	char *text;
	int length;

	if (finding->addresses_count == 0)
		length = asprintf(&text, "%s%s%s", finding->head,
			finding->rest[0] != '\0' ? ": " : "", finding->rest);
	else
		length = asprintf(&text, "%s: %s %s%s", finding->head,
			plan_addresses_text(
				finding->addresses, finding->addresses_count, NAMED_MAX, addresses),
			finding->addresses_count > 1 ? finding->verb_many : finding->verb_one,
			finding->rest);
	if (length == -1)
		err(2, "plan");
	return text;
}

bool plan_is_wrong(const struct plan *plan)
{
	const struct plan_finding *first = TAILQ_FIRST(&plan->findings);

	return first != NULL && first->wrong;
}

/* ---- names ---- */

const char *plan_addresses_text(
	const struct proto_addr *addresses, size_t count, size_t most, char text[PLAN_TEXT_LEN])
{
	char one[VALUE_ADDRESS_LEN], more[48];
	size_t named = count <= most ? count : most - 1;

	text[0] = '\0';
	for (size_t i = 0; i < named; i++) {
		if (i > 0)
			strlcat(text, i + 1 == count ? " and " : ", ", PLAN_TEXT_LEN);
		strlcat(text, value_address_text(&addresses[i], one), PLAN_TEXT_LEN);
	}
	if (named == count)
		return text;
	snprintf(more, sizeof more, "%s%zu%s", named > 0 ? " and " : "", count - named,
		named > 0 ? " more" : " addresses");
	strlcat(text, more, PLAN_TEXT_LEN);
	return text;
}

/* "lb1, lb2 and lb3" */
static void append_nodes(const struct plan *plan, uint32_t nodes, char text[PLAN_TEXT_LEN])
{
	uint32_t left = nodes;

	if (nodes == 0)
		strlcat(text, "nobody", PLAN_TEXT_LEN);
	for (size_t i = 0; i < plan->nodes_count; i++) {
		if ((nodes & 1U << i) == 0)
			continue;
		if (left != nodes)
			strlcat(text, (left & (left - 1)) == 0 ? " and " : ", ", PLAN_TEXT_LEN);
		strlcat(text, plan->nodes[i].name, PLAN_TEXT_LEN);
		left &= ~(1U << i);
	}
}

const char *plan_nodes_text(const struct plan *plan, uint32_t nodes, char text[PLAN_TEXT_LEN])
{
	text[0] = '\0';
	append_nodes(plan, nodes, text);
	return text;
}

const char *plan_holders_text(
	const struct plan *plan, const struct plan_holders *holders, char text[PLAN_TEXT_LEN])
{
	uint32_t first = holders->sets[0], second = holders->sets[1];

	if (second != 0 && second < first) {
		first = holders->sets[1];
		second = holders->sets[0];
	}
	plan_nodes_text(plan, first, text);
	if (first == second)
		return text;
	strlcat(text, " or ", PLAN_TEXT_LEN);
	append_nodes(plan, second, text);
	return text;
}

/* "lb1 and lb2 apart on eth0"; among more than two, "lb1 cut off on eth0". */
static void apart_text(
	const struct plan *plan, const struct plan_failure *failure, char text[PLAN_TEXT_LEN])
{
	bool pair = __builtin_popcount(failure->others) == 1;

	strlcpy(text, plan->nodes[failure->node].name, PLAN_TEXT_LEN);
	if (pair) {
		strlcat(text, " and ", PLAN_TEXT_LEN);
		append_nodes(plan, failure->others, text);
	}
	strlcat(text, pair ? " apart" : " cut off", PLAN_TEXT_LEN);
	if (failure->name[0] == '\0')
		return;
	strlcat(text, " on ", PLAN_TEXT_LEN);
	strlcat(text, failure->name, PLAN_TEXT_LEN);
}

const char *plan_failure_text(
	const struct plan *plan, const struct plan_failure *failure, char text[PLAN_TEXT_LEN])
{
	const char *node = plan->nodes[failure->node].name;

	switch (failure->what) {
	case PLAN_ALL_WELL:
		strlcpy(text, "all is well", PLAN_TEXT_LEN);
		break;
	case PLAN_NODE_DIES:
		snprintf(text, PLAN_TEXT_LEN, "%s dies", node);
		break;
	case PLAN_NODE_RETURNS:
		snprintf(text, PLAN_TEXT_LEN, "%s comes back", node);
		break;
	case PLAN_INTERFACE:
		snprintf(text, PLAN_TEXT_LEN, "%s goes down on %s", failure->name, node);
		break;
	case PLAN_SCRIPT:
		snprintf(text, PLAN_TEXT_LEN, "script %s fails on %s", failure->name, node);
		break;
	case PLAN_FILE:
		snprintf(text, PLAN_TEXT_LEN, "file %s says %lld on %s", failure->name,
			(long long)failure->value, node);
		break;
	case PLAN_PROCESS:
		snprintf(text, PLAN_TEXT_LEN, "process %s is missing on %s", failure->name, node);
		break;
	case PLAN_APART:
		apart_text(plan, failure, text);
		break;
	}
	return clean(text);
}
