#include "ipvsd/ipvs_netlink.h"

#include <errno.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "ipvsd/ipvs_netlink_internal.h"
#include "ipvsd/ipvs_protocol.h"

#define DUMP_TRIES 3 /* when the table changes while it is read */

struct ipvs_netlink *ipvs_netlink_new(
	struct event_base *base, const struct ipvs_netlink_handlers *handlers, void *arg)
{
	struct ipvs_netlink *netlink = calloc(1, sizeof(*netlink));

	if (netlink == NULL)
		return NULL;
	netlink->table_fd = -1;
	netlink->genl = genl_new();
	/* Follows first, asks then: so no change is missed. */
	if (netlink->genl == NULL || ipvs_netlink_follow_family(netlink, base) == -1) {
		int error = errno;
		ipvs_netlink_free(netlink);
		errno = error;
		return NULL;
	}
	ipvs_netlink_check_family(netlink);
	netlink->table_fd = ipvs_protocol_open();
	netlink->handlers = *handlers;
	netlink->arg = arg;
	return netlink;
}

void ipvs_netlink_free(struct ipvs_netlink *netlink)
{
	if (netlink == NULL)
		return;
	ipvs_netlink_unfollow_family(netlink);
	genl_free(netlink->genl);
	if (netlink->table_fd != -1)
		close(netlink->table_fd);
	free(netlink);
}

bool ipvs_netlink_available(const struct ipvs_netlink *netlink)
{
	return netlink->family != 0;
}

const char *ipvs_netlink_why(const struct ipvs_netlink *netlink)
{
	return netlink->why;
}

void ipvs_netlink_busy(const struct ipvs_netlink *netlink, bool busy)
{
	if (netlink->handlers.busy != NULL)
		netlink->handlers.busy(busy, netlink->arg);
}

/* ---- one request ---- */

static int read_answer(
	struct ipvs_netlink *netlink, ipvs_part_fn *part, void *arg, char words[IPVS_WORDS_LEN])
{
	struct netlink_answer answer;
	uint32_t place;
	int error = 0;
	int more;

	/* To the end, also when something is wrong: a dump in the middle would be in the way of the
	 * next one. */
	while ((more = genl_answer(netlink->genl, &answer, &place)) != 0) {
		if (more == -1 && errno != ENOBUFS && errno != EBADMSG)
			return errno;
		if (more == -1) {
			error = errno;
			continue;
		}
		if (answer.interrupted && error == 0)
			error = EINTR;
		if (answer.kind != NETLINK_DATA) {
			strlcpy(words, answer.text == NULL ? "" : answer.text, IPVS_WORDS_LEN);
			return answer.error != 0 ? answer.error : error;
		}
		if (error == 0 && part != NULL && part(answer.header, arg) == -1)
			error = errno;
	}
	/* A request that was interrupted in the kernel gets no answer. */
	return error != 0 ? error : EINTR;
}

int ipvs_netlink_exchange(struct ipvs_netlink *netlink, struct nl_msg *message, ipvs_part_fn *part,
	void *arg, char words[IPVS_WORDS_LEN])
{
	const struct genlmsghdr *head = nlmsg_data(nlmsg_hdr(message));
	int command = head->cmd; /* IPVS_CMD_… of <linux/ip_vs.h> */

	words[0] = '\0';
	if (genl_put(netlink->genl, message) == -1 || genl_send(netlink->genl) == -1)
		return errno;
	int error = read_answer(netlink, part, arg, words);
	log_topic(LOG_TOPIC_NETLINK, "IPVS command %d: %s", command,
		error == 0 ? "done" : strerror(error));
	return error;
}

int ipvs_netlink_call(struct ipvs_netlink *netlink, struct nl_msg *message, ipvs_part_fn *part,
	void *arg, char words[IPVS_WORDS_LEN])
{
	if (netlink->family == 0)
		return ENODEV;
	int error = ipvs_netlink_exchange(netlink, message, part, arg, words);
	/* As a request that is for no family ends, too. */
	if ((error == ENOENT || error == EOPNOTSUPP) && !ipvs_netlink_check_family(netlink))
		error = ENODEV;
	return error;
}

int ipvs_netlink_finish(
	struct ipvs_netlink *netlink, struct nl_msg *message, int error, const char *words)
{
	nlmsg_free(message);
	if (error == 0)
		return 0;
	ipvs_explain(error, words, netlink->why);
	errno = error;
	return -1;
}

/* ---- the table ---- */

/* What was read: services or real servers, each with its counters behind it. */
struct reading {
	size_t size;
	int (*compare)(const void *left, const void *right);
	const struct ipvs_key *service;
	char *elements;
	size_t count, room;
};

struct service_read {
	struct ipvs_service is;
	struct ipvs_counters counters;
};

struct dest_read {
	struct ipvs_dest is;
	struct ipvs_counters counters;
};

