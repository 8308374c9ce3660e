/* The messages against their specification: PROTOCOL.md is read here, table and vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/checksum.h"
#include "proto/proto.h"
#include "proto/proto_fields.h"
#include "proto_samples.h"

#define PROTOCOL_MD TESTS_DIR "/../proto/PROTOCOL.md"
#define PROTO_H     TESTS_DIR "/../proto/proto_types.h"

#define RECORD_MAX (sizeof(struct proto_header) + PROTO_BODY_MAX)

struct record {
	_Alignas(8) uint8_t bytes[RECORD_MAX + 1];
	size_t length;
};

struct vector {
	char name[64];
	unsigned sequence;
	struct record record;
};

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	static char text[1 << 17];
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return text;
}

/* "46 48 00*12 …" appended to a record. */
static void parse_bytes(char *line, struct record *record)
{
	char *rest;
	for (char *word = strtok_r(line, " ", &rest); word != NULL;
		word = strtok_r(NULL, " ", &rest)) {
		char *end;
		unsigned long byte = strtoul(word, &end, 16);
		unsigned long times = *end == '*' ? strtoul(end + 1, &end, 10) : 1;
		assert_true(*end == '\0' && byte <= 0xff);
		assert_true(record->length + times <= RECORD_MAX);
		memset(record->bytes + record->length, (int)byte, times);
		record->length += times;
	}
}

/* Every vector of a Markdown text. */
static size_t parse_vectors(char *text, struct vector *vectors, size_t max)
{
	size_t count = 0;
	bool inside = false;
	bool head = false;
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "```", 3) == 0) {
			inside = head = strcmp(line, "```vector") == 0;
		} else if (inside && head) {
			assert_true(count < max);
			memset(&vectors[count], 0, sizeof(vectors[count]));
			assert_int_equal(sscanf(line, "%63s %u", vectors[count].name,
						 &vectors[count].sequence),
				2);
			count++;
			head = false;
		} else if (inside) {
			parse_bytes(line, &vectors[count - 1].record);
		}
	}
	return count;
}

static enum proto_process first_of(uint16_t processes)
{
	for (unsigned i = PROTO_LAUNCHER; i < PROTO_PROCESS_END; i++) {
		if ((processes & (1U << i)) != 0)
			return (enum proto_process)i;
	}
	fail_msg("no process in the rule");
	return PROTO_LAUNCHER;
}

static enum proto_state state_of(const struct proto_rule *rule)
{
	for (unsigned state = PROTO_STATE_OPEN; state <= PROTO_STATE_COMMITTED; state <<= 1) {
		if ((rule->states & state) != 0)
			return (enum proto_state)state;
	}
	fail_msg("no state in the rule");
	return PROTO_STATE_OPEN;
}

static struct record encode(const struct sample *sample, uint32_t sequence)
{
	struct record record = {.length = sizeof(struct proto_header) + sample->size};
	struct proto_header header;
	proto_header_make(&header, sample->type, sample->generation, sequence);
	memcpy(record.bytes, &header, sizeof(header));
	if (sample->size > 0)
		memcpy(record.bytes + sizeof(header), sample->body, sample->size);
	return record;
}

/* A record as it ought to come; the tests below change one thing each. */
struct arrival {
	struct record record;
	enum proto_process sender;
	enum proto_process receiver;
	enum proto_state state;
	uint32_t expected;
	int has_fd;
};

static struct arrival arrival_of(const struct sample *sample)
{
	const struct proto_rule *rule = proto_rule_find((uint16_t)sample->type);
	assert_non_null(rule);
	return (struct arrival){
		.record = encode(sample, 9),
		.sender = first_of(rule->senders),
		.receiver = first_of(rule->receivers),
		.state = state_of(rule),
		.expected = 9,
		.has_fd = rule->carries_fd,
	};
}

static const char *judge(const struct arrival *arrival)
{
	struct proto_header header;
	const void *body;
	/* Exactly as long as it claims, for AddressSanitizer. */
	uint8_t *exact = malloc(arrival->record.length + 1);
	assert_non_null(exact);
	memcpy(exact, arrival->record.bytes, arrival->record.length);
	const char *why =
		proto_check(exact, arrival->record.length, arrival->sender, arrival->receiver,
			arrival->state, arrival->expected, arrival->has_fd, &header, &body);
	free(exact);
	return why;
}

