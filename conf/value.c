#include "conf/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *value_number(const char *word, int64_t *number)
{
	bool negative = word[0] == '-';
	const char *digit = word + (negative || word[0] == '+');
	int64_t value = 0;
	if (*digit == '\0')
		return "is not a number";
	for (; *digit != '\0'; digit++) {
		if (!isdigit((unsigned char)*digit))
			return "is not a whole number";
		if (value > (INT64_MAX - 9) / 10)
			return "is too large a number";
		value = value * 10 + (*digit - '0');
	}
	*number = negative ? -value : value;
	return NULL;
}

const char *value_seconds(const char *word, uint64_t *microseconds)
{
	uint64_t value = 0;
	unsigned places = 0;
	bool point = false;
	bool digits = false;
	bool round = false;
	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '.' && !point) {
			point = true;
			continue;
		}
		if (!isdigit((unsigned char)*c))
			return "is not a number of seconds";
		digits = true;
		if (point && places == 6) {
			round = round || *c >= '5';
			places++;
		}
		if (places > 6)
			continue;
		if (!point && value > 100000000000)
			return "is too large a number";
		value = value * 10 + (uint64_t)(*c - '0');
		places += point;
	}
	if (!digits)
		return "is not a number of seconds";
	for (; places < 6; places++)
		value *= 10;
	*microseconds = value + round;
	return NULL;
}

const char *value_bool(const char *word, bool *value)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"on", true}, {"yes", true}, {"false", false}, {"off", false},
		{"no", false}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) == 0) {
			*value = words[i].value;
			return NULL;
		}
	}
	return "is none of on, off, true, false, yes, no";
}

const char *value_ifname(const char *word, char name[PROTO_IFNAME_LEN])
{
	size_t length = strlen(word);
	if (length == 0)
		return "is empty";
	if (length >= PROTO_IFNAME_LEN)
		return "is longer than 15 characters";
	if (strchr(word, '/') != NULL)
		return "is no name of an interface";
	proto_string_set(name, PROTO_IFNAME_LEN, word);
	return NULL;
}

const char *value_address(const char *word, struct proto_addr *address)
{
	struct proto_addr result = {0};
	if (inet_pton(AF_INET, word, result.bytes) == 1)
		result.family = AF_INET;
	else if (inet_pton(AF_INET6, word, result.bytes) == 1)
		result.family = AF_INET6;
	else
		return "is not an IP address";
	*address = result;
	return NULL;
}

/* 255.255.255.0 -> 24; -1 when the ones are not together. */
static int prefix_of_mask(const char *word)
{
	struct in_addr mask;
	if (inet_pton(AF_INET, word, &mask) != 1)
		return -1;
	uint32_t bits = ntohl(mask.s_addr);
	int length = bits == 0 ? 0 : 32 - __builtin_ctz(bits);
	uint32_t expected = length == 0 ? 0 : UINT32_MAX << (32 - length);
	return bits == expected ? length : -1;
}

const char *value_prefix(
	const char *word, struct proto_addr *address, uint8_t *prefixlen, bool *given)
{
	char buf[128];
	const char *slash = strchr(word, '/');
	size_t length = slash != NULL ? (size_t)(slash - word) : strlen(word);
	if (length >= sizeof(buf))
		return "is not an IP address";
	memcpy(buf, word, length);
	buf[length] = '\0';
	const char *wrong = value_address(buf, address);
	if (wrong != NULL)
		return wrong;
	int64_t number = address->family == AF_INET ? 32 : 128;
	int64_t max = number;
	*given = slash != NULL;
	if (*given && strchr(slash, '.') != NULL && address->family == AF_INET)
		number = prefix_of_mask(slash + 1);
	else if (*given && value_number(slash + 1, &number) != NULL)
		number = -1;
	if (number < 0 || number > max)
		return max == 32 ? "has no prefix length of 0 to 32"
				 : "has no prefix length of 0 to 128";
	*prefixlen = (uint8_t)number;
	return NULL;
}

bool value_is_multicast(const struct proto_addr *address)
{
	if (address->family == AF_INET)
		return (address->bytes[0] & 0xf0) == 0xe0;
	return address->family == AF_INET6 && address->bytes[0] == 0xff;
}

bool value_address_equal(const struct proto_addr *a, const struct proto_addr *b)
{
	size_t length = a->family == AF_INET ? 4 : 16;
	return a->family == b->family && memcmp(a->bytes, b->bytes, length) == 0;
}

bool value_address_within(
	const struct proto_addr *address, const struct proto_addr *net, unsigned prefixlen)
{
	if (address->family != net->family)
		return false;
	unsigned whole = prefixlen / 8;
	unsigned rest = prefixlen % 8;
	if (whole > 16 || memcmp(address->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 0 || ((address->bytes[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

const char *value_address_text(const struct proto_addr *address, char buf[VALUE_ADDRESS_LEN])
{
	if (address->family == 0 ||
		inet_ntop(address->family, address->bytes, buf, VALUE_ADDRESS_LEN) == NULL)
		snprintf(buf, VALUE_ADDRESS_LEN, "none");
	return buf;
}

const char *value_seconds_text(uint64_t microseconds, char buf[VALUE_SECONDS_LEN])
{
	int length = snprintf(buf, VALUE_SECONDS_LEN, "%" PRIu64 ".%06" PRIu64,
		microseconds / 1000000, microseconds % 1000000);
	while (length > 0 && buf[length - 1] == '0')
		buf[--length] = '\0';
	if (length > 0 && buf[length - 1] == '.')
		buf[--length] = '\0';
	return buf;
}
