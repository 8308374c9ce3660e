#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/log.h"
#include "fake_ipvs.h"

/* ---- the kernel ---- */

struct ipvs_netlink kernel;
uint64_t now_ns;

uint64_t clock_now_ns(void)
{
	return now_ns;
}

struct kernel_service *kernel_service(const struct ipvs_key *key)
{
	for (size_t i = 0; i < kernel.services_count; i++) {
		if (ipvs_key_compare(&kernel.services[i].is.key, key) == 0)
			return &kernel.services[i];
	}
	return NULL;
}

struct kernel_dest *kernel_dest(const struct ipvs_dest *dest)
{
	for (size_t i = 0; i < kernel.dests_count; i++) {
		if (ipvs_dest_compare(&kernel.dests[i].is, dest) == 0)
			return &kernel.dests[i];
	}
	return NULL;
}

void delete_dest(struct kernel_dest *dest)
{
	*dest = kernel.dests[--kernel.dests_count];
}

void delete_service(struct kernel_service *service)
{
	for (size_t i = kernel.dests_count; i-- > 0;) {
		if (ipvs_key_compare(&kernel.dests[i].is.service, &service->is.key) == 0)
			delete_dest(&kernel.dests[i]);
	}
	*service = kernel.services[--kernel.services_count];
}

void add_kernel_service(const struct ipvs_service *service, bool foreign)
{
	assert_true(kernel.services_count < KERNEL_SERVICES);
	kernel.services[kernel.services_count++] =
		(struct kernel_service){.is = *service, .foreign = foreign};
}

void add_kernel_dest(const struct ipvs_dest *dest, bool foreign)
{
	assert_true(kernel.dests_count < KERNEL_DESTS);
	kernel.dests[kernel.dests_count++] = (struct kernel_dest){.is = *dest, .foreign = foreign};
}

static int change_service(const struct ipvs_change *change)
{
	struct kernel_service *service = kernel_service(&change->service->key);
	bool add = change->action == IPVS_ADD_SERVICE;

	if (add && service != NULL)
		return EEXIST;
	if (!add && service == NULL)
		return ESRCH;
	if (change->action == IPVS_DELETE_SERVICE) {
		delete_service(service);
		return 0;
	}
	if (kernel.refused_scheduler != NULL &&
		strcmp(change->service->scheduler, kernel.refused_scheduler) == 0)
		return ENOENT;
	if (add)
		add_kernel_service(change->service, false);
	else
		*service = (struct kernel_service){.is = *change->service};
	return 0;
}

static int change_dest(const struct ipvs_change *change)
{
	struct kernel_dest *dest = kernel_dest(change->dest);
	bool add = change->action == IPVS_ADD_DEST;

	if (kernel_service(&change->dest->service) == NULL)
		return ESRCH;
	if (add && dest != NULL)
		return EEXIST;
	if (!add && dest == NULL)
		return ENOENT;
	if (add)
		add_kernel_dest(change->dest, false);
	else if (change->action == IPVS_SET_DEST)
		*dest = (struct kernel_dest){.is = *change->dest};
	else
		delete_dest(dest);
	return 0;
}

/* How many real servers the service of a change has. */
static int count_dests(const struct ipvs_key *key)
{
	int count = 0;

	for (size_t i = 0; i < kernel.dests_count; i++)
		count += ipvs_key_compare(&kernel.dests[i].is.service, key) == 0;
	return count;
}

bool ipvs_netlink_available(const struct ipvs_netlink *netlink)
{
	return netlink->available;
}

const char *ipvs_netlink_missing(const struct ipvs_netlink *netlink)
{
	return netlink->available ? NULL : "no IPVS";
}

size_t ipvs_netlink_apply(struct ipvs_netlink *netlink, const struct ipvs_change *changes,
	size_t count, ipvs_refused_fn *refused, void *arg)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		int error = changes[i].dest == NULL ? change_service(&changes[i])
						    : change_dest(&changes[i]);
		netlink->writes++;
		if (changes[i].action == IPVS_DELETE_DEST) {
			int left = count_dests(&changes[i].dest->service);
			if (left < netlink->least_dests)
				netlink->least_dests = left;
		}
		if (error != 0)
			refused(&changes[i], error, error == ENOENT ? "no scheduler" : "refused",
				arg);
		failed += error != 0;
	}
	return failed;
}

