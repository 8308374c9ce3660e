/* The messages between the processes of the suite; PROTOCOL.md is the specification.
 *
 * One message is one SOCK_SEQPACKET record: a 16-byte header and the fixed-size struct of its type,
 * integers in host order (both ends run on the same host), no pointers, no implicit padding, every
 * byte initialised. Strings are NUL-terminated and NUL-padded within their array. */
#ifndef HOLDFAST_PROTO_H
#define HOLDFAST_PROTO_H

#include "proto/proto_check.h"
#include "proto/proto_ipvs.h"
#include "proto/proto_launcher.h"
#include "proto/proto_runner.h"
#include "proto/proto_types.h"
#include "proto/proto_vrrp.h"

/* When a message may come. A channel is open from its start; a configuration is under way on it
 * between CONF_BEGIN and its CONF_COMMIT or CONF_ABORT. */
enum proto_state {
	PROTO_STATE_OPEN = 1 << 0,
	PROTO_STATE_CONF = 1 << 1,
	PROTO_STATE_COMMITTED = 1 << 2, /* committed, neither applied nor aborted yet */
	PROTO_STATE_ANY = 7,
};

struct proto_rule {
	uint16_t type;
	uint16_t size;    /* of the body, exact */
	uint16_t senders; /* bits 1 << enum proto_process */
	uint16_t receivers;
	uint32_t states;     /* enum proto_state of the channel, seen from the receiver */
	uint32_t carries_fd; /* 1: exactly one descriptor, 0: none */
	const char *name;
};

/* The row of a type, or NULL for a type that does not exist. */
const struct proto_rule *proto_rule_find(uint16_t type);

/* Name of a message type; "unknown" when it has none. */
const char *proto_type_name(uint16_t type);

/* "holdfast", "parentd", "vrrpd", "checkerd", "ipvsd", "runner" (all slots); NULL for anything
 * else. By name: the first runner. */
const char *proto_process_name(enum proto_process process);
int proto_process_by_name(const char *name, enum proto_process *process);

/* Fills a header for a message of this type. The type must exist. */
void proto_header_make(
	struct proto_header *header, enum proto_type type, uint32_t generation, uint32_t sequence);

/* Judges one received record: size, magic, version, type, direction, exact length, state, presence
 * of a descriptor, sequence (exactly expected), and that every string inside is terminated and
 * every reserved field zero. Returns NULL when legal, else a static text saying what is wrong. On
 * success *header is a copy of the header and *body points behind it in record. */
const char *proto_check(const void *record, size_t length, enum proto_process sender,
	enum proto_process receiver, enum proto_state state, uint32_t expected_sequence, int has_fd,
	struct proto_header *header, const void **body);

/* The channel's next state after a legal message. */
enum proto_state proto_state_next(enum proto_state state, uint16_t type);

/* CRC-32C of data, continuing from seed (0 at first). */
uint32_t proto_checksum(uint32_t seed, const void *data, size_t length);

/* Copies text into a fixed array, cutting at its size, zero-filling the rest. */
void proto_string_set(char *array, size_t size, const char *text);

#endif
