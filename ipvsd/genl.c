#include "ipvsd/genl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What the kernel puts into one record of a dump at most; it offers so much because we do. */
#define RECEIVE_SIZE 32768
#define BATCH_SIZE   32768
/* An error takes some 1300 bytes of the receive buffer: those of a whole batch fit. */
#define RECEIVE_BUFFER (1 << 20)

struct genl {
	struct nl_sock *socket;
	uint32_t sequence; /* of the last request */
	uint32_t first;    /* of the batch */
	bool sent;
	size_t length;                /* of the batch */
	size_t last;                  /* where its last request begins */
	struct netlink_cursor cursor; /* in receive */
	char receive[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	char batch[BATCH_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int set_option(const struct genl *genl, int option)
{
	static const int on = 1;

	return setsockopt(nl_socket_get_fd(genl->socket), SOL_NETLINK, option, &on, sizeof(on));
}

struct genl *genl_new(void)
{
	struct genl *genl = calloc(1, sizeof(*genl));

	if (genl == NULL)
		return NULL;
	genl->socket = nl_socket_alloc();
	if (genl->socket == NULL || genl_connect(genl->socket) < 0 ||
		nl_socket_set_buffer_size(genl->socket, RECEIVE_BUFFER, 0) < 0) {
		genl_free(genl);
		errno = EPROTONOSUPPORT;
		return NULL;
	}
	/* Short errors with the kernel's own words; one that cannot do so is understood too. */
	if (set_option(genl, NETLINK_CAP_ACK) == 0)
		set_option(genl, NETLINK_EXT_ACK);
	return genl;
}

void genl_free(struct genl *genl)
{
	if (genl == NULL)
		return;
	nl_socket_free(genl->socket);
	free(genl);
}

int genl_put(struct genl *genl, struct nl_msg *message)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);
	size_t size = NLMSG_ALIGN((size_t)header->nlmsg_len);

	if (genl->sent) {
		genl->sent = false;
		genl->length = 0;
	}
	if (size > sizeof(genl->batch) - genl->length) {
		errno = genl->length == 0 ? EMSGSIZE : ENOSPC;
		return -1;
	}
	struct nlmsghdr *copy = (struct nlmsghdr *)(void *)(genl->batch + genl->length);
	memset((char *)copy + size - NLMSG_ALIGNTO, 0, NLMSG_ALIGNTO);
	memcpy(copy, header, header->nlmsg_len);
	copy->nlmsg_seq = ++genl->sequence;
	copy->nlmsg_pid = 0;
	if (genl->length == 0)
		genl->first = copy->nlmsg_seq;
	genl->last = genl->length;
	genl->length += size;
	return 0;
}

int genl_send(struct genl *genl)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct iovec batch = {.iov_base = genl->batch, .iov_len = genl->length};
	const struct msghdr header = {.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = &batch,
		.msg_iovlen = 1};
	struct nlmsghdr *last = (struct nlmsghdr *)(void *)(genl->batch + genl->last);

	if ((last->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		last->nlmsg_flags |= NLM_F_ACK;
	genl->sent = true;
	genl->cursor = (struct netlink_cursor){0};
	ssize_t length;
	do
		length = sendmsg(nl_socket_get_fd(genl->socket), &header, 0);
	while (length == -1 && errno == EINTR);
	return length == -1 ? -1 : 0;
}

/* One record. Returns 1; 0 when there is none, or one that is not the kernel's; -1 with errno. */
static int receive(struct genl *genl)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = genl->receive, .iov_len = sizeof(genl->receive)};
	struct msghdr header = {.msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t length;

	do {
		header.msg_namelen = sizeof(from);
		length = recvmsg(nl_socket_get_fd(genl->socket), &header, MSG_DONTWAIT);
	} while ((length == -1 && errno == EINTR) || (length != -1 && from.nl_pid != 0));
	if (length == -1)
		return errno == EAGAIN ? 0 : -1;
	if (header.msg_namelen != sizeof(from) || (header.msg_flags & MSG_TRUNC) != 0) {
		errno = EBADMSG;
		return -1;
	}
	genl->cursor = netlink_record(genl->receive, (size_t)length);
	return 1;
}

int genl_answer(struct genl *genl, struct netlink_answer *answer, uint32_t *place)
{
	for (;;) {
		while (netlink_answer_next(&genl->cursor, answer)) {
			*place = answer->sequence - genl->first;
			if (*place <= genl->sequence - genl->first)
				return 1;
		}
		int result = receive(genl);
		if (result <= 0)
			return result;
	}
}

void genl_drain(struct genl *genl)
{
	int result;

	do
		result = receive(genl);
	while (result == 1 || (result == -1 && (errno == ENOBUFS || errno == EBADMSG)));
	genl->cursor = (struct netlink_cursor){0};
}