int ipvs_netlink_read_services(struct ipvs_netlink *netlink, struct ipvs_service **services,
	size_t *count, struct ipvs_counters **counters)
{
	struct ipvs_table table = {.services = calloc(KERNEL_SERVICES, sizeof(**services))};

	assert_null(counters);
	netlink->reads++;
	for (size_t i = 0; i < netlink->services_count; i++)
		table.services[table.services_count++] = netlink->services[i].is;
	ipvs_table_sort(&table);
	*services = table.services;
	*count = table.services_count;
	return 0;
}

int ipvs_netlink_read_dests(struct ipvs_netlink *netlink, const struct ipvs_key *service,
	struct ipvs_dest **dests, size_t *count, struct ipvs_counters **counters)
{
	struct ipvs_table table = {.dests = calloc(KERNEL_DESTS, sizeof(**dests))};

	assert_null(counters);
	for (size_t i = 0; i < netlink->dests_count; i++) {
		if (ipvs_key_compare(&netlink->dests[i].is.service, service) == 0)
			table.dests[table.dests_count++] = netlink->dests[i].is;
	}
	ipvs_table_sort(&table);
	*dests = table.dests;
	*count = table.dests_count;
	return 0;
}

const char *ipvs_netlink_why(const struct ipvs_netlink *netlink)
{
	(void)netlink;
	return "refused";
}

int ipvs_netlink_flush(struct ipvs_netlink *netlink)
{
	netlink->services_count = netlink->dests_count = 0;
	netlink->writes++;
	return 0;
}

int ipvs_netlink_get_timeouts(struct ipvs_netlink *netlink, struct ipvs_timeouts *timeouts)
{
	*timeouts = netlink->timeouts;
	return 0;
}

int ipvs_netlink_set_timeouts(struct ipvs_netlink *netlink, const struct ipvs_timeouts *timeouts)
{
	netlink->writes++;
	if (timeouts->tcp_s != 0)
		netlink->timeouts.tcp_s = timeouts->tcp_s;
	return 0;
}

int ipvs_netlink_get_daemons(
	struct ipvs_netlink *netlink, struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS])
{
	memcpy(daemons, netlink->daemons, sizeof(netlink->daemons));
	return netlink->daemons_count;
}

int ipvs_netlink_start_daemon(struct ipvs_netlink *netlink, const struct ipvs_sync_daemon *daemon)
{
	assert_true(netlink->daemons_count < IPVS_SYNC_DAEMONS);
	netlink->daemons[netlink->daemons_count++] = *daemon;
	netlink->writes++;
	return 0;
}

int ipvs_netlink_stop_daemon(struct ipvs_netlink *netlink, uint32_t state)
{
	netlink->writes++;
	for (int i = 0; i < netlink->daemons_count; i++) {
		if (netlink->daemons[i].state != state)
			continue;
		netlink->daemons[i] = netlink->daemons[--netlink->daemons_count];
		return 0;
	}
	return -1;
}

/* ---- ipvsd ---- */

struct daemon ipvsd;

void start(void)
{
	ipvsd.page = page_open(ipvsd.page_fd);
	ipvsd.balancer = balancer_new(ipvsd.base, &kernel, ipvsd.page);
}

void die(void)
{
	balancer_free(ipvsd.balancer);
	page_close(ipvsd.page);
}

static void quiet_log(void)
{
	struct log_settings settings = LOG_NOWHERE;

	ipvsd.log_fd = memfd_create("log", 0);
	settings.file_fd = ipvsd.log_fd;
	log_init("ipvsd", &settings);
}

int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.available = true;
	now_ns = NSEC_PER_SEC;
	ipvsd.base = event_base_new();
	ipvsd.page_fd = state_page_create(PROTO_IPVS);
	quiet_log();
	start();
	return 0;
}

int teardown(void **state)
{
	(void)state;
	die();
	event_base_free(ipvsd.base);
	close(ipvsd.page_fd);
	close(ipvsd.log_fd);
	return 0;
}

void run(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(ipvsd.base, EVLOOP_NONBLOCK);
}

void let_time_pass(void)
{
	for (int i = 0; i < 3; i++) {
		now_ns += 130 * NSEC_PER_SEC;
		balancer_tick(ipvsd.balancer);
		run();
	}
}

