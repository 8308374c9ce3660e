/* Calls ipvsd's side of the kernel as lines on standard input say, and writes what came of it; "."
 * ends the answer to a line. For tests of what ipvsd alone cannot be brought to do at will.
 *
 *   service ACTION ADDRESS PROTOCOL PORT SCHEDULER [ENGINE]     queued, ACTION: add set delete
 *   dest ACTION ADDRESS PROTOCOL PORT ADDRESS PORT masq|tunnel|route WEIGHT       queued
 *   apply        makes what is queued: "refused PLACE ERRNO WHY" for each that failed, then "failed
 * COUNT" read         "services COUNT", "dests COUNT", and the number that the kernel's table gives
 * for both flush | info | timeouts | timeouts TCP TCPFIN UDP | daemons start master|backup
 * INTERFACE ID MAXLEN GROUP PORT TTL | stop master|backup wait         until a handler is called:
 * "available" or "unavailable WHY" */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/ip_vs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipvsd/ipvs_netlink.h"

#define CHANGES_MAX 20000
#define WORDS_MAX   12

struct calls {
	struct ipvs_netlink *netlink;
	struct ipvs_change changes[CHANGES_MAX];
	struct ipvs_service services[CHANGES_MAX];
	struct ipvs_dest dests[CHANGES_MAX];
	size_t count;
	bool told;
};

static void available(void *arg)
{
	struct calls *calls = arg;

	calls->told = true;
	puts("available");
}

static void unavailable(const char *why, void *arg)
{
	struct calls *calls = arg;

	calls->told = true;
	printf("unavailable %s\n", why);
}

static const struct ipvs_netlink_handlers handlers = {
	.available = available, .unavailable = unavailable};

static struct proto_addr address_of(const char *text)
{
	struct proto_addr address = {.family = strchr(text, ':') == NULL ? AF_INET : AF_INET6};

	if (strcmp(text, "-") == 0)
		return (struct proto_addr){0};
	if (inet_pton(address.family, text, address.bytes) != 1)
		abort();
	return address;
}

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

static struct ipvs_key key_of(char **words)
{
	return (struct ipvs_key){.address = address_of(words[0]),
		.protocol = (uint16_t)number(words[1]),
		.port = (uint16_t)number(words[2])};
}

static enum ipvs_action action_of(
	const char *word, enum ipvs_action add, enum ipvs_action set, enum ipvs_action remove)
{
	return strcmp(word, "add") == 0 ? add : strcmp(word, "set") == 0 ? set : remove;
}

static struct ipvs_change *next_change(struct calls *calls)
{
	if (calls->count == CHANGES_MAX)
		abort();
	return &calls->changes[calls->count++];
}

static void queue_service(struct calls *calls, char **words)
{
	struct ipvs_service *service = &calls->services[calls->count];
	struct ipvs_change *change = next_change(calls);

	*service = (struct ipvs_service){.key = key_of(words + 2)};
	service->netmask = service->key.address.family == AF_INET ? 0xffffffff : 128;
	snprintf(service->scheduler, IPVS_NAME_LEN, "%s", words[5]);
	if (words[6] != NULL) {
		snprintf(service->engine, IPVS_NAME_LEN, "%s", words[6]);
		service->flags = IP_VS_SVC_F_PERSISTENT;
		service->timeout_s = 300;
	}
	*change = (struct ipvs_change){.service = service,
		.action = action_of(
			words[1], IPVS_ADD_SERVICE, IPVS_SET_SERVICE, IPVS_DELETE_SERVICE)};
}

static void queue_dest(struct calls *calls, char **words)
{
	struct ipvs_dest *dest = &calls->dests[calls->count];
	struct ipvs_change *change = next_change(calls);

	*dest = (struct ipvs_dest){.service = key_of(words + 2),
		.address = address_of(words[5]),
		.port = (uint16_t)number(words[6]),
		.forwarding = strcmp(words[7], "masq") == 0     ? IP_VS_CONN_F_MASQ
			      : strcmp(words[7], "tunnel") == 0 ? IP_VS_CONN_F_TUNNEL
								: IP_VS_CONN_F_DROUTE,
		.weight = (uint32_t)number(words[8])};
	*change = (struct ipvs_change){.dest = dest,
		.action = action_of(words[1], IPVS_ADD_DEST, IPVS_SET_DEST, IPVS_DELETE_DEST)};
}

static void refused(const struct ipvs_change *change, int error, const char *why, void *arg)
{
	const struct calls *calls = arg;

	printf("refused %td %s %s\n", change - calls->changes, strerrorname_np(error), why);
}

static void apply(struct calls *calls)
{
	printf("failed %zu\n",
		ipvs_netlink_apply(calls->netlink, calls->changes, calls->count, refused, calls));
	calls->count = 0;
}

static void ended(const struct calls *calls, int result)
{
	if (result == -1)
		printf("error %s %s\n", strerrorname_np(errno), ipvs_netlink_why(calls->netlink));
}

