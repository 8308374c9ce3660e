/* Entries of the journal: read back as journald reads them, whatever is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log_format.h"

struct field {
	char key[64];
	char value[2048];
	size_t length;
};

struct entry {
	struct field fields[32];
	size_t count;
};

/* By the description of the protocol, and strictly: anything else than fields is a failure. */
static void parse(const char *bytes, size_t length, struct entry *entry)
{
	const char *end = bytes + length;

	entry->count = 0;
	while (bytes < end) {
		struct field *field = &entry->fields[entry->count++];
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		assert_non_null(newline);
		const char *equals = memchr(bytes, '=', (size_t)(newline - bytes));
		const char *stop = equals != NULL ? equals : newline;
		assert_in_range(stop - bytes, 1, sizeof(field->key) - 1);
		memcpy(field->key, bytes, (size_t)(stop - bytes));
		field->key[stop - bytes] = '\0';
		assert_int_equal(strspn(field->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"),
			strlen(field->key));
		const char *value = stop + 1;
		if (equals != NULL) {
			field->length = (size_t)(newline - value);
		} else {
			uint64_t told = 0;
			assert_true(end - value >= 8);
			for (int i = 7; i >= 0; i--)
				told = told << 8 | (unsigned char)value[i];
			value += 8;
			field->length = told;
		}
		assert_true(field->length < sizeof(field->value));
		assert_true(field->length + 1 <= (size_t)(end - value));
		memcpy(field->value, value, field->length);
		field->value[field->length] = '\0';
		assert_int_equal(value[field->length], '\n');
		bytes = value + field->length + 1;
	}
}

static const char *value_of(const struct entry *entry, const char *key)
{
	const char *found = NULL;

	for (size_t i = 0; i < entry->count; i++) {
		if (strcmp(entry->fields[i].key, key) != 0)
			continue;
		assert_null(found); /* once */
		found = entry->fields[i].value;
	}
	return found;
}

static void encode(const struct log_entry *what, size_t size, struct entry *entry)
{
	/* On the heap and exactly as long as was said, so that a byte too many is noticed. */
	char *bytes = malloc(size);
	assert_non_null(bytes);
	size_t length = log_format_journal(bytes, size, what);
	assert_true(length <= size);
	parse(bytes, length, entry);
	free(bytes);
}

static void a_change_has_its_fields(void **state)
{
	const struct log_change change = {.kind = LOG_VRRP_STATE,
		.instance = "VI_1",
		.old_state = "BACKUP",
		.state = "MASTER",
		.reason = "no advertisement from 10.0.0.2 for 3.61 s"};
	const struct log_entry what = {.process = "vrrpd",
		.level = LOG_NOTICE,
		.facility = LOG_LOCAL3,
		.text = "VI_1: BACKUP -> MASTER",
		.change = &change};
	struct entry entry;

	(void)state;
	encode(&what, LOG_ENTRY_MAX, &entry);
	assert_string_equal(value_of(&entry, "MESSAGE"), "VI_1: BACKUP -> MASTER");
	assert_string_equal(value_of(&entry, "PRIORITY"), "5");
	assert_string_equal(value_of(&entry, "SYSLOG_FACILITY"), "19");
	assert_string_equal(value_of(&entry, "SYSLOG_IDENTIFIER"), "vrrpd");
	assert_string_equal(value_of(&entry, "HOLDFAST_PROCESS"), "vrrpd");
	assert_string_equal(value_of(&entry, "MESSAGE_ID"), "bbabaf49bf0646de8b43fc8c9b6a7386");
	assert_string_equal(value_of(&entry, "HOLDFAST_KIND"), "vrrp-state");
	assert_string_equal(value_of(&entry, "HOLDFAST_INSTANCE"), "VI_1");
	assert_string_equal(value_of(&entry, "HOLDFAST_OLD_STATE"), "BACKUP");
	assert_string_equal(value_of(&entry, "HOLDFAST_STATE"), "MASTER");
	assert_string_equal(value_of(&entry, "HOLDFAST_REASON"), change.reason);
	assert_null(value_of(&entry, "HOLDFAST_SCRIPT"));
	assert_null(value_of(&entry, "HOLDFAST_TOPIC"));
}

static void a_plain_line_has_no_more_than_it_needs(void **state)
{
	const struct log_entry what = {.process = "parentd",
		.level = LOG_DEBUG,
		.facility = LOG_DAEMON,
		.text = "",
		.topic = "control"};
	struct entry entry;

	(void)state;
	encode(&what, LOG_ENTRY_MAX, &entry);
	assert_int_equal(entry.count, 6);
	assert_string_equal(value_of(&entry, "MESSAGE"), "");
	assert_string_equal(value_of(&entry, "HOLDFAST_TOPIC"), "control");
	assert_string_equal(value_of(&entry, "SYSLOG_FACILITY"), "3");
}

/* Nobody who names an instance or says a reason adds a field of his own, or ends the entry. */
static void hostile_values_stay_values(void **state)
{
	static const char *const hostile[] = {
		"x\nPRIORITY=0\n",
		"\n",
		"\n\n\nMESSAGE=forged\n\n",
		"a=b=c",
		"=",
		"\x01\x1b[2J\x7f\xff\xfe",
		"\n\x01\0\0\0\0\0\0\0x\n",
		"MESSAGE_ID=0",
	};
	struct entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const struct log_change change = {.kind = LOG_SCRIPT_RESULT,
			.instance = hostile[i],
			.script = hostile[i],
			.reason = hostile[i],
			.state = hostile[i]};
		const struct log_entry what = {.process = "parentd",
			.level = LOG_NOTICE,
			.facility = LOG_DAEMON,
			.text = hostile[i],
			.change = &change};
		encode(&what, LOG_ENTRY_MAX, &entry);
		assert_int_equal(entry.count, 11);
		assert_string_equal(value_of(&entry, "MESSAGE"), hostile[i]);
		assert_string_equal(value_of(&entry, "PRIORITY"), "5");
		assert_string_equal(value_of(&entry, "HOLDFAST_INSTANCE"), hostile[i]);
		assert_string_equal(value_of(&entry, "HOLDFAST_SCRIPT"), hostile[i]);
		assert_string_equal(value_of(&entry, "HOLDFAST_REASON"), hostile[i]);
		assert_string_equal(value_of(&entry, "HOLDFAST_STATE"), hostile[i]);
	}
}

