#include "proto/proto.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/proto_fields.h"

static const char *const process_names[] = {
	[PROTO_LAUNCHER] = "holdfast",
	[PROTO_PARENT] = "parentd",
	[PROTO_VRRP] = "vrrpd",
	[PROTO_CHECK] = "checkerd",
	[PROTO_IPVS] = "ipvsd",
	[PROTO_RUNNER] = "runner",
};

const char *proto_process_name(enum proto_process process)
{
	unsigned index = (unsigned)process;
	if (index >= PROTO_PROCESS_END)
		return NULL;
	return process_names[index < PROTO_RUNNER_FIRST ? index : PROTO_RUNNER_FIRST];
}

int proto_process_by_name(const char *name, enum proto_process *process)
{
	for (unsigned i = PROTO_LAUNCHER; i <= PROTO_RUNNER_FIRST; i++) {
		if (strcmp(name, process_names[i]) == 0) {
			*process = (enum proto_process)i;
			return 0;
		}
	}
	return -1;
}

void proto_header_make(
	struct proto_header *header, enum proto_type type, uint32_t generation, uint32_t sequence)
{
	const struct proto_rule *rule = proto_rule_find((uint16_t)type);
	*header = (struct proto_header){
		.magic = PROTO_MAGIC,
		.version = PROTO_VERSION,
		.type = (uint16_t)type,
		.length = rule->size,
		.generation = generation,
		.sequence = sequence,
	};
}

static int all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return 0;
	}
	return 1;
}

static const char *check_string(const uint8_t *bytes, size_t size)
{
	size_t length = strnlen((const char *)bytes, size);
	if (length == size)
		return "string without its terminator";
	if (!all_zero(bytes + length, size - length))
		return "bytes behind the end of a string";
	return NULL;
}

static const char *check_address(const uint8_t *bytes)
{
	struct proto_addr address;
	memcpy(&address, bytes, sizeof(address));
	size_t used;
	switch (address.family) {
	case 0:
		used = 0;
		break;
	case AF_INET:
		used = sizeof(struct in_addr);
		break;
	case AF_INET6:
		used = sizeof(struct in6_addr);
		break;
	default:
		return "address of an unknown family";
	}
	if (!all_zero(address.reserved, sizeof(address.reserved)) ||
		!all_zero(address.bytes + used, sizeof(address.bytes) - used))
		return "unused bytes of an address not zero";
	return NULL;
}

static const char *check_range(const uint8_t *bytes, const struct proto_field *field)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return value < field->low || value > field->high ? "value out of its range" : NULL;
}

static const char *check_field(const uint8_t *body, const struct proto_field *field)
{
	const uint8_t *bytes = body + field->offset;
	switch (field->kind) {
	case FIELD_STRING:
		return check_string(bytes, field->size);
	case FIELD_ZERO:
		return all_zero(bytes, field->size) ? NULL : "reserved bytes not zero";
	case FIELD_ADDRESS:
		return check_address(bytes);
	case FIELD_RANGE:
		return check_range(bytes, field);
	}
	return "field of an unknown kind";
}

static const char *check_header(const struct proto_header *header, size_t length)
{
	if (header->magic != PROTO_MAGIC)
		return "wrong magic";
	if (header->version != PROTO_VERSION)
		return "another version of the protocol";
	if (header->length != length - sizeof(*header))
		return "length in the header is not that of the record";
	return NULL;
}

static const char *check_rule(const struct proto_rule *rule, const struct proto_header *header,
	enum proto_process sender, enum proto_process receiver, enum proto_state state)
{
	if (header->length != rule->size)
		return "wrong length for its type";
	if ((rule->senders & (1U << sender)) == 0)
		return "the sender may not send this type";
	if ((rule->receivers & (1U << receiver)) == 0)
		return "the type is not for this receiver";
	if ((rule->states & (unsigned)state) == 0)
		return "not allowed in this state";
	return NULL;
}

const char *proto_check(const void *record, size_t length, enum proto_process sender,
	enum proto_process receiver, enum proto_state state, uint32_t expected_sequence, int has_fd,
	struct proto_header *header, const void **body)
{
	struct proto_header copy;
	if (length < sizeof(copy))
		return "shorter than a header";
	memcpy(&copy, record, sizeof(copy));
	const char *why = check_header(&copy, length);
	if (why != NULL)
		return why;
	const struct proto_row *row = proto_row_find(copy.type);
	if (row == NULL)
		return "unknown type";
	why = check_rule(&row->rule, &copy, sender, receiver, state);
	if (why != NULL)
		return why;
	if (copy.sequence != expected_sequence)
		return "sequence number out of order";
	if (row->rule.carries_fd && !has_fd)
		return "descriptor missing";
	if (!row->rule.carries_fd && has_fd)
		return "descriptor that the type does not carry";
	const uint8_t *bytes = (const uint8_t *)record + sizeof(copy);
	for (size_t i = 0; i < row->fields_count; i++) {
		why = check_field(bytes, &row->fields[i]);
		if (why != NULL)
			return why;
	}
	*header = copy;
	*body = bytes;
	return NULL;
}

enum proto_state proto_state_next(enum proto_state state, uint16_t type)
{
	switch (type) {
	case CONF_BEGIN:
		return PROTO_STATE_CONF;
	case CONF_COMMIT:
		return PROTO_STATE_COMMITTED;
	case CONF_APPLY:
	case CONF_ABORT:
		return PROTO_STATE_OPEN;
	default:
		return state;
	}
}

void proto_string_set(char *array, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);
	memcpy(array, text, length);
	memset(array + length, 0, size - length);
}