static void assert_refused(const struct arrival *arrival, const char *expected)
{
	const char *why = judge(arrival);
	assert_non_null(why);
	assert_string_equal(why, expected);
}

static void every_sample(void (*check)(const struct sample *sample))
{
	for (size_t i = 0; i < SAMPLES; i++)
		check(&samples[i]);
}

/* ---- the table ---- */

/* The enumerators of proto_types.h, read from its text: none may lack a row or a sample. */
static void test_every_type_has_a_row(void **state)
{
	(void)state;
	unsigned types = 0;
	char *rest;
	for (char *line = strtok_r(read_file(PROTO_H), "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		char name[64];
		unsigned value;
		if (sscanf(line, " %63[A-Z_] = 0x%4x,", name, &value) != 2)
			continue;
		const struct proto_rule *rule = proto_rule_find((uint16_t)value);
		if (rule == NULL)
			fail_msg("%s has no row", name);
		assert_string_equal(rule->name, name);
		assert_string_equal(proto_type_name((uint16_t)value), name);
		types++;
	}
	size_t rows;
	proto_rows(&rows);
	assert_int_equal(types, rows);
	assert_int_equal(types, SAMPLES);
}

static void test_rows_are_sound(void **state)
{
	(void)state;
	size_t count;
	const struct proto_row *rows = proto_rows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct proto_rule *rule = &rows[i].rule;
		assert_true(rule->size <= PROTO_BODY_MAX);
		assert_true(rule->senders != 0 && rule->receivers != 0 && rule->states != 0);
		assert_int_equal(rule->senders & rule->receivers, 0);
		for (size_t j = 0; j < rows[i].fields_count; j++)
			assert_true(
				rows[i].fields[j].offset + rows[i].fields[j].size <= rule->size);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(rows[j].rule.type, rule->type);
	}
}

static uint16_t processes_of(const char *cell)
{
	uint16_t set = 0;
	for (unsigned i = PROTO_LAUNCHER; i < PROTO_PROCESS_END; i++) {
		if (strstr(cell, proto_process_name((enum proto_process)i)) != NULL)
			set |= (uint16_t)(1U << i);
	}
	return set;
}

static unsigned states_of(const char *cell)
{
	unsigned set = 0;
	if (strstr(cell, "any") != NULL)
		return PROTO_STATE_ANY;
	if (strstr(cell, "CONF") != NULL)
		set |= PROTO_STATE_CONF;
	if (strstr(cell, "COMMITTED") != NULL)
		set |= PROTO_STATE_COMMITTED;
	return set;
}

