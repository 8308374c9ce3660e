/* Records from a netlink socket, and such as are not what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/msg.h>

#include "ipvsd/netlink_answer.h"

struct record {
	uint8_t bytes[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t length;
};

static struct nlmsghdr *add(
	struct record *record, uint16_t type, uint16_t flags, const void *body, size_t length)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)(record->bytes + record->length);

	*header = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = 7};
	memcpy(NLMSG_DATA(header), body, length);
	record->length += NLMSG_ALIGN(header->nlmsg_len);
	return header;
}

static void add_error(struct record *record, int error)
{
	const struct nlmsgerr body = {.error = error};

	add(record, NLMSG_ERROR, NLM_F_CAPPED, &body, sizeof(body));
}

static void test_kinds(void **state)
{
	static const int fine = 0;
	static const int failed = -ENOMEM;
	struct record record = {0};
	struct netlink_answer answer;

	(void)state;
	add(&record, NLMSG_NOOP, 0, "skip", 4);
	add(&record, 37, NLM_F_MULTI, "part", 4);
	add(&record, 37, NLM_F_MULTI | NLM_F_DUMP_INTR, "odd", 3);
	add_error(&record, 0);
	add_error(&record, -ENOENT);
	add(&record, NLMSG_DONE, NLM_F_MULTI, &fine, sizeof(fine));
	add(&record, NLMSG_DONE, NLM_F_MULTI, &failed, sizeof(failed));
	struct netlink_cursor cursor = netlink_record(record.bytes, record.length);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_DATA && !answer.interrupted && answer.sequence == 7);
	assert_memory_equal(nlmsg_data(answer.header), "part", 4);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_DATA && answer.interrupted);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_RESULT && answer.error == 0);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_RESULT && answer.error == ENOENT && answer.text == NULL);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_DONE && answer.error == 0);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_true(answer.kind == NETLINK_DONE && answer.error == ENOMEM);
	assert_false(netlink_answer_next(&cursor, &answer));
}

static void add_text(struct record *record, const char *text, size_t length)
{
	struct {
		struct nlmsgerr error;
		struct nlattr attribute;
		char text[32];
	} body = {.error.error = -EINVAL,
		.attribute = {.nla_len = (uint16_t)(sizeof(struct nlattr) + length),
			.nla_type = NLMSGERR_ATTR_MSG}};

	memcpy(body.text, text, length);
	add(record, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, &body,
		offsetof(__typeof__(body), text) + length);
}

static void test_words_of_the_kernel(void **state)
{
	struct record record = {0};
	struct netlink_answer answer;

	(void)state;
	add_text(&record, "too long", 9);
	add_text(&record, "no end", 6);
	struct netlink_cursor cursor = netlink_record(record.bytes, record.length);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_int_equal(answer.error, EINVAL);
	assert_string_equal(answer.text, "too long");
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_int_equal(answer.error, EINVAL);
	assert_null(answer.text);
}

static void test_errors_that_are_none(void **state)
{
	static const int numbers[] = {1, ENOENT, -4096, INT32_MIN};
	struct netlink_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct record record = {0};
		add_error(&record, numbers[i]);
		struct netlink_cursor cursor = netlink_record(record.bytes, record.length);
		assert_true(netlink_answer_next(&cursor, &answer));
		assert_int_equal(answer.error, EBADMSG);
	}
	struct record record = {0};
	add(&record, NLMSG_ERROR, 0, "abc", 3);
	struct netlink_cursor cursor = netlink_record(record.bytes, record.length);
	assert_true(netlink_answer_next(&cursor, &answer));
	assert_int_equal(answer.error, EBADMSG);
}

/* Wherever the record is cut, the messages before are read, and that one is not. */
static void test_cut_records(void **state)
{
	struct record record = {0};
	struct netlink_answer answer;

	(void)state;
	add(&record, 37, 0, "first", 5);
	size_t first = NLMSG_LENGTH(5);
	add(&record, 37, 0, "second", 6);
	for (size_t length = 0; length < record.length; length++) {
		uint8_t *cut = test_malloc(length + 1);
		memcpy(cut, record.bytes, length);
		struct netlink_cursor cursor = netlink_record(cut, length);
		size_t count = 0;
		while (netlink_answer_next(&cursor, &answer))
			count++;
		/* the padding of the last one need not be there */
		assert_int_equal(count, (length >= first) + (length >= record.length - 2));
		test_free(cut);
	}
}

static void test_lengths_that_are_not_true(void **state)
{
	static const uint32_t lengths[] = {0, 15, 500, UINT32_MAX, UINT32_MAX - 2};
	struct netlink_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct record record = {0};
		add(&record, 37, 0, "first", 5);
		add(&record, 37, 0, "second", 6)->nlmsg_len = lengths[i];
		struct netlink_cursor cursor = netlink_record(record.bytes, record.length);
		assert_true(netlink_answer_next(&cursor, &answer));
		assert_false(netlink_answer_next(&cursor, &answer));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_words_of_the_kernel),
		cmocka_unit_test(test_errors_that_are_none),
		cmocka_unit_test(test_cut_records),
		cmocka_unit_test(test_lengths_that_are_not_true),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
