/* The configuration as a two-phase transaction over vrrpd, checkerd and ipvsd: all accept, then all
 * apply; one refuses, then nothing changes anywhere. Free of I/O: what is to be sent goes through
 * transaction_ops, time comes in as an argument.
 *
 * A process that (re)starts while a configuration is in force gets that one at once, by itself, and
 * is asked about a running transaction after that. */
#ifndef HOLDFAST_TRANSACTION_H
#define HOLDFAST_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

/* How long all processes together may take to start and to accept. */
#define TRANSACTION_LIMIT_MS 10000

struct transaction_ops {
	/* The process is to run, or to be stopped. */
	void (*want)(enum proto_process process, bool wanted, void *arg);
	/* Send configuration generation, from CONF_BEGIN to CONF_COMMIT. */
	void (*send)(enum proto_process process, uint32_t generation, void *arg);
	void (*apply)(enum proto_process process, uint32_t generation, void *arg);
	void (*abort)(enum proto_process process, uint32_t generation, void *arg);
	/* All have accepted: generation is the configuration from now on. */
	void (*committed)(uint32_t generation, void *arg);
	/* Every process works with it. */
	void (*in_force)(uint32_t generation, void *arg);
	/* It is given up; the one before stays. reason is a sentence. */
	void (*refused)(uint32_t generation, const char *reason, void *arg);
};

struct transaction_peer {
	bool wanted;
	bool adopted; /* ran already when this parentd started */
	bool up;      /* has said hello */
	bool accepted;
	bool applying;
	bool refused_current; /* not asked again about the configuration in force */
	uint32_t in_force;    /* the generation it works with; 0 none */
	uint32_t asked;       /* the generation it is busy with; 0 none */
	uint32_t wanted_for;  /* the candidate that it was started for; 0 none */
};

struct transaction {
	const struct transaction_ops *ops;
	void *arg;
	struct transaction_peer peers[PROTO_DAEMON_END];
	uint32_t last; /* generation given out last */
	uint32_t current;
	uint32_t current_needs; /* bits 1 << enum proto_process */
	uint32_t candidate;
	uint32_t candidate_needs;
	bool announced; /* in_force was called for current */
	bool timed_out; /* the candidate given up last got no answer, rather than a refusal */
	uint64_t deadline_ns;
};

/* last: the highest generation that any process may have seen. */
void transaction_init(struct transaction *transaction, const struct transaction_ops *ops, void *arg,
	uint32_t last);

/* Begins with a new configuration that needs these processes. Returns its generation, or 0 while
 * another one is on its way. */
uint32_t transaction_begin(struct transaction *transaction, uint32_t needs, uint64_t now_ns);

bool transaction_busy(const struct transaction *transaction);

/* Goes on with a configuration that a parentd before this one had all processes accept: whoever
 * works with another one or with none gets it, each by itself. After transaction_adopt(). */
void transaction_restore(
	struct transaction *transaction, uint32_t generation, uint32_t needs, uint64_t now_ns);

/* The process ran before this parentd did. */
void transaction_adopt(struct transaction *transaction, enum proto_process process);

/* It is connected and works with generation (0: nothing yet; one that nobody can have given it
 * counts as that). */
void transaction_hello(
	struct transaction *transaction, enum proto_process process, uint32_t generation);

/* It has died, or its channel has closed. */
void transaction_gone(struct transaction *transaction, enum proto_process process);

/* Its answers. Ones to a question that is no longer asked are ignored. */
void transaction_accepted(
	struct transaction *transaction, enum proto_process process, uint32_t generation);
void transaction_refused(struct transaction *transaction, enum proto_process process,
	uint32_t generation, const char *reason);
void transaction_applied(
	struct transaction *transaction, enum proto_process process, uint32_t generation);

/* Gives up what took too long. */
void transaction_tick(struct transaction *transaction, uint64_t now_ns);

#endif
