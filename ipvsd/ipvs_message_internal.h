/* What the files of ipvs_message.h share. */
#ifndef HOLDFAST_IPVS_MESSAGE_INTERNAL_H
#define HOLDFAST_IPVS_MESSAGE_INTERNAL_H

#include <netlink/attr.h>
#include <netlink/msg.h>

/* Rows of a policy: libnl alone would take longer attributes for numbers. */
#define EXACTLY(length_)                                                                           \
	{                                                                                          \
		.minlen = (length_), .maxlen = (length_)                                           \
	}
#define NUMBER8  EXACTLY(1)
#define NUMBER16 EXACTLY(2)
#define NUMBER32 EXACTLY(4)
#define NUMBER64 EXACTLY(8)
/* size: of the array that it goes to */
#define STRING(size_)                                                                              \
	{                                                                                          \
		.type = NLA_STRING, .maxlen = (size_)                                              \
	}

/* The header of a request to IPVS. */
int ipvs_message_begin(struct nl_msg *message, int family, int flags, uint8_t command);

/* The attributes of an answer's first level. */
int ipvs_message_attributes(const struct nlmsghdr *header, struct nlattr **attributes, int max,
	const struct nla_policy *policy);
/* The attributes inside the one attribute that the answer is made of. */
int ipvs_message_nested(const struct nlmsghdr *header, int type, struct nlattr **inside, int max,
	const struct nla_policy *policy);

#endif
