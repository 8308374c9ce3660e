#include "vrrpd/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"

#define RECEIVE_SIZE  32768 /* what the kernel puts into one dump message at most */
#define REQUEST_BATCH 64    /* messages per system call; their answers fit the socket */
#define REQUEST_SIZE  128   /* one address message with all its attributes */
#define DUMP_TRIES    3     /* when the tables change while they are read */
#define TURN_RECORDS  256   /* read before timers and packets have their turn */

struct rtnl {
	struct nl_sock *monitor;
	struct nl_sock *requests;
	struct event *readable;
	uint32_t sequence;
	bool missed; /* changes were lost since the last reading of everything */
	struct rtnl_handlers handlers;
	void *arg;
	char receive[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	char batch[REQUEST_BATCH * REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* One record from the kernel into rtnl->receive. Returns its length; -1 with errno, EPROTO for one
 * that does not come from the kernel. */
static ssize_t receive(struct rtnl *rtnl, struct nl_sock *sock, int flags)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = rtnl->receive, .iov_len = sizeof rtnl->receive};
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t length;

	do
		length = recvmsg(nl_socket_get_fd(sock), &header, flags);
	while (length == -1 && errno == EINTR);
	if (length == -1)
		return -1;
	if (header.msg_namelen != sizeof from || from.nl_family != AF_NETLINK || from.nl_pid != 0) {
		errno = EPROTO;
		return -1;
	}
	if (header.msg_flags & MSG_TRUNC) {
		errno = ENOBUFS;
		return -1;
	}
	return length;
}

static void tell_link(struct rtnl *rtnl, struct nlmsghdr *message)
{
	struct nlattr *attrs[IFLA_MAX + 1];
	const struct ifinfomsg *info;
	struct rtnl_link link = {0};

	if (nlmsg_parse(message, sizeof *info, attrs, IFLA_MAX, NULL) < 0)
		return;
	info = nlmsg_data(message);
	/* AF_BRIDGE messages are about membership in a bridge, not about the link itself */
	if (info->ifi_family != AF_UNSPEC || info->ifi_index <= 0 || attrs[IFLA_IFNAME] == NULL)
		return;
	if (nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof link.name) >= sizeof link.name)
		return;
	link.index = info->ifi_index;
	link.gone = message->nlmsg_type == RTM_DELLINK;
	link.flags = info->ifi_flags;
	link.type = info->ifi_type;
	link.mtu = attrs[IFLA_MTU] != NULL && nla_len(attrs[IFLA_MTU]) == (int)sizeof link.mtu
			   ? nla_get_u32(attrs[IFLA_MTU])
			   : 0;
	if (link.type == ARPHRD_ETHER && attrs[IFLA_ADDRESS] != NULL &&
		nla_len(attrs[IFLA_ADDRESS]) == (int)sizeof link.mac) {
		memcpy(link.mac, nla_data(attrs[IFLA_ADDRESS]), sizeof link.mac);
		link.has_mac = true;
	}
	rtnl->handlers.link(&link, rtnl->arg);
}

static void tell_address(struct rtnl *rtnl, struct nlmsghdr *message)
{
	struct nlattr *attrs[IFA_MAX + 1];
	const struct ifaddrmsg *info;
	struct rtnl_address address = {0};
	struct nlattr *value;

	if (nlmsg_parse(message, sizeof *info, attrs, IFA_MAX, NULL) < 0)
		return;
	info = nlmsg_data(message);
	/* on a point-to-point link IFA_ADDRESS is the other end */
	value = attrs[IFA_LOCAL] != NULL ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (info->ifa_family != AF_INET || value == NULL ||
		nla_len(value) != (int)sizeof address.address)
		return;
	memcpy(&address.address, nla_data(value), sizeof address.address);
	address.index = (int)info->ifa_index;
	address.gone = message->nlmsg_type == RTM_DELADDR;
	address.prefixlen = info->ifa_prefixlen;
	address.expires = (info->ifa_flags & IFA_F_PERMANENT) == 0;
	log_topic(LOG_TOPIC_NETLINK, "the kernel says that %s/%u on interface %d is %s",
		inet_ntoa((struct in_addr){address.address}), address.prefixlen, address.index,
		address.gone ? "gone" : "there");
	rtnl->handlers.address(&address, rtnl->arg);
}

static void tell(struct rtnl *rtnl, struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
		tell_link(rtnl, message);
	else if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR)
		tell_address(rtnl, message);
}

/* Reads what waits, so much at a time that nothing else has to wait long for it. Returns true when
 * nothing waits any more. */
