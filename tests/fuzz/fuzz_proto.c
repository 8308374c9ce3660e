/* Arbitrary records against the judge of messages. The first two bytes choose sender, receiver,
 * state and descriptor. What it lets through must be what the table says. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/proto.h"

/* From this value on a runner stands where ipvsd does below it. */
#define RUNNERS_FROM 125

static enum proto_process process_of(unsigned number, bool runner)
{
	enum proto_process process = (enum proto_process)(PROTO_LAUNCHER + number);

	return runner && process == PROTO_IPVS ? PROTO_RUNNER : process;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	enum proto_process sender = process_of(data[0] % 5, data[0] >= RUNNERS_FROM);
	enum proto_process receiver = process_of(data[0] / 5 % 5, data[0] >= RUNNERS_FROM);
	enum proto_state state = (enum proto_state)(1U << data[1] % 3);
	int has_fd = data[1] >> 7;
	struct proto_header header;
	const void *body;
	if (proto_check(data + 2, size - 2, sender, receiver, state, 1, has_fd, &header, &body) !=
		NULL)
		return 0;
	const struct proto_rule *rule = proto_rule_find(header.type);
	require(rule != NULL && size - 2 == sizeof(header) + rule->size);
	require((rule->senders >> sender & 1) && (rule->receivers >> receiver & 1));
	require((rule->states & state) != 0 && rule->carries_fd == (has_fd ? 1U : 0U));
	require(header.sequence == 1 && header.magic == PROTO_MAGIC);
	require((const uint8_t *)body == data + 2 + sizeof(header));
	enum proto_state next = proto_state_next(state, header.type);
	require(next == PROTO_STATE_OPEN || next == PROTO_STATE_CONF ||
		next == PROTO_STATE_COMMITTED);
	return 0;
}