static void test_document_shows_the_table(void **state)
{
	(void)state;
	unsigned found = 0;
	char *rest;
	for (char *line = strtok_r(read_file(PROTOCOL_MD), "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		unsigned type, size;
		char name[64], from[64], to[64], states[64], descriptor[16];
		if (sscanf(line,
			    "| `0x%x` | `%63[A-Z_]` | %63[^|]| %63[^|]| %63[^|]| %u | %15[a-z]",
			    &type, name, from, to, states, &size, descriptor) != 7)
			continue;
		const struct proto_rule *rule = proto_rule_find((uint16_t)type);
		assert_non_null(rule);
		assert_string_equal(rule->name, name);
		assert_int_equal(rule->size, size);
		assert_int_equal(rule->senders, processes_of(from));
		assert_int_equal(rule->receivers, processes_of(to));
		assert_int_equal(rule->states, states_of(states));
		assert_int_equal(rule->carries_fd, strcmp(descriptor, "one") == 0);
		found++;
	}
	assert_int_equal(found, SAMPLES);
}

/* ---- the vectors ---- */

static void test_vectors_of_the_document(void **state)
{
	static struct vector vectors[SAMPLES + 1];
	size_t count = parse_vectors(read_file(PROTOCOL_MD), vectors, SAMPLES + 1);

	(void)state;
	assert_int_equal(count, SAMPLES);
	for (size_t i = 0; i < count; i++) {
		const struct vector *vector = &vectors[i];
		struct arrival arrival = arrival_of(&samples[i]);
		assert_string_equal(vector->name, proto_type_name((uint16_t)samples[i].type));
		struct record encoded = encode(&samples[i], vector->sequence);
		assert_int_equal(encoded.length, vector->record.length);
		assert_memory_equal(encoded.bytes, vector->record.bytes, encoded.length);

		struct proto_header header;
		const void *body;
		assert_null(proto_check(vector->record.bytes, vector->record.length, arrival.sender,
			arrival.receiver, arrival.state, vector->sequence, arrival.has_fd, &header,
			&body));
		assert_int_equal(header.type, samples[i].type);
		assert_int_equal(header.generation, samples[i].generation);
		assert_int_equal(header.length, samples[i].size);
		if (samples[i].size > 0)
			assert_memory_equal(body, samples[i].body, samples[i].size);
	}
}

/* ---- what is refused ---- */

static void check_lengths(const struct sample *sample)
{
	struct arrival arrival = arrival_of(sample);
	size_t right = arrival.record.length;
	for (size_t length = 0; length < right; length++) {
		arrival.record.length = length;
		assert_refused(
			&arrival, length < sizeof(struct proto_header)
					  ? "shorter than a header"
					  : "length in the header is not that of the record");
	}
	arrival.record.length = right + 1;
	assert_refused(&arrival, "length in the header is not that of the record");
	struct proto_header header;
	memcpy(&header, arrival.record.bytes, sizeof(header));
	header.length++;
	memcpy(arrival.record.bytes, &header, sizeof(header));
	assert_refused(&arrival, "wrong length for its type");
}

static void check_header(const struct sample *sample)
{
	struct arrival arrival = arrival_of(sample);
	arrival.record.bytes[offsetof(struct proto_header, magic)] ^= 1;
	assert_refused(&arrival, "wrong magic");
	arrival = arrival_of(sample);
	arrival.record.bytes[offsetof(struct proto_header, version)] ^= 2;
	assert_refused(&arrival, "another version of the protocol");
	arrival = arrival_of(sample);
	arrival.record.bytes[offsetof(struct proto_header, type) + 1] |= 0x80;
	assert_refused(&arrival, "unknown type");
	arrival = arrival_of(sample);
	arrival.expected = 8;
	assert_refused(&arrival, "sequence number out of order");
	arrival.expected = 10;
	assert_refused(&arrival, "sequence number out of order");
}

static void check_direction(const struct sample *sample)
{
	const struct proto_rule *rule = proto_rule_find((uint16_t)sample->type);
	for (unsigned process = PROTO_LAUNCHER; process < PROTO_PROCESS_END; process++) {
		struct arrival arrival = arrival_of(sample);
		arrival.sender = (enum proto_process)process;
		if ((rule->senders & (1U << process)) == 0)
			assert_refused(&arrival, "the sender may not send this type");
		else
			assert_null(judge(&arrival));
		arrival = arrival_of(sample);
		arrival.receiver = (enum proto_process)process;
		if ((rule->receivers & (1U << process)) == 0)
			assert_refused(&arrival, "the type is not for this receiver");
		else
			assert_null(judge(&arrival));
	}
}

static void check_state(const struct sample *sample)
{
	const struct proto_rule *rule = proto_rule_find((uint16_t)sample->type);
	for (unsigned state = PROTO_STATE_OPEN; state <= PROTO_STATE_COMMITTED; state <<= 1) {
		struct arrival arrival = arrival_of(sample);
		arrival.state = (enum proto_state)state;
		if ((rule->states & state) == 0)
			assert_refused(&arrival, "not allowed in this state");
		else
			assert_null(judge(&arrival));
	}
}

static void check_descriptor(const struct sample *sample)
{
	struct arrival arrival = arrival_of(sample);
	arrival.has_fd = !arrival.has_fd;
	assert_refused(&arrival,
		arrival.has_fd ? "descriptor that the type does not carry" : "descriptor missing");
}

static void check_string_field(const struct sample *sample, const struct proto_field *field)
{
	struct arrival arrival = arrival_of(sample);
	uint8_t *bytes = arrival.record.bytes + sizeof(struct proto_header) + field->offset;
	bytes[field->size - 1] = 'x';
	assert_refused(&arrival, "bytes behind the end of a string");
	memset(bytes, 'x', field->size);
	assert_refused(&arrival, "string without its terminator");
}

static void check_zero_field(const struct sample *sample, const struct proto_field *field)
{
	for (size_t i = 0; i < field->size; i++) {
		struct arrival arrival = arrival_of(sample);
		arrival.record.bytes[sizeof(struct proto_header) + field->offset + i] = 0x40;
		assert_refused(&arrival, "reserved bytes not zero");
	}
}

static void check_address_field(const struct sample *sample, const struct proto_field *field)
{
	size_t at = sizeof(struct proto_header) + field->offset;
	struct arrival arrival = arrival_of(sample);
	arrival.record.bytes[at] = AF_UNIX;
	assert_refused(&arrival, "address of an unknown family");
	arrival = arrival_of(sample);
	arrival.record.bytes[at + offsetof(struct proto_addr, reserved) + 2] = 1;
	assert_refused(&arrival, "unused bytes of an address not zero");
	arrival = arrival_of(sample);
	arrival.record.bytes[at] = AF_INET;
	arrival.record.bytes[at + offsetof(struct proto_addr, bytes) + 4] = 1;
	assert_refused(&arrival, "unused bytes of an address not zero");
	arrival = arrival_of(sample);
	arrival.record.bytes[at] = 0;
	arrival.record.bytes[at + offsetof(struct proto_addr, bytes)] = 1;
	assert_refused(&arrival, "unused bytes of an address not zero");
}

static void check_range_field(const struct sample *sample, const struct proto_field *field)
{
	uint32_t wrong[] = {field->low - 1, field->high + 1, UINT32_MAX};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct arrival arrival = arrival_of(sample);
		memcpy(arrival.record.bytes + sizeof(struct proto_header) + field->offset,
			&wrong[i], sizeof(wrong[i]));
		assert_refused(&arrival, "value out of its range");
	}
}

