#include "ipvsd/netlink_answer.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define ERRNO_MAX 4095 /* of the kernel's error pointers */

struct netlink_cursor netlink_record(const void *record, size_t length)
{
	return (struct netlink_cursor){.next = record, .left = length};
}

/* A number that the kernel means as a negative errno value, or 0. */
static int read_error(const struct nlmsghdr *header)
{
	int error;

	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return EBADMSG;
	memcpy(&error, nlmsg_data(header), sizeof(error));
	return error <= 0 && error >= -ERRNO_MAX ? -error : EBADMSG;
}

/* The kernel's own words come behind the header of the request; that is all of the request which is
 * repeated (NETLINK_CAP_ACK). */
static const char *read_text(const struct nlmsghdr *header)
{
	const size_t before = NLMSG_LENGTH(sizeof(struct nlmsgerr));
	const uint16_t flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	struct nlattr *attributes[NLMSGERR_ATTR_MSG + 1];
	struct nla_policy policy[NLMSGERR_ATTR_MSG + 1] = {
		[NLMSGERR_ATTR_MSG] = {.type = NLA_STRING}};

	if ((header->nlmsg_flags & flags) != flags || header->nlmsg_len <= before)
		return NULL;
	if (nla_parse(attributes, NLMSGERR_ATTR_MSG,
		    nlmsg_attrdata(header, sizeof(struct nlmsgerr)),
		    nlmsg_attrlen(header, sizeof(struct nlmsgerr)), policy) < 0 ||
		attributes[NLMSGERR_ATTR_MSG] == NULL)
		return NULL;
	return nla_get_string(attributes[NLMSGERR_ATTR_MSG]);
}

static void read_message(const struct nlmsghdr *header, struct netlink_answer *answer)
{
	*answer = (struct netlink_answer){.kind = NETLINK_DATA,
		.sequence = header->nlmsg_seq,
		.interrupted = (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0,
		.header = header};
	if (header->nlmsg_type == NLMSG_ERROR) {
		answer->kind = NETLINK_RESULT;
		answer->error = read_error(header);
		answer->text = answer->error == 0 ? NULL : read_text(header);
	} else if (header->nlmsg_type == NLMSG_DONE) {
		answer->kind = NETLINK_DONE;
		answer->error = read_error(header);
	}
}

bool netlink_answer_next(struct netlink_cursor *cursor, struct netlink_answer *answer)
{
	while (cursor->left >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)cursor->next;
		if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > cursor->left)
			return false;
		size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);
		step = step < cursor->left ? step : cursor->left;
		cursor->next += step;
		cursor->left -= step;
		if (header->nlmsg_type >= NLMSG_MIN_TYPE || header->nlmsg_type == NLMSG_ERROR ||
			header->nlmsg_type == NLMSG_DONE) {
			read_message(header, answer);
			return true;
		}
	}
	return false;
}
