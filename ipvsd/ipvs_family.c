/* How the kernel comes to have IPVS, and to lose it: it announces every generic netlink family that
 * comes and goes. A slow retry is for announcements that are lost, and has the module loaded if it
 * was installed meanwhile. */
#include <errno.h>
#include <event2/event.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "ipvsd/ipvs_netlink_internal.h"

#define RETRY_FIRST_S 5
#define RETRY_LAST_S  300

#define NO_IPVS                                                                                    \
	"this kernel has no IPVS: modprobe ip_vs, or boot a kernel with CONFIG_IP_VS; it is "      \
	"noticed when it is there"

/* Takes note of the family's number, 0 for none. The handlers are told from the loop. */
static void set_family(struct ipvs_netlink *netlink, int family)
{
	if (family == netlink->family)
		return;
	netlink->family = family;
	netlink->known_count = 0;
	netlink->protocol = 0;
	event_active(netlink->tell, 0, 0);
}

static int read_number(const struct nlmsghdr *header, void *arg)
{
	struct ipvs_family family;

	if (ipvs_message_read_family(header, &family) == -1 || family.gone) {
		errno = EBADMSG;
		return -1;
	}
	*(int *)arg = family.number;
	return 0;
}

const char *ipvs_netlink_missing(const struct ipvs_netlink *netlink)
{
	return netlink->family == 0 ? NO_IPVS : NULL;
}

bool ipvs_netlink_check_family(struct ipvs_netlink *netlink)
{
	char words[IPVS_WORDS_LEN];
	struct nl_msg *message = nlmsg_alloc();
	int before = netlink->family;
	int number = 0;
	int error = ENOMEM;

	/* The kernel looks for a module when it does not know the name. */
	ipvs_netlink_busy(netlink, true);
	if (message != NULL && ipvs_message_get_family(message) >= 0)
		error = ipvs_netlink_exchange(netlink, message, read_number, &number, words);
	ipvs_netlink_busy(netlink, false);
	nlmsg_free(message);
	if (error == 0 || error == ENOENT)
		set_family(netlink, number);
	else
		log_warnx("asking the kernel for IPVS: %s", strerror(error));
	return netlink->family != 0 && netlink->family == before;
}

static void retry_later(struct ipvs_netlink *netlink)
{
	const unsigned doubled = RETRY_FIRST_S << (netlink->retries < 6 ? netlink->retries : 6);
	const struct timeval delay = {.tv_sec = doubled < RETRY_LAST_S ? doubled : RETRY_LAST_S};

	netlink->retries++;
	if (event_add(netlink->retry, &delay) == -1)
		log_warnx("IPVS is not asked for again: no memory for a timer");
}

static void tell(evutil_socket_t fd, short what, void *arg)
{
	struct ipvs_netlink *netlink = arg;
	struct ipvs_info info = {0};

	(void)fd;
	(void)what;
	if (netlink->told == netlink->family)
		return;
	netlink->told = netlink->family;
	if (netlink->family == 0) {
		log_change(LOG_WARNING,
			&(struct log_change){.kind = LOG_IPVS_TROUBLE,
				.state = "unavailable",
				.reason = NO_IPVS},
			"virtual servers cannot be set up: %s", NO_IPVS);
		retry_later(netlink);
		if (netlink->handlers.unavailable != NULL)
			netlink->handlers.unavailable(NO_IPVS, netlink->arg);
		return;
	}
	netlink->retries = 0;
	event_del(netlink->retry);
	ipvs_netlink_get_info(netlink, &info);
	log_change(LOG_INFO, &(struct log_change){.kind = LOG_IPVS_TROUBLE, .state = "available"},
		"IPVS %u.%u.%u is generic netlink family %d", info.version >> 16 & 0xff,
		info.version >> 8 & 0xff, info.version & 0xff, netlink->family);
	if (netlink->handlers.available != NULL)
		netlink->handlers.available(netlink->arg);
}

static void retry(evutil_socket_t fd, short what, void *arg)
{
	struct ipvs_netlink *netlink = arg;

	(void)fd;
	(void)what;
	if (netlink->family == 0 && !ipvs_netlink_check_family(netlink) && netlink->family == 0)
		retry_later(netlink);
}

static void notice(struct ipvs_netlink *netlink, const struct nlmsghdr *header)
{
	struct ipvs_family family;

	if (ipvs_message_read_family(header, &family) == -1)
		return; /* of another family */
	if (!family.gone)
		set_family(netlink, family.number);
	else if (family.number == netlink->family)
		set_family(netlink, 0);
}

static void notices_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ipvs_netlink *netlink = arg;
	char record[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = record, .iov_len = sizeof(record)};
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	struct netlink_answer answer;

	(void)what;
	ssize_t length = recvmsg(fd, &header, MSG_DONTWAIT);
	if (length == -1 && errno == ENOBUFS)
		ipvs_netlink_check_family(netlink);
	if (length == -1 || header.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return;
	struct netlink_cursor cursor = netlink_record(record, (size_t)length);
	while (netlink_answer_next(&cursor, &answer)) {
		if (answer.kind == NETLINK_DATA)
			notice(netlink, answer.header);
	}
}

/* Without the group there is still the retry. */
static void join_notices(struct ipvs_netlink *netlink)
{
	int group = genl_ctrl_resolve_grp(netlink->notices, "nlctrl", "notify");

	if (group < 0 || nl_socket_add_memberships(netlink->notices, group, 0) < 0)
		log_info("the kernel does not announce IPVS when it is loaded: it is asked now and "
			 "then");
}

int ipvs_netlink_follow_family(struct ipvs_netlink *netlink, struct event_base *base)
{
	netlink->told = -1;
	netlink->notices = nl_socket_alloc();
	if (netlink->notices == NULL || genl_connect(netlink->notices) < 0) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	join_notices(netlink);
	netlink->readable = event_new(base, nl_socket_get_fd(netlink->notices),
		EV_READ | EV_PERSIST, notices_readable, netlink);
	netlink->retry = event_new(base, -1, 0, retry, netlink);
	netlink->tell = event_new(base, -1, 0, tell, netlink);
	if (netlink->readable == NULL || netlink->retry == NULL || netlink->tell == NULL ||
		event_add(netlink->readable, NULL) == -1) {
		errno = ENOMEM;
		return -1;
	}
	event_active(netlink->tell, 0, 0);
	return 0;
}

void ipvs_netlink_unfollow_family(struct ipvs_netlink *netlink)
{
	struct event *events[] = {netlink->readable, netlink->retry, netlink->tell};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	nl_socket_free(netlink->notices);
}