static void check_fields(const struct sample *sample)
{
	const struct proto_row *row = proto_row_find((uint16_t)sample->type);
	for (size_t i = 0; i < row->fields_count; i++) {
		const struct proto_field *field = &row->fields[i];
		switch (field->kind) {
		case FIELD_STRING:
			check_string_field(sample, field);
			break;
		case FIELD_ZERO:
			check_zero_field(sample, field);
			break;
		case FIELD_ADDRESS:
			check_address_field(sample, field);
			break;
		case FIELD_RANGE:
			check_range_field(sample, field);
			break;
		}
	}
}

/* Every byte that the document calls a string, an address or reserved is one in the table: counted
 * by the words in the tables of fields. */
static void test_document_agrees_on_fields(void **state)
{
	(void)state;
	const struct proto_row *row = NULL;
	size_t checked = 0, in_table = 0, rows;
	char *rest;
	for (char *line = strtok_r(read_file(PROTOCOL_MD), "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		char name[64], type[32];
		unsigned offset;
		if (strncmp(line, "## State pages", 14) == 0)
			break;
		for (size_t i = 0; sscanf(line, "#### `%63[A-Z_]`", name) == 1 && i < SAMPLES;
			i++) {
			if (strcmp(proto_type_name((uint16_t)samples[i].type), name) == 0)
				row = proto_row_find((uint16_t)samples[i].type);
		}
		if (row == NULL || sscanf(line, "| %u | %31[a-z] ", &offset, type) < 2)
			continue;
		enum proto_field_kind kind = strcmp(type, "string") == 0 ? FIELD_STRING
					     : strcmp(type, "zero") == 0 ? FIELD_ZERO
									 : FIELD_ADDRESS;
		if (strcmp(type, "string") != 0 && strcmp(type, "zero") != 0 &&
			strcmp(type, "address") != 0)
			continue;
		bool found = false;
		for (size_t i = 0; i < row->fields_count; i++)
			found |= row->fields[i].offset == offset && row->fields[i].kind == kind;
		if (!found)
			fail_msg("%s: offset %u is not checked", row->rule.name, offset);
		checked++;
	}
	const struct proto_row *all = proto_rows(&rows);
	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < all[i].fields_count; j++)
			in_table += all[i].fields[j].kind != FIELD_RANGE;
	}
	assert_int_equal(checked, in_table);
}

static void test_refuses_lengths(void **state)
{
	(void)state;
	every_sample(check_lengths);
}

