#include "checkerd/dns_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADER_LEN  12
#define NAME_MAX_   255
#define LABEL_MAX   63
#define CLASS_IN    1
#define FLAG_QR     0x80 /* in the third byte, as are the next two */
#define OPCODE_MASK 0x78
#define FLAG_RD     0x01
#define RCODE_MASK  0x0f /* in the fourth */

static void put16(uint8_t *at, unsigned number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Labels, each behind its length, and an empty one. Returns the length, 0 when it is no name. */
static size_t put_name(uint8_t *at, const char *name)
{
	size_t used = 0;

	if (strcmp(name, ".") == 0)
		name = "";
	while (*name != '\0') {
		size_t label = strcspn(name, ".");
		if (label == 0 || label > LABEL_MAX || used + 1 + label + 1 > NAME_MAX_)
			return 0;
		at[used++] = (uint8_t)label;
		memcpy(at + used, name, label);
		used += label;
		name += label;
		if (*name == '.')
			name++;
	}
	at[used++] = 0;
	return used;
}

size_t dns_query_make(uint8_t query[DNS_QUERY_MAX], uint16_t id, uint16_t type, const char *name)
{
	memset(query, 0, DNS_QUERY_MAX);
	put16(query, id);
	query[2] = FLAG_RD;
	put16(query + 4, 1); /* one question */
	size_t length = put_name(query + HEADER_LEN, name);
	if (length == 0) {
		errno = EINVAL;
		return 0;
	}
	put16(query + HEADER_LEN + length, type);
	put16(query + HEADER_LEN + length + 2, CLASS_IN);
	return HEADER_LEN + length + 4;
}

static int lower(int byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

/* Servers may give the name back in other letters (RFC 4343). Its lengths are below 'A'. */
static int same_question(const uint8_t *query, size_t query_length, const uint8_t *bytes)
{
	for (size_t i = HEADER_LEN; i < query_length - 4; i++) {
		if (lower(query[i]) != lower(bytes[i]))
			return 0;
	}
	return memcmp(query + query_length - 4, bytes + query_length - 4, 4) == 0;
}

enum dns_answer dns_answer_judge(const uint8_t *query, size_t query_length, const uint8_t *bytes,
	size_t length, unsigned *rcode)
{
	if (length < HEADER_LEN || get16(bytes) != get16(query))
		return DNS_OTHERS;
	if ((bytes[2] & FLAG_QR) == 0 || (bytes[2] & OPCODE_MASK) != 0)
		return DNS_OTHERS;
	unsigned questions = get16(bytes + 4);
	*rcode = bytes[3] & RCODE_MASK;
	/* A refusal may come without the question, when the server could not read it. */
	if (questions == 0 && *rcode != 0)
		return DNS_BAD;
	if (questions != 1 || length < query_length || !same_question(query, query_length, bytes))
		return DNS_OTHERS;
	return *rcode == 0 ? DNS_GOOD : DNS_BAD;
}

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RCODE 11",
		"RCODE 12", "RCODE 13", "RCODE 14", "RCODE 15"};

	return names[rcode & RCODE_MASK];
}

const char *dns_type_name(uint16_t type, char text[12])
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {{1, "A"}, {2, "NS"}, {5, "CNAME"}, {DNS_TYPE_SOA, "SOA"}, {15, "MX"},
		{16, "TXT"}, {28, "AAAA"}, {46, "RRSIG"}, {48, "DNSKEY"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	snprintf(text, 12, "TYPE%u", (unsigned)type);
	return text;
}