static void read_table(struct calls *calls)
{
	struct ipvs_service *services;
	struct ipvs_counters *counters;
	size_t count;
	size_t dests_count = 0;

	if (ipvs_netlink_read_services(calls->netlink, &services, &count, &counters) == -1) {
		ended(calls, -1);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct ipvs_dest *dests;
		size_t some;
		int result = ipvs_netlink_read_dests(
			calls->netlink, &services[i].key, &dests, &some, NULL);
		ended(calls, result);
		if (result == -1)
			continue;
		dests_count += some;
		free(dests);
	}
	printf("services %zu\ndests %zu\n", count, dests_count);
	free(services);
	free(counters);
}

static void timeouts(struct calls *calls, char **words)
{
	struct ipvs_timeouts seconds = {0};

	if (words[1] != NULL) {
		seconds = (struct ipvs_timeouts){.tcp_s = (uint32_t)number(words[1]),
			.tcpfin_s = (uint32_t)number(words[2]),
			.udp_s = (uint32_t)number(words[3])};
		ended(calls, ipvs_netlink_set_timeouts(calls->netlink, &seconds));
		return;
	}
	ended(calls, ipvs_netlink_get_timeouts(calls->netlink, &seconds));
	printf("timeouts %u %u %u\n", seconds.tcp_s, seconds.tcpfin_s, seconds.udp_s);
}

static uint32_t state_of(const char *word)
{
	return strcmp(word, "master") == 0 ? IP_VS_STATE_MASTER : IP_VS_STATE_BACKUP;
}

static void daemons(struct calls *calls)
{
	struct ipvs_sync_daemon list[IPVS_SYNC_DAEMONS];
	int count = ipvs_netlink_get_daemons(calls->netlink, list);

	ended(calls, count);
	for (int i = 0; i < count; i++) {
		char group[INET6_ADDRSTRLEN] = "-";
		inet_ntop(list[i].group.family, list[i].group.bytes, group, sizeof(group));
		printf("%s %s %u %u %s %u %u\n",
			list[i].state == IP_VS_STATE_MASTER ? "master" : "backup", list[i].ifname,
			list[i].sync_id, list[i].maxlen, group, list[i].port, list[i].ttl);
	}
}

static void start(struct calls *calls, char **words)
{
	struct ipvs_sync_daemon daemon = {.state = state_of(words[1]),
		.sync_id = (uint32_t)number(words[3]),
		.maxlen = (uint16_t)number(words[4]),
		.group = address_of(words[5]),
		.port = (uint16_t)number(words[6]),
		.ttl = (uint8_t)number(words[7])};

	snprintf(daemon.ifname, sizeof(daemon.ifname), "%s", words[2]);
	ended(calls, ipvs_netlink_start_daemon(calls->netlink, &daemon));
}

static void info(struct calls *calls)
{
	struct ipvs_info about;

	ended(calls, ipvs_netlink_get_info(calls->netlink, &about));
	printf("info %x %u\n", about.version, about.connection_hash);
}

static void obey(struct calls *calls, struct event_base *base, char **words)
{
	if (strcmp(words[0], "service") == 0)
		queue_service(calls, words);
	else if (strcmp(words[0], "dest") == 0)
		queue_dest(calls, words);
	else if (strcmp(words[0], "apply") == 0)
		apply(calls);
	else if (strcmp(words[0], "read") == 0)
		read_table(calls);
	else if (strcmp(words[0], "flush") == 0)
		ended(calls, ipvs_netlink_flush(calls->netlink));
	else if (strcmp(words[0], "info") == 0)
		info(calls);
	else if (strcmp(words[0], "timeouts") == 0)
		timeouts(calls, words);
	else if (strcmp(words[0], "daemons") == 0)
		daemons(calls);
	else if (strcmp(words[0], "start") == 0)
		start(calls, words);
	else if (strcmp(words[0], "stop") == 0)
		ended(calls, ipvs_netlink_stop_daemon(calls->netlink, state_of(words[1])));
	else
		for (calls->told = false; !calls->told;)
			event_base_loop(base, EVLOOP_ONCE);
}

int main(void)
{
	static struct calls calls;
	struct event_base *base = event_base_new();
	char line[256];

	calls.netlink = ipvs_netlink_new(base, &handlers, &calls);
	if (calls.netlink == NULL)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[WORDS_MAX] = {NULL};
		char *place = NULL;
		size_t count = 0;
		for (char *word = strtok_r(line, " \n", &place);
			word != NULL && count < WORDS_MAX - 1; word = strtok_r(NULL, " \n", &place))
			words[count++] = word;
		obey(&calls, base, words);
		if (strcmp(words[0], "service") != 0 && strcmp(words[0], "dest") != 0)
			puts(".");
		fflush(stdout);
	}
	ipvs_netlink_free(calls.netlink);
	event_base_free(base);
	return 0;
}