static void test_refuses_headers(void **state)
{
	(void)state;
	every_sample(check_header);
}

static void test_refuses_directions(void **state)
{
	(void)state;
	every_sample(check_direction);
}

static void test_refuses_states(void **state)
{
	(void)state;
	every_sample(check_state);
}

static void test_refuses_descriptors(void **state)
{
	(void)state;
	every_sample(check_descriptor);
}

static void test_refuses_fields(void **state)
{
	(void)state;
	every_sample(check_fields);
}

/* ---- the small functions ---- */

static void test_state_next(void **state)
{
	(void)state;
	assert_int_equal(proto_state_next(PROTO_STATE_OPEN, CONF_BEGIN), PROTO_STATE_CONF);
	assert_int_equal(proto_state_next(PROTO_STATE_COMMITTED, CONF_BEGIN), PROTO_STATE_CONF);
	assert_int_equal(proto_state_next(PROTO_STATE_CONF, CONF_VRRP_PEER), PROTO_STATE_CONF);
	assert_int_equal(proto_state_next(PROTO_STATE_CONF, CONF_COMMIT), PROTO_STATE_COMMITTED);
	assert_int_equal(proto_state_next(PROTO_STATE_COMMITTED, CONF_APPLY), PROTO_STATE_OPEN);
	assert_int_equal(proto_state_next(PROTO_STATE_CONF, CONF_ABORT), PROTO_STATE_OPEN);
	assert_int_equal(proto_state_next(PROTO_STATE_OPEN, LAUNCHER_HEARTBEAT), PROTO_STATE_OPEN);
}

static void test_process_names(void **state)
{
	(void)state;
	for (unsigned i = PROTO_LAUNCHER; i <= PROTO_RUNNER_FIRST; i++) {
		enum proto_process found;
		assert_int_equal(
			proto_process_by_name(proto_process_name((enum proto_process)i), &found),
			0);
		assert_int_equal(found, i);
	}
	enum proto_process found;
	assert_string_equal(proto_process_name((enum proto_process)PROTO_RUNNER_LAST), "runner");
	assert_null(proto_process_name((enum proto_process)0));
	assert_null(proto_process_name(PROTO_PROCESS_END));
	assert_int_equal(proto_process_by_name("vrrp", &found), -1);
	assert_string_equal(proto_type_name(0x7777), "unknown");
	assert_null(proto_rule_find(0));
}

static void test_checksum(void **state)
{
	(void)state;
	const char *digits = "123456789";
	assert_int_equal(proto_checksum(0, digits, 9), 0xe3069283);
	assert_int_equal(proto_checksum(0, digits, 0), 0);
	for (size_t cut = 0; cut <= 9; cut++)
		assert_int_equal(
			proto_checksum(proto_checksum(0, digits, cut), digits + cut, 9 - cut),
			0xe3069283);
	uint8_t bytes[300];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 3);
	/* The fast way and the table agree at every length and alignment. */
	for (size_t from = 0; from < 8; from++) {
		for (size_t length = 0; from + length <= sizeof(bytes); length++)
			assert_int_equal(checksum_run(1, bytes + from, length),
				checksum_by_table(1, bytes + from, length));
	}
}

static void test_string_set(void **state)
{
	(void)state;
	char array[8];
	memset(array, 'x', sizeof(array));
	proto_string_set(array, sizeof(array), "abc");
	assert_memory_equal(array, "abc\0\0\0\0\0", 8);
	proto_string_set(array, sizeof(array), "abcdefghij");
	assert_memory_equal(array, "abcdefg\0", 8);
	proto_string_set(array, sizeof(array), "");
	assert_memory_equal(array, "\0\0\0\0\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_has_a_row),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_document_shows_the_table),
		cmocka_unit_test(test_vectors_of_the_document),
		cmocka_unit_test(test_refuses_lengths),
		cmocka_unit_test(test_refuses_headers),
		cmocka_unit_test(test_refuses_directions),
		cmocka_unit_test(test_refuses_states),
		cmocka_unit_test(test_refuses_descriptors),
		cmocka_unit_test(test_refuses_fields),
		cmocka_unit_test(test_document_agrees_on_fields),
		cmocka_unit_test(test_state_next),
		cmocka_unit_test(test_process_names),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_string_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