bool logged(const char *text)
{
	static char log[1 << 20];
	ssize_t length = pread(ipvsd.log_fd, log, sizeof(log) - 1, 0);

	log[length < 0 ? 0 : length] = '\0';
	return strstr(log, text) != NULL;
}

/* ---- configurations ---- */

struct proto_addr address_of(unsigned number)
{
	return (struct proto_addr){.family = AF_INET, .bytes = {10, 0, 0, (uint8_t)number}};
}

/* The first two are marks. */
struct ipvs_key key_of(unsigned number)
{
	struct ipvs_key key = {.address.family = AF_INET};

	if (number < 2) {
		key.fwmark = number + 1;
		return key;
	}
	key.address = address_of(100 + number);
	key.protocol = IPPROTO_TCP;
	key.port = 80;
	return key;
}

struct ipvs_service service_of(const struct service *service, unsigned key)
{
	struct ipvs_service is = {.key = key_of(key), .netmask = UINT32_MAX};

	snprintf(is.scheduler, sizeof(is.scheduler), "%s", service->scheduler);
	return is;
}

struct ipvs_dest dest_of(unsigned key, unsigned number, uint32_t weight)
{
	return (struct ipvs_dest){.service = key_of(key),
		.address = address_of(number),
		.port = 80,
		.weight = weight};
}

static void give(struct ipvs_conf *conf, enum proto_type type, const void *body)
{
	char reason[PROTO_REASON_LEN] = "";

	if (ipvs_conf_add(conf, type, body, reason, sizeof(reason)) == -1)
		fail_msg("%s", reason);
}

static void give_real(
	struct ipvs_conf *conf, enum proto_type type, uint32_t number, const struct server *server)
{
	struct conf_ipvs_real item = {.virtual_server = number,
		.address = address_of(server->number),
		.port = 80,
		.weight = server->weight,
		.flags = server->flags};

	snprintf(item.name, sizeof(item.name), "real %u", server->number);
	give(conf, type, &item);
}

static void give_virtual(struct ipvs_conf *conf, uint32_t number, const struct service *service)
{
	struct conf_ipvs_virtual item = {.flags = service->flags,
		.netmask = UINT32_MAX,
		.prefix = 128,
		.protocol = IPPROTO_TCP,
		.entries = (uint32_t)__builtin_popcount(service->keys),
		.reals = service->reals_count};

	item.flags |= service->has_sorry ? IPVS_VIRTUAL_SORRY : 0U;
	snprintf(item.name, sizeof(item.name), "service %u", number);
	snprintf(item.scheduler, sizeof(item.scheduler), "%s", service->scheduler);
	give(conf, CONF_IPVS_VIRTUAL, &item);
	for (unsigned key = 0; key < KEYS; key++) {
		const struct ipvs_key is = key_of(key);
		struct conf_ipvs_entry entry = {.virtual_server = number,
			.first = is.address,
			.count = 1,
			.fwmark = is.fwmark,
			.port = is.port};
		if ((service->keys & 1U << key) != 0)
			give(conf, CONF_IPVS_ENTRY, &entry);
	}
	if (service->has_sorry)
		give_real(conf, CONF_IPVS_SORRY, number, &service->sorry);
	for (unsigned i = 0; i < service->reals_count; i++)
		give_real(conf, CONF_IPVS_REAL, number, &service->reals[i]);
}

void configure_with(
	const struct conf_ipvs_global *global, const struct service *services, unsigned count)
{
	struct ipvs_conf conf = {0};
	char reason[PROTO_REASON_LEN];

	give(&conf, CONF_IPVS_GLOBAL, global);
	for (unsigned i = 0; i < count; i++)
		give_virtual(&conf, i, &services[i]);
	assert_int_equal(ipvs_conf_commit(&conf, reason, sizeof(reason)), 0);
	balancer_apply(ipvsd.balancer, &conf);
}

void configure(const struct service *services, unsigned count)
{
	static const struct conf_ipvs_global global;

	configure_with(&global, services, count);
}