static bool read_changes(struct rtnl *rtnl)
{
	for (int i = 0; i < TURN_RECORDS; i++) {
		ssize_t length = receive(rtnl, rtnl->monitor, MSG_DONTWAIT);
		int left = (int)length;

		if (length == -1 && errno == ENOBUFS)
			rtnl->missed = true;
		else if (length == -1 && errno != EPROTO) {
			if (errno != EAGAIN)
				log_warn("following interface changes");
			return true;
		}
		for (struct nlmsghdr *message = (struct nlmsghdr *)rtnl->receive;
			left > 0 && nlmsg_ok(message, left); message = nlmsg_next(message, &left))
			tell(rtnl, message);
	}
	return false;
}

/* What waited is older than the tables now, so this comes after it. */
static void read_all_anew(struct rtnl *rtnl)
{
	static const struct log_source source = {.topic = "missed"};

	log_limited(LOG_NOTICE, &source,
		"the kernel reported more interface changes than fit: reading all anew");
	rtnl->handlers.missed(rtnl->arg);
	if (rtnl_dump(rtnl) == -1)
		log_warn("reading interfaces and addresses");
}

static void monitor_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rtnl *rtnl = arg;
	bool all_read = read_changes(rtnl);

	(void)fd;
	(void)what;
	if (!rtnl->missed) {
		rtnl->handlers.settled(rtnl->arg);
		return;
	}
	rtnl->missed = !all_read;
	read_all_anew(rtnl);
}

/* Reads the answer to a dump. Returns 1 when it has to be asked again, 0, or -1 with errno. */
static int dump_answer(struct rtnl *rtnl, uint32_t sequence)
{
	int again = 0;

	for (;;) {
		ssize_t length = receive(rtnl, rtnl->requests, 0);
		int left = (int)length;

		if (length == -1 && errno == EPROTO)
			continue;
		if (length == -1)
			return -1;
		for (struct nlmsghdr *message = (struct nlmsghdr *)rtnl->receive;
			nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
			if (message->nlmsg_seq != sequence)
				continue;
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				again = 1;
			if (message->nlmsg_type == NLMSG_DONE)
				return again;
			if (message->nlmsg_type == NLMSG_ERROR) {
				errno = EIO;
				return -1;
			}
			tell(rtnl, message);
		}
	}
}

static int dump_one(struct rtnl *rtnl, int type, int family)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info; /* its first byte is the family, as in ifaddrmsg */
	} request = {
		.header = {.nlmsg_len = sizeof request,
			.nlmsg_type = (uint16_t)type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = ++rtnl->sequence},
		.info = {.ifi_family = (unsigned char)family},
	};

	if (send(nl_socket_get_fd(rtnl->requests), &request, sizeof request, 0) == -1)
		return -1;
	return dump_answer(rtnl, request.header.nlmsg_seq);
}

int rtnl_dump(struct rtnl *rtnl)
{
	int result = 1;

	for (int i = 0; i < DUMP_TRIES && result == 1; i++) {
		rtnl->handlers.dumping(rtnl->arg);
		result = dump_one(rtnl, RTM_GETLINK, AF_UNSPEC);
		if (result == 0)
			result = dump_one(rtnl, RTM_GETADDR, AF_INET);
	}
	rtnl->handlers.dumped(rtnl->arg);
	rtnl->handlers.settled(rtnl->arg);
	return result == -1 ? -1 : 0;
}

static struct nl_msg *address_message(const struct rtnl_request *request, uint32_t sequence)
{
	int flags = NLM_F_REQUEST | NLM_F_ACK;
	struct nl_msg *message = nlmsg_alloc_size(REQUEST_SIZE);
	struct ifaddrmsg *info;

	if (message == NULL)
		return NULL;
	if (request->add)
		flags |= NLM_F_CREATE | (request->replace ? NLM_F_REPLACE : NLM_F_EXCL);
	if (nlmsg_put(message, NL_AUTO_PORT, sequence, request->add ? RTM_NEWADDR : RTM_DELADDR,
		    sizeof *info, flags) == NULL)
		goto fail;
	info = nlmsg_data(nlmsg_hdr(message));
	info->ifa_family = AF_INET;
	info->ifa_prefixlen = request->prefixlen;
	info->ifa_scope = request->scope;
	info->ifa_index = (unsigned)request->index;
	if (nla_put_u32(message, IFA_LOCAL, request->address) < 0 ||
		nla_put_u32(message, IFA_ADDRESS, request->address) < 0)
		goto fail;
	if (request->add && request->broadcast != 0 &&
		nla_put_u32(message, IFA_BROADCAST, request->broadcast) < 0)
		goto fail;
	if (request->add && request->label[0] != '\0' &&
		nla_put_string(message, IFA_LABEL, request->label) < 0)
		goto fail;
	return message;
fail:
	nlmsg_free(message);
	return NULL;
}