/* Room for one more. NULL with errno. */
static void *reading_next(struct reading *reading)
{
	if (reading->count == reading->room) {
		size_t room = reading->room == 0 ? 64 : 2 * reading->room;
		char *elements = reallocarray(reading->elements, room, reading->size);
		if (elements == NULL)
			return NULL;
		reading->elements = elements;
		reading->room = room;
	}
	return reading->elements + reading->count * reading->size;
}

static int read_service(const struct nlmsghdr *header, void *arg)
{
	struct reading *reading = arg;
	struct service_read *next = reading_next(reading);

	if (next == NULL)
		return -1;
	if (ipvs_message_read_service(header, &next->is, &next->counters) == -1) {
		errno = EBADMSG;
		return -1;
	}
	reading->count++;
	return 0;
}

static int read_dest(const struct nlmsghdr *header, void *arg)
{
	struct reading *reading = arg;
	struct dest_read *next = reading_next(reading);

	if (next == NULL)
		return -1;
	if (ipvs_message_read_dest(header, reading->service, &next->is, &next->counters) == -1) {
		errno = EBADMSG;
		return -1;
	}
	reading->count++;
	return 0;
}

/* Sorts, and removes what the kernel told twice because its table changed between two parts. */
static void reading_sort(struct reading *reading)
{
	char *elements = reading->elements;
	size_t kept = 0;

	if (reading->count < 2)
		return;
	qsort(elements, reading->count, reading->size, reading->compare);
	for (size_t i = 1; i < reading->count; i++) {
		const char *element = elements + i * reading->size;
		if (reading->compare(elements + kept * reading->size, element) != 0 && ++kept != i)
			memcpy(elements + kept * reading->size, element, reading->size);
	}
	reading->count = kept + 1;
}

/* Parts elements and their counters: the caller gets an array of each. 0 or an errno value. */
static int reading_give(struct reading *reading, size_t size, void *array, size_t *count,
	struct ipvs_counters **counters)
{
	char *elements = calloc(reading->count + 1, size);
	struct ipvs_counters *numbers =
		counters == NULL ? NULL : calloc(reading->count + 1, sizeof(*numbers));

	if (elements == NULL || (counters != NULL && numbers == NULL)) {
		free(elements);
		free(numbers);
		return ENOMEM;
	}
	for (size_t i = 0; i < reading->count; i++) {
		const char *element = reading->elements + i * reading->size;
		memcpy(elements + i * size, element, size);
		if (counters != NULL)
			memcpy(&numbers[i], element + reading->size - sizeof(*numbers),
				sizeof(*numbers));
	}
	memcpy(array, &elements, sizeof(elements));
	*count = reading->count;
	if (counters != NULL)
		*counters = numbers;
	return 0;
}

/* Reads until the table has not changed meanwhile. 0 or an errno value. */
static int read_all(struct ipvs_netlink *netlink, struct nl_msg *message, ipvs_part_fn *part,
	struct reading *reading)
{
	char words[IPVS_WORDS_LEN];
	int error = EINTR;

	for (int i = 0; i < DUMP_TRIES && (error == EINTR || error == EBUSY || error == ENOBUFS);
		i++) {
		reading->count = 0;
		error = ipvs_netlink_call(netlink, message, part, reading, words);
		if (error == EBUSY)
			genl_drain(netlink->genl);
	}
	reading_sort(reading);
	return error;
}

int ipvs_netlink_read_services(struct ipvs_netlink *netlink, struct ipvs_service **services,
	size_t *count, struct ipvs_counters **counters)
{
	struct reading reading = {
		.size = sizeof(struct service_read), .compare = ipvs_service_compare};
	struct nl_msg *message = nlmsg_alloc();
	int error = ENOMEM;

	if (message != NULL && ipvs_message_get_services(message, netlink->family) >= 0)
		error = read_all(netlink, message, read_service, &reading);
	if (error == 0)
		error = reading_give(
			&reading, sizeof(struct ipvs_service), services, count, counters);
	free(reading.elements);
	return ipvs_netlink_finish(netlink, message, error, NULL);
}

int ipvs_netlink_read_dests(struct ipvs_netlink *netlink, const struct ipvs_key *service,
	struct ipvs_dest **dests, size_t *count, struct ipvs_counters **counters)
{
	struct reading reading = {
		.size = sizeof(struct dest_read), .compare = ipvs_dest_compare, .service = service};
	struct nl_msg *message = nlmsg_alloc();
	int error = ENOMEM;

	if (message != NULL && ipvs_message_get_dests(message, netlink->family, service) >= 0)
		error = read_all(netlink, message, read_dest, &reading);
	if (error == 0)
		error = reading_give(&reading, sizeof(struct ipvs_dest), dests, count, counters);
	free(reading.elements);
	return ipvs_netlink_finish(netlink, message, error, NULL);
}
