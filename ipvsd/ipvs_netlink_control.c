/* What is not about the table: information, timeouts, sync daemons, and the end of everything. */
#include <errno.h>
#include <netlink/msg.h>

#include "ipvsd/ipvs_netlink_internal.h"

/* Sends a message that was written with this result, and tells the answer. */
static int run(struct ipvs_netlink *netlink, struct nl_msg *message, int written,
	ipvs_part_fn *part, void *arg)
{
	char words[IPVS_WORDS_LEN] = "";
	int error = ENOMEM;

	if (message != NULL && written >= 0)
		error = ipvs_netlink_call(netlink, message, part, arg, words);
	return ipvs_netlink_finish(netlink, message, error, words);
}

int ipvs_netlink_flush(struct ipvs_netlink *netlink)
{
	struct nl_msg *message = nlmsg_alloc();
	int written = message == NULL ? -1 : ipvs_message_flush(message, netlink->family);

	return run(netlink, message, written, NULL, NULL);
}

/* ---- information and timeouts ---- */

static int part_of_info(const struct nlmsghdr *header, void *arg)
{
	errno = EBADMSG;
	return ipvs_message_read_info(header, arg);
}

int ipvs_netlink_get_info(struct ipvs_netlink *netlink, struct ipvs_info *info)
{
	struct nl_msg *message = nlmsg_alloc();
	int written = message == NULL ? -1 : ipvs_message_get_info(message, netlink->family);

	*info = (struct ipvs_info){0};
	return run(netlink, message, written, part_of_info, info);
}

static int part_of_timeouts(const struct nlmsghdr *header, void *arg)
{
	errno = EBADMSG;
	return ipvs_message_read_timeouts(header, arg);
}

int ipvs_netlink_get_timeouts(struct ipvs_netlink *netlink, struct ipvs_timeouts *timeouts)
{
	struct nl_msg *message = nlmsg_alloc();
	int written = message == NULL ? -1 : ipvs_message_get_timeouts(message, netlink->family);

	*timeouts = (struct ipvs_timeouts){0};
	return run(netlink, message, written, part_of_timeouts, timeouts);
}

int ipvs_netlink_set_timeouts(struct ipvs_netlink *netlink, const struct ipvs_timeouts *timeouts)
{
	struct nl_msg *message = nlmsg_alloc();
	int written = message == NULL
			      ? -1
			      : ipvs_message_set_timeouts(message, netlink->family, timeouts);

	return run(netlink, message, written, NULL, NULL);
}

/* ---- sync daemons ---- */

struct daemons {
	struct ipvs_sync_daemon *list;
	int count;
};

static int part_of_daemons(const struct nlmsghdr *header, void *arg)
{
	struct daemons *daemons = arg;

	errno = EBADMSG;
	if (daemons->count == IPVS_SYNC_DAEMONS ||
		ipvs_message_read_daemon(header, &daemons->list[daemons->count]) == -1)
		return -1;
	daemons->count++;
	return 0;
}

int ipvs_netlink_get_daemons(
	struct ipvs_netlink *netlink, struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS])
{
	struct daemons found = {.list = daemons};
	struct nl_msg *message = nlmsg_alloc();
	int written = message == NULL ? -1 : ipvs_message_get_daemons(message, netlink->family);

	return run(netlink, message, written, part_of_daemons, &found) == -1 ? -1 : found.count;
}

/* The same for what is about one of them. done: what the kernel says when it is as it should be. */
static int run_daemon(struct ipvs_netlink *netlink, struct nl_msg *message, int written,
	const struct ipvs_sync_daemon *daemon, int done)
{
	char words[IPVS_WORDS_LEN] = "";
	int error = ENOMEM;

	if (message != NULL && written >= 0)
		error = ipvs_netlink_call(netlink, message, NULL, NULL, words);
	/* So ends a daemon that had not yet begun to work. */
	if (error == EINTR) {
		error = ipvs_netlink_call(netlink, message, NULL, NULL, words);
		error = error == done ? 0 : error;
	}
	/* ENODEV is about its interface, unless there is no IPVS. */
	bool of_daemon = error != 0 && netlink->family != 0;
	int result = ipvs_netlink_finish(netlink, message, error, words);
	if (of_daemon)
		ipvs_explain_daemon(daemon, error, words, netlink->why);
	return result;
}

int ipvs_netlink_start_daemon(struct ipvs_netlink *netlink, const struct ipvs_sync_daemon *daemon)
{
	struct nl_msg *message = nlmsg_alloc();
	int written =
		message == NULL ? -1 : ipvs_message_start_daemon(message, netlink->family, daemon);

	return run_daemon(netlink, message, written, daemon, EEXIST);
}

int ipvs_netlink_stop_daemon(struct ipvs_netlink *netlink, uint32_t state)
{
	const struct ipvs_sync_daemon daemon = {.state = state};
	struct nl_msg *message = nlmsg_alloc();
	int written =
		message == NULL ? -1 : ipvs_message_stop_daemon(message, netlink->family, state);

	return run_daemon(netlink, message, written, &daemon, ESRCH);
}