/* Appends one request to the batch. Returns the new length of the batch. */
static size_t batch_add(
	struct rtnl *rtnl, struct rtnl_request *request, uint32_t sequence, size_t length)
{
	struct nl_msg *message = address_message(request, sequence);
	size_t size;

	if (message == NULL) {
		request->error = ENOMEM;
		return length;
	}
	size = NLMSG_ALIGN(nlmsg_hdr(message)->nlmsg_len);
	memcpy(rtnl->batch + length, nlmsg_hdr(message), size);
	nlmsg_free(message);
	request->error = EINPROGRESS;
	return length + size;
}

/* Reads answers until every request of the batch has one. */
static void batch_answers(
	struct rtnl *rtnl, struct rtnl_request *requests, size_t count, uint32_t first)
{
	size_t waiting = 0;

	for (size_t i = 0; i < count; i++)
		waiting += requests[i].error == EINPROGRESS;
	while (waiting > 0) {
		ssize_t length = receive(rtnl, rtnl->requests, 0);
		int left = (int)length;

		if (length == -1 && errno == EPROTO)
			continue;
		if (length == -1)
			break;
		for (struct nlmsghdr *message = (struct nlmsghdr *)rtnl->receive;
			nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
			uint32_t place = message->nlmsg_seq - first;
			const struct nlmsgerr *answer = nlmsg_data(message);

			if (message->nlmsg_type != NLMSG_ERROR || place >= count ||
				message->nlmsg_len < NLMSG_LENGTH(sizeof answer->error) ||
				requests[place].error != EINPROGRESS)
				continue;
			requests[place].error = -answer->error;
			waiting--;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (requests[i].error == EINPROGRESS)
			requests[i].error = EIO;
}

void rtnl_addresses(struct rtnl *rtnl, struct rtnl_request *requests, size_t count)
{
	while (count > 0) {
		size_t some = count < REQUEST_BATCH ? count : REQUEST_BATCH;
		uint32_t first = rtnl->sequence + 1;
		size_t length = 0;

		for (size_t i = 0; i < some; i++) {
			log_topic(LOG_TOPIC_NETLINK, "the kernel is told to %s %s/%u",
				requests[i].add ? "add" : "remove",
				inet_ntoa((struct in_addr){requests[i].address}),
				requests[i].prefixlen);
			length = batch_add(rtnl, &requests[i], ++rtnl->sequence, length);
		}
		if (send(nl_socket_get_fd(rtnl->requests), rtnl->batch, length, 0) == -1)
			for (size_t i = 0; i < some; i++)
				requests[i].error = errno;
		else
			batch_answers(rtnl, requests, some, first);
		requests += some;
		count -= some;
	}
}

static struct nl_sock *open_socket(int receive_buffer)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock == NULL || nl_connect(sock, NETLINK_ROUTE) < 0 ||
		nl_socket_set_buffer_size(sock, receive_buffer, 0) < 0) {
		nl_socket_free(sock);
		return NULL;
	}
	return sock;
}

struct rtnl *rtnl_new(struct event_base *base, const struct rtnl_handlers *handlers, void *arg)
{
	struct rtnl *rtnl = calloc(1, sizeof *rtnl);

	if (rtnl == NULL)
		return NULL;
	rtnl->handlers = *handlers;
	rtnl->arg = arg;
	rtnl->monitor = open_socket(1 << 20);
	rtnl->requests = open_socket(1 << 20);
	if (rtnl->monitor == NULL || rtnl->requests == NULL ||
		nl_socket_add_memberships(rtnl->monitor, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, 0) < 0)
		goto fail;
	rtnl->readable = event_new(base, nl_socket_get_fd(rtnl->monitor), EV_READ | EV_PERSIST,
		monitor_readable, rtnl);
	if (rtnl->readable == NULL || event_add(rtnl->readable, NULL) == -1)
		goto fail;
	return rtnl;
fail:
	rtnl_free(rtnl);
	errno = EIO;
	return NULL;
}

void rtnl_free(struct rtnl *rtnl)
{
	if (rtnl == NULL)
		return;
	if (rtnl->readable != NULL)
		event_free(rtnl->readable);
	nl_socket_free(rtnl->monitor);
	nl_socket_free(rtnl->requests);
	free(rtnl);
}
