/* Entries of the journal in its own protocol: KEY=VALUE lines, and for a value with newlines its
 * length before it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/log_format.h"

struct entry {
	char *to;
	size_t size, length;
};

static bool fits(const struct entry *entry, size_t length)
{
	return entry->size - entry->length >= length;
}

static void put(struct entry *entry, const void *bytes, size_t length)
{
	memcpy(entry->to + entry->length, bytes, length);
	entry->length += length;
}

/* The length comes in little endian. */
static void put_length(struct entry *entry, uint64_t length)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(length >> (8 * i));
	put(entry, bytes, sizeof(bytes));
}

static void add_bytes(struct entry *entry, const char *key, const char *value, size_t length)
{
	size_t key_length = strlen(key);
	bool lines = memchr(value, '\n', length) != NULL;

	if (!fits(entry, key_length + 1 + (lines ? 8 : 0) + length + 1))
		return;
	put(entry, key, key_length);
	put(entry, lines ? "\n" : "=", 1);
	if (lines)
		put_length(entry, length);
	put(entry, value, length);
	put(entry, "\n", 1);
}

static void add(struct entry *entry, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		add_bytes(entry, key, value, strnlen(value, LOG_FIELD_MAX));
}

static void add_number(struct entry *entry, const char *key, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	add(entry, key, text);
}

static void add_change(struct entry *entry, const struct log_change *change)
{
	add(entry, "MESSAGE_ID", log_kind_id(change->kind));
	add(entry, "HOLDFAST_KIND", log_kind_name(change->kind));
	add(entry, "HOLDFAST_INSTANCE", change->instance);
	add(entry, "HOLDFAST_GROUP", change->group);
	add(entry, "HOLDFAST_VIRTUAL_SERVER", change->virtual_server);
	add(entry, "HOLDFAST_REAL_SERVER", change->real_server);
	add(entry, "HOLDFAST_SCRIPT", change->script);
	add(entry, "HOLDFAST_CHILD", change->child);
	add(entry, "HOLDFAST_OLD_STATE", change->old_state);
	add(entry, "HOLDFAST_STATE", change->state);
	add(entry, "HOLDFAST_REASON", change->reason);
}

size_t log_format_journal(char *to, size_t size, const struct log_entry *what)
{
	struct entry entry = {.to = to, .size = size};

	add_bytes(&entry, "MESSAGE", what->text, strnlen(what->text, size / 4));
	add_number(&entry, "PRIORITY", what->level);
	add_number(&entry, "SYSLOG_FACILITY", LOG_FAC(what->facility));
	add(&entry, "SYSLOG_IDENTIFIER", what->process);
	add(&entry, "HOLDFAST_PROCESS", what->process);
	add(&entry, "HOLDFAST_TOPIC", what->topic);
	if (what->change != NULL)
		add_change(&entry, what->change);
	return entry.length;
}
