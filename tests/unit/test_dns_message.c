/* DNS queries, byte for byte, and what is an answer to them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checkerd/dns_message.h"

#define ID 0x1234

static void assert_query(uint16_t type, const char *name, const char *wanted, size_t length)
{
	uint8_t query[DNS_QUERY_MAX];

	assert_int_equal(dns_query_make(query, ID, type, name), length);
	assert_memory_equal(query, wanted, length);
}

static void test_query(void **state)
{
	static const char root[] = "\x12\x34\x01\0\0\x01\0\0\0\0\0\0"
				   "\0\0\x06\0\x01";
	static const char host[] = "\x12\x34\x01\0\0\x01\0\0\0\0\0\0"
				   "\x03www\x07"
				   "Example\0\0\x1c\0\x01";

	(void)state;
	assert_query(6, ".", root, sizeof(root) - 1);
	assert_query(6, "", root, sizeof(root) - 1);
	assert_query(28, "www.Example", host, sizeof(host) - 1);
	assert_query(28, "www.Example.", host, sizeof(host) - 1);
}

static void test_names(void **state)
{
	uint8_t query[DNS_QUERY_MAX];
	char name[300] = "";

	(void)state;
	static const char *const wrong[] = {"a..b", ".a", "..", "a.."};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		assert_int_equal(dns_query_make(query, ID, 1, wrong[i]), 0);
		assert_int_equal(errno, EINVAL);
	}
	memset(name, 'a', 64);
	assert_int_equal(dns_query_make(query, ID, 1, name), 0);
	name[63] = '\0';
	assert_int_equal(dns_query_make(query, ID, 1, name), 12 + 65 + 4);
	/* 255 with all lengths and the root: 127 labels of one letter */
	for (int i = 0; i < 127; i++)
		memcpy(name + 2 * i, "x.", 3);
	assert_int_equal(dns_query_make(query, ID, 1, name), DNS_QUERY_MAX);
	strcat(name, "x");
	assert_int_equal(dns_query_make(query, ID, 1, name), 0);
}

struct case_ {
	const char *what;
	size_t length; /* of the answer */
	size_t at;     /* this byte of it … */
	uint8_t byte;  /* … is this */
	enum dns_answer wanted;
	unsigned rcode;
};

#define QUERY_LEN (12 + 13 + 4)
#define WHOLE     (QUERY_LEN + 9)

static void test_answers(void **state)
{
	static const struct case_ cases[] = {
		{"answer", WHOLE, 2, 0x81, DNS_GOOD, 0},
		{"without records", QUERY_LEN, 2, 0x81, DNS_GOOD, 0},
		{"cut off (TC)", QUERY_LEN, 2, 0x83, DNS_GOOD, 0},
		{"name in other letters", WHOLE, 13, 'W', DNS_GOOD, 0},
		{"SERVFAIL", WHOLE, 3, 0x82, DNS_BAD, 2},
		{"REFUSED", WHOLE, 3, 0x05, DNS_BAD, 5},
		{"other id", WHOLE, 1, 0x35, DNS_OTHERS, 0},
		{"a question", WHOLE, 2, 0x01, DNS_OTHERS, 0},
		{"a notification", WHOLE, 2, 0xa1, DNS_OTHERS, 0},
		{"no question, though good", WHOLE, 5, 0, DNS_OTHERS, 0},
		{"two questions", WHOLE, 5, 2, DNS_OTHERS, 0},
		{"256 questions", WHOLE, 4, 1, DNS_OTHERS, 0},
		{"other name", WHOLE, 14, 'x', DNS_OTHERS, 0},
		{"other length of a label", WHOLE, 12, 4, DNS_OTHERS, 0},
		{"other type", WHOLE, QUERY_LEN - 3, 2, DNS_OTHERS, 0},
		{"other class", WHOLE, QUERY_LEN - 1, 3, DNS_OTHERS, 0},
	};
	uint8_t query[DNS_QUERY_MAX];

	(void)state;
	assert_int_equal(dns_query_make(query, ID, 1, "www.example"), QUERY_LEN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *bytes = calloc(1, cases[i].length);
		unsigned rcode = 0;
		memcpy(bytes, query, QUERY_LEN);
		bytes[2] = 0x81;
		bytes[cases[i].at] = cases[i].byte;
		enum dns_answer found =
			dns_answer_judge(query, QUERY_LEN, bytes, cases[i].length, &rcode);
		if (found != cases[i].wanted || rcode != cases[i].rcode)
			fail_msg("%s: %d, rcode %u", cases[i].what, found, rcode);
		free(bytes);
	}
}

/* Of every length, without reading behind it (the sanitized build sees that). */
static void test_short(void **state)
{
	uint8_t query[DNS_QUERY_MAX];

	(void)state;
	assert_int_equal(dns_query_make(query, ID, 1, "www.example"), QUERY_LEN);
	for (size_t length = 0; length < QUERY_LEN; length++) {
		uint8_t *bytes = malloc(length == 0 ? 1 : length);
		unsigned rcode = 0;
		memcpy(bytes, query, length);
		if (length > 2)
			bytes[2] = 0x81;
		assert_int_equal(
			dns_answer_judge(query, QUERY_LEN, bytes, length, &rcode), DNS_OTHERS);
		free(bytes);
	}
	/* it could not even read the question */
	const uint8_t refusal[] = {ID >> 8, ID & 0xff, 0x81, 0x01, 0, 0, 0, 0, 0, 0, 0, 0};
	unsigned rcode = 0;
	assert_int_equal(
		dns_answer_judge(query, QUERY_LEN, refusal, sizeof(refusal), &rcode), DNS_BAD);
	assert_string_equal(dns_rcode_name(rcode), "FORMERR");
}

static void test_names_of_types(void **state)
{
	char text[12];

	(void)state;
	assert_string_equal(dns_type_name(6, text), "SOA");
	assert_string_equal(dns_type_name(65535, text), "TYPE65535");
	assert_string_equal(dns_rcode_name(2), "SERVFAIL");
	assert_string_equal(dns_rcode_name(15), "RCODE 15");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_names_of_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