void tell(const struct service *services, unsigned count)
{
	uint32_t real = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct service *service = &services[i];
		struct ipvs_virtual_state quorum = {.virtual_server = i,
			.quorum_up = service->quorum == TOLD_UP,
			.reason = "the quorum"};
		for (unsigned r = 0; r < service->reals_count; r++, real++) {
			const struct server *server = &service->reals[r];
			struct ipvs_real_state state = {.real = real,
				.up = server->told == TOLD_UP,
				.weight = server->told_weight,
				.reason = "connection refused"};
			if (server->told != TOLD_NOTHING)
				balancer_real_state(ipvsd.balancer, &state);
		}
		if (service->quorum != TOLD_NOTHING)
			balancer_virtual_state(ipvsd.balancer, &quorum);
	}
}

void force(const struct service *services, unsigned count)
{
	configure(services, count);
	tell(services, count);
	balancer_states_end(ipvsd.balancer);
	run();
}

/* ---- what is expected ---- */

static void expect(int weights[ADDRESSES], unsigned number, int weight)
{
	if (weight > weights[number])
		weights[number] = weight;
}

/* The weight of each address in the service with this key, -1: not there. NULL: no such service. */
static const struct service *expected(
	const struct service *services, unsigned count, unsigned key, int weights[ADDRESSES])
{
	const struct service *first = NULL;

	for (unsigned i = 0; i < ADDRESSES; i++)
		weights[i] = -1;
	for (unsigned i = 0; i < count; i++) {
		const struct service *service = &services[i];
		bool sorry = service->has_sorry && service->quorum == TOLD_DOWN;
		if ((service->keys & 1U << key) == 0)
			continue;
		if (first == NULL)
			first = service;
		for (unsigned r = 0; r < service->reals_count; r++) {
			const struct server *real = &service->reals[r];
			if (real->told == TOLD_UP && !sorry)
				expect(weights, real->number, (int)real->told_weight);
			else if ((real->flags & IPVS_REAL_INHIBIT) != 0)
				expect(weights, real->number, 0);
		}
		if (sorry)
			expect(weights, service->sorry.number, (int)service->sorry.weight);
		else if (service->has_sorry && (service->sorry.flags & IPVS_REAL_INHIBIT) != 0)
			expect(weights, service->sorry.number, 0);
	}
	return first;
}

static bool is_configured(
	const struct service *services, unsigned count, unsigned key, unsigned number)
{
	for (unsigned i = 0; i < count; i++) {
		const struct service *service = &services[i];
		if ((service->keys & 1U << key) == 0)
			continue;
		for (unsigned r = 0; r < service->reals_count; r++)
			if (service->reals[r].number == number)
				return true;
		if (service->has_sorry && service->sorry.number == number)
			return true;
	}
	return false;
}

static void assert_dests(
	const struct service *services, unsigned count, unsigned key, const int weights[ADDRESSES])
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		const struct ipvs_dest wanted =
			dest_of(key, i, weights[i] < 0 ? 0 : (uint32_t)weights[i]);
		const struct kernel_dest *has = kernel_dest(&wanted);
		if (weights[i] >= 0) {
			assert_non_null(has);
			assert_memory_equal(&has->is, &wanted, sizeof(wanted));
		} else if (has != NULL) {
			assert_true(has->foreign);
			assert_false(is_configured(services, count, key, i));
		}
	}
}

void assert_kernel(const struct service *services, unsigned count)
{
	for (unsigned key = 0; key < KEYS; key++) {
		int weights[ADDRESSES];
		const struct service *service = expected(services, count, key, weights);
		const struct ipvs_key is = key_of(key);
		const struct kernel_service *has = kernel_service(&is);
		if (service != NULL) {
			const struct ipvs_service wanted = service_of(service, key);
			assert_non_null(has);
			assert_memory_equal(&has->is, &wanted, sizeof(wanted));
		} else if (has != NULL && !has->foreign) {
			/* stays for the sake of somebody else's real server */
			bool used = false;
			for (size_t i = 0; i < kernel.dests_count; i++)
				used = used || (kernel.dests[i].foreign &&
						       ipvs_key_compare(&kernel.dests[i].is.service,
							       &is) == 0);
			assert_true(used);
		}
		assert_dests(services, count, key, weights);
	}
}

void assert_stays(void)
{
	size_t writes = kernel.writes;

	let_time_pass();
	assert_int_equal(kernel.writes, writes);
}
