/* Questions of operators about the kernel's table, one at a time: ipvsd is asked for some rows, and
 * for the next ones when these are here. Free of I/O and of clocks: what is to be sent or answered
 * goes through ipvs_shows_ops, time comes in as an argument. */
#ifndef HOLDFAST_IPVS_SHOWS_H
#define HOLDFAST_IPVS_SHOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct ipvs_shows;
struct ipvs_tally;
struct services;

/* So few rows at once that nothing else waits long for parentd. */
#define IPVS_SHOWS_ROWS     128
#define IPVS_SHOWS_MAX      16    /* questions that wait */
#define IPVS_SHOWS_PAGE_MS  4000  /* for these rows */
#define IPVS_SHOWS_LIMIT_MS 10000 /* for all of them */

struct ipvs_shows_ops {
	void (*ask)(const struct ipvs_show *show, void *arg);
	/* text is the whole answer, a JSON object; or problem a sentence and text NULL. Must not
	 * ask in here. */
	void (*answer)(
		uint32_t question, const char *text, size_t length, const char *problem, void *arg);
	/* The same for a tally, which is the callee's; or problem a sentence and tally NULL. */
	void (*tallied)(
		uint32_t question, struct ipvs_tally *tally, const char *problem, void *arg);
};

/* services stay the caller's. Returns NULL without memory. */
struct ipvs_shows *ipvs_shows_new(
	const struct services *services, const struct ipvs_shows_ops *ops, void *arg);
void ipvs_shows_free(struct ipvs_shows *shows);

/* name: of a virtual server, or an address; empty: all. Returns the number under which the answer
 * will come, the same one for all who ask the same before their turn comes; 0 with a sentence in
 * *why when too many wait. */
uint32_t ipvs_shows_ask(
	struct ipvs_shows *shows, const char *name, uint64_t now_ns, const char **why);

/* The same for all there is, as numbers. */
uint32_t ipvs_shows_tally(struct ipvs_shows *shows, uint64_t now_ns, const char **why);

/* Is an answer of this number to come, of so many rows as were asked for? */
bool ipvs_shows_waits(const struct ipvs_shows *shows, uint32_t question);

/* From ipvsd. What belongs to a question that was given up is passed over. Returns NULL, or what is
 * wrong with it. */
const char *ipvs_shows_service(
	struct ipvs_shows *shows, const struct ipvs_shown_service *service, uint64_t now_ns);
const char *ipvs_shows_real(
	struct ipvs_shows *shows, const struct ipvs_shown_real *real, uint64_t now_ns);
const char *ipvs_shows_end(
	struct ipvs_shows *shows, const struct ipvs_shown_end *end, uint64_t now_ns);

/* ipvsd has ended, or works with another configuration: nobody will be answered any more. */
void ipvs_shows_give_up(struct ipvs_shows *shows, const char *problem);

/* Gives up what took too long. */
void ipvs_shows_tick(struct ipvs_shows *shows, uint64_t now_ns);

#endif
