/* The kinds of checkers: what is made of a configuration, and how an attempt is started. */
#ifndef HOLDFAST_CHECKERD_KIND_H
#define HOLDFAST_CHECKERD_KIND_H

#include "checkerd/probe.h"
#include "proto/proto.h"

struct event_base;
struct tls;

/* What the kinds share. */
struct kind_tools {
	struct event_base *base;
	struct tls *tls; /* made before the sandbox was entered */
};

/* A checker with what follows it: checker->urls of urls, checker->bytes of bytes. */
struct check_spec {
	const struct conf_check_checker *checker;
	const struct conf_check_url *urls;
	const struct conf_check_bytes *bytes; /* regexes in the order of the urls that have one */
};

struct check_kind {
	const char *name; /* as in the configuration: "TCP_CHECK" */
	/* Makes once what every attempt needs: *prepared, NULL when that is nothing. Returns 0, or
	 * -1 with a sentence in reason, and the configuration is refused. NULL: nothing to make. */
	int (*prepare)(const struct kind_tools *tools, const struct check_spec *spec,
		void **prepared, char *reason, size_t size);
	void (*release)(void *prepared); /* no attempt is under way; NULL as prepare */
	/* One attempt, of url number step. NULL with errno. No function: no network check. */
	struct probe *(*start)(const struct kind_tools *tools, const struct probe_target *target,
		const void *prepared, uint32_t step, probe_done_fn done, void *arg);
	/* Why start() returned NULL. NULL: as probe_start_failed() says. */
	void (*start_failed)(
		const struct probe_target *target, int error, char reason[PROTO_REASON_LEN]);
};

/* Never NULL for a type that the table of messages lets through. */
const struct check_kind *check_kind(uint32_t type);

#endif