static void what_is_too_long_is_cut_or_left_out(void **state)
{
	char longest[8192];
	struct entry entry;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	longest[100] = '\n';
	const struct log_change change = {.kind = LOG_REAL_SERVER,
		.instance = longest,
		.group = longest,
		.virtual_server = longest,
		.real_server = longest,
		.script = longest,
		.old_state = longest,
		.state = longest,
		.reason = longest};
	const struct log_entry what = {.process = "checkerd",
		.level = LOG_NOTICE,
		.facility = LOG_DAEMON,
		.text = longest,
		.change = &change};
	for (size_t size = 64; size <= LOG_ENTRY_MAX; size++) {
		encode(&what, size, &entry);
		assert_int_equal(strlen(value_of(&entry, "MESSAGE")), size / 4);
	}
	assert_int_equal(strlen(value_of(&entry, "HOLDFAST_INSTANCE")), LOG_FIELD_MAX);
	assert_string_equal(value_of(&entry, "PRIORITY"), "5");
}

static void every_kind_has_an_id_of_its_own(void **state)
{
	(void)state;
	for (int kind = LOG_KIND_NONE + 1; kind < LOG_KINDS; kind++) {
		const char *id = log_kind_id((enum log_kind)kind);
		assert_non_null(id);
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		assert_non_null(log_kind_name((enum log_kind)kind));
		for (int other = LOG_KIND_NONE + 1; other < kind; other++) {
			assert_string_not_equal(id, log_kind_id((enum log_kind)other));
			assert_string_not_equal(log_kind_name((enum log_kind)kind),
				log_kind_name((enum log_kind)other));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_has_its_fields),
		cmocka_unit_test(a_plain_line_has_no_more_than_it_needs),
		cmocka_unit_test(hostile_values_stay_values),
		cmocka_unit_test(what_is_too_long_is_cut_or_left_out),
		cmocka_unit_test(every_kind_has_an_id_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
