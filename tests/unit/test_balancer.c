/* The balancer against a model of the kernel: random configurations, states, foreign entries and
 * deaths. */
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
#include "ipvsd/balancer_internal.h"

/* ---- the kernel ---- */

#define KERNEL_SERVICES 64
#define KERNEL_DESTS    512

struct kernel_service {
	struct ipvs_service is;
	bool foreign; /* put there or changed by somebody else */
};

struct kernel_dest {
	struct ipvs_dest is;
	bool foreign;
};

struct ipvs_netlink {
	struct kernel_service services[KERNEL_SERVICES];
	struct kernel_dest dests[KERNEL_DESTS];
	size_t services_count, dests_count;
	size_t writes, reads;
	bool available;
	const char *refused_scheduler;
	struct ipvs_timeouts timeouts;
	struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS];
	int daemons_count;
	int least_dests; /* of the service with number 0, at any time */
};

static struct ipvs_netlink kernel;
static uint64_t now_ns;

uint64_t clock_now_ns(void)
{
	return now_ns;
}

static struct kernel_service *kernel_service(const struct ipvs_key *key)
{
	for (size_t i = 0; i < kernel.services_count; i++) {
		if (ipvs_key_compare(&kernel.services[i].is.key, key) == 0)
			return &kernel.services[i];
	}
	return NULL;
}

static struct kernel_dest *kernel_dest(const struct ipvs_dest *dest)
{
	for (size_t i = 0; i < kernel.dests_count; i++) {
		if (ipvs_dest_compare(&kernel.dests[i].is, dest) == 0)
			return &kernel.dests[i];
	}
	return NULL;
}

static void delete_dest(struct kernel_dest *dest)
{
	*dest = kernel.dests[--kernel.dests_count];
}

static void delete_service(struct kernel_service *service)
{
	for (size_t i = kernel.dests_count; i-- > 0;) {
		if (ipvs_key_compare(&kernel.dests[i].is.service, &service->is.key) == 0)
			delete_dest(&kernel.dests[i]);
	}
	*service = kernel.services[--kernel.services_count];
}

static void add_kernel_service(const struct ipvs_service *service, bool foreign)
{
	assert_true(kernel.services_count < KERNEL_SERVICES);
	kernel.services[kernel.services_count++] =
		(struct kernel_service){.is = *service, .foreign = foreign};
}

static void add_kernel_dest(const struct ipvs_dest *dest, bool foreign)
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

struct daemon {
	struct event_base *base;
	int page_fd;
	struct page *page;
	struct balancer *balancer;
	int log_fd;
};

static struct daemon ipvsd;

static void start(void)
{
	ipvsd.page = page_open(ipvsd.page_fd);
	ipvsd.balancer = balancer_new(ipvsd.base, &kernel, ipvsd.page);
}

/* As kill -9 does: nothing is put away. */
static void die(void)
{
	balancer_free(ipvsd.balancer);
	page_close(ipvsd.page);
}

static void quiet_log(void)
{
	struct log_settings settings = {.facility = LOG_DAEMON, .syslog_fd = -1};

	ipvsd.log_fd = memfd_create("log", 0);
	settings.file_fd = ipvsd.log_fd;
	log_init("ipvsd", &settings);
}

static int setup(void **state)
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

static int teardown(void **state)
{
	(void)state;
	die();
	event_base_free(ipvsd.base);
	close(ipvsd.page_fd);
	close(ipvsd.log_fd);
	return 0;
}

static void run(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(ipvsd.base, EVLOOP_NONBLOCK);
}

/* Enough for every slice of the background reading, and for what waits a minute. */
static void let_time_pass(void)
{
	for (int i = 0; i < 3; i++) {
		now_ns += 130 * NSEC_PER_SEC;
		balancer_tick(ipvsd.balancer);
		run();
	}
}

static bool logged(const char *text)
{
	static char log[1 << 20];
	ssize_t length = pread(ipvsd.log_fd, log, sizeof(log) - 1, 0);

	log[length < 0 ? 0 : length] = '\0';
	return strstr(log, text) != NULL;
}

/* ---- configurations ---- */

#define MAX_REALS 5

struct server {
	unsigned number; /* which address it has */
	uint32_t weight, flags;
	enum told told;
	uint32_t told_weight;
};

struct service {
	unsigned keys; /* bit i: key number i */
	const char *scheduler;
	struct server reals[MAX_REALS], sorry;
	unsigned reals_count;
	bool has_sorry;
	uint32_t flags;
	enum told quorum;
};

#define KEYS              6
#define FOREIGN_KEYS      2 /* behind them: never configured */
#define ADDRESSES         5
#define FOREIGN_ADDRESSES 2

static struct proto_addr address_of(unsigned number)
{
	return (struct proto_addr){.family = AF_INET, .bytes = {10, 0, 0, (uint8_t)number}};
}

/* The first two are marks. */
static struct ipvs_key key_of(unsigned number)
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

static struct ipvs_service service_of(const struct service *service, unsigned key)
{
	struct ipvs_service is = {.key = key_of(key), .netmask = UINT32_MAX};

	snprintf(is.scheduler, sizeof(is.scheduler), "%s", service->scheduler);
	return is;
}

static struct ipvs_dest dest_of(unsigned key, unsigned number, uint32_t weight)
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

static void configure_with(
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

static void configure(const struct service *services, unsigned count)
{
	static const struct conf_ipvs_global global;

	configure_with(&global, services, count);
}

/* What is known of its states, and nothing else. */
static void tell(const struct service *services, unsigned count)
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

static void force(const struct service *services, unsigned count)
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

/* All states are told: the kernel has what they say, and what is foreign. */
static void assert_kernel(const struct service *services, unsigned count)
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

/* ---- chance ---- */

static unsigned seed;

static unsigned below(unsigned limit)
{
	return (unsigned)rand_r(&seed) % limit;
}

static void random_states(struct service *services, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		services[i].quorum = below(2) == 0 ? TOLD_UP : TOLD_DOWN;
		for (unsigned r = 0; r < services[i].reals_count; r++) {
			services[i].reals[r].told = below(3) == 0 ? TOLD_DOWN : TOLD_UP;
			services[i].reals[r].told_weight = below(4);
		}
	}
}

static struct server random_server(void)
{
	return (struct server){.number = below(ADDRESSES),
		.weight = 1 + below(3),
		.flags = below(3) == 0 ? IPVS_REAL_INHIBIT : 0U};
}

static unsigned random_conf(struct service services[3])
{
	static const char *const schedulers[] = {"rr", "wlc", "sh"};
	unsigned count = below(4);

	for (unsigned i = 0; i < count; i++) {
		services[i] = (struct service){.keys = below(1U << KEYS),
			.scheduler = schedulers[below(3)],
			.reals_count = below(MAX_REALS + 1),
			.has_sorry = below(2) == 0,
			.sorry = random_server()};
		for (unsigned r = 0; r < services[i].reals_count; r++)
			services[i].reals[r] = random_server();
	}
	random_states(services, count);
	return count;
}

/* Somebody else at work. */
static void meddle(void)
{
	static const struct service theirs = {.scheduler = "lc"};
	unsigned key = below(KEYS + FOREIGN_KEYS);
	const struct ipvs_service service = service_of(&theirs, key);
	const struct ipvs_dest dest = dest_of(key, below(ADDRESSES + FOREIGN_ADDRESSES), below(9));
	struct kernel_service *has = kernel_service(&service.key);
	struct kernel_dest *has_dest = kernel_dest(&dest);

	switch (below(4)) {
	case 0:
		if (has != NULL)
			has->is = service;
		else
			add_kernel_service(&service, true);
		break;
	case 1:
		if (has != NULL && has_dest == NULL)
			add_kernel_dest(&dest, true);
		else if (has_dest != NULL)
			has_dest->is.weight = below(9);
		break;
	case 2:
		if (has_dest != NULL)
			delete_dest(has_dest);
		break;
	default:
		if (has != NULL)
			delete_service(has);
		break;
	}
}

/* What is not ours, and never was configured: services of their own keys, and servers of addresses
 * of their own. */
static uint32_t sum_of_foreign(void)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < kernel.services_count; i++) {
		const struct ipvs_service *service = &kernel.services[i].is;
		if (service->key.fwmark == 0 && service->key.address.bytes[3] >= 100 + KEYS)
			sum += proto_checksum(0, service, sizeof(*service));
	}
	for (size_t i = 0; i < kernel.dests_count; i++) {
		const struct ipvs_dest *dest = &kernel.dests[i].is;
		if (dest->address.bytes[3] >= ADDRESSES)
			sum += proto_checksum(0, dest, sizeof(*dest));
	}
	return sum;
}

static void assert_stays(void)
{
	size_t writes = kernel.writes;

	let_time_pass();
	assert_int_equal(kernel.writes, writes);
}

#define ROUNDS 3000

/* Whatever happens, the kernel has what is wanted in the end, nothing foreign was touched, and when
 * all is as it should be nothing is written. */
static void test_chance(void **state)
{
	struct service services[3];
	unsigned count = 0;

	(void)state;
	seed = 7;
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t foreign;
		unsigned what = below(4);
		for (unsigned i = below(4); i > 0; i--)
			meddle();
		foreign = sum_of_foreign();
		if (what == 0) {
			count = random_conf(services);
			force(services, count);
		} else if (what == 1) {
			random_states(services, count);
			tell(services, count);
			run();
		} else if (what == 2) {
			die();
			start();
			force(services, count);
		} else {
			die();
			start();
			count = random_conf(services);
			force(services, count);
		}
		let_time_pass();
		assert_kernel(services, count);
		assert_int_equal(sum_of_foreign(), foreign);
		assert_stays();
	}
}

/* A successor that knows no state yet, or some, leaves everything as it is. */
static void test_nothing_is_written_without_a_change(void **state)
{
	struct service services[3];

	(void)state;
	seed = 11;
	for (int round = 0; round < 300; round++) {
		unsigned count = random_conf(services);
		force(services, count);
		size_t writes = kernel.writes;
		die();
		start();
		configure(services, count);
		balancer_states_end(ipvsd.balancer);
		run();
		assert_stays();
		tell(services, count);
		run();
		assert_stays();
		force(services, count);
		assert_stays();
		assert_int_equal(kernel.writes, writes);
	}
}

static struct service one_service(void)
{
	return (struct service){.keys = 1U << 2,
		.scheduler = "wlc",
		.reals_count = 2,
		.quorum = TOLD_UP,
		.reals = {{.number = 1, .weight = 3, .told = TOLD_UP, .told_weight = 3},
			{.number = 2, .weight = 1, .told = TOLD_UP, .told_weight = 1}}};
}

static void test_before_all_is_told_nothing_is_written(void **state)
{
	struct service service = one_service();

	(void)state;
	configure(&service, 1);
	tell(&service, 1);
	run();
	assert_stays();
	assert_int_equal(kernel.reads, 0);
	balancer_states_end(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
}

static void test_what_nobody_knows_begins_as_configured(void **state)
{
	struct service service = one_service();

	(void)state;
	service.reals[0].told = service.reals[1].told = TOLD_NOTHING;
	service.reals[0].flags = IPVS_REAL_BEGINS_UP;
	force(&service, 1);
	assert_int_equal(kernel.dests_count, 1);
	assert_int_equal(kernel.dests[0].is.weight, 3);
}

static void test_a_verdict_is_not_read_for(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	size_t reads = kernel.reads;
	size_t writes = kernel.writes;
	service.reals[0].told = TOLD_DOWN;
	tell(&service, 1);
	run();
	assert_kernel(&service, 1);
	assert_int_equal(kernel.reads, reads);
	assert_int_equal(kernel.writes, writes + 1);
	assert_true(logged("service 0: real 1 taken out: connection refused"));
}

static void test_a_reload_is_not_read_for(void **state)
{
	struct service services[2] = {one_service(), one_service()};

	(void)state;
	services[1].keys = 1U << 3;
	force(services, 1);
	size_t reads = kernel.reads;
	services[0].reals[1].told_weight = 7;
	force(services, 2);
	assert_kernel(services, 2);
	assert_int_equal(kernel.reads, reads);
}

/* The new servers are there before those that they replace go. */
static void test_never_without_a_server(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	kernel.least_dests = 100;
	service.reals[0].number = 3;
	service.reals[1].number = 4;
	force(&service, 1);
	assert_kernel(&service, 1);
	assert_int_equal(kernel.least_dests, 2);
}

static void test_a_refused_service_hinders_no_other(void **state)
{
	struct service services[2] = {one_service(), one_service()};

	(void)state;
	services[0].scheduler = "mh";
	services[1].keys = 1U << 3;
	kernel.refused_scheduler = "mh";
	force(services, 2);
	assert_kernel(&services[1], 1);
	assert_int_equal(kernel.services_count, 1);
	assert_true(logged("service 0: no scheduler; tried again in 5 s"));
	/* not before its time */
	size_t writes = kernel.writes;
	now_ns += 3 * NSEC_PER_SEC;
	balancer_tick(ipvsd.balancer);
	run();
	assert_int_equal(kernel.writes, writes);
	kernel.refused_scheduler = NULL;
	now_ns += 3 * NSEC_PER_SEC;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(services, 2);
	assert_true(logged("service 0: the kernel has accepted what it refused before"));
}

static void test_a_flush_is_put_right(void **state)
{
	struct service services[3] = {one_service(), one_service(), one_service()};

	(void)state;
	services[1].keys = 1U << 3;
	services[2].keys = 1U << 4;
	force(services, 3);
	kernel.services_count = kernel.dests_count = 0;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(services, 3);
	assert_true(logged("3 services were deleted from the kernel's table by somebody else"));
	assert_true(logged("3 services and 6 real servers put in"));
}

static void test_a_change_is_put_right(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	kernel.dests[0].is.weight = 9;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
	assert_true(logged("was changed by somebody else (weight 9): set back to weight"));
}

/* Another manager is not fought for ever. */
static void test_a_fight_ends(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	size_t writes = kernel.writes;
	for (int i = 0; i < 100; i++) {
		kernel.dests[0].is.weight = 9;
		now_ns += NSEC_PER_SEC;
		balancer_tick(ipvsd.balancer);
		run();
	}
	assert_in_range(kernel.writes - writes, 5, 7);
	assert_true(logged("put right once a minute from now on"));
	/* a verdict goes through all the same */
	service.reals[0].told_weight = 4;
	tell(&service, 1);
	run();
	const struct ipvs_dest changed = dest_of(2, 1, 4);
	const struct kernel_dest *has = kernel_dest(&changed);
	assert_non_null(has);
	assert_memory_equal(&has->is, &changed, sizeof(changed));
}

static void test_without_ipvs(void **state)
{
	struct service service = one_service();

	(void)state;
	kernel.available = false;
	force(&service, 1);
	let_time_pass();
	assert_int_equal(kernel.writes, 0);
	kernel.available = true;
	balancer_available(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
}

static void test_stop_removes_what_is_owned(void **state)
{
	struct service service = one_service();
	const struct ipvs_service theirs = service_of(&service, KEYS);
	const struct ipvs_dest dest = dest_of(KEYS, 1, 1);

	(void)state;
	add_kernel_service(&theirs, true);
	add_kernel_dest(&dest, true);
	force(&service, 1);
	assert_int_equal(kernel.services_count, 2);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.services_count, 1);
	assert_int_equal(kernel.dests_count, 1);
	assert_memory_equal(&kernel.services[0].is, &theirs, sizeof(theirs));
	assert_int_equal(page_count(ipvsd.page), 0);
}

static void test_stop_keeps_what_is_to_be_kept(void **state)
{
	const struct conf_ipvs_global global = {.flags = IPVS_KEEP_ON_STOP};
	struct service service = one_service();

	(void)state;
	configure_with(&global, &service, 1);
	tell(&service, 1);
	balancer_states_end(ipvsd.balancer);
	run();
	balancer_stop(ipvsd.balancer);
	assert_kernel(&service, 1);
}

static void test_flush_at_the_first_start_alone(void **state)
{
	const struct conf_ipvs_global global = {.flags = IPVS_FLUSH};
	struct service service = one_service();
	const struct ipvs_service theirs = service_of(&service, KEYS);

	(void)state;
	for (int i = 0; i < 2; i++) {
		add_kernel_service(&theirs, true);
		configure_with(&global, &service, 1);
		tell(&service, 1);
		balancer_states_end(ipvsd.balancer);
		run();
		assert_int_equal(kernel.services_count, i == 0 ? 1 : 2);
		assert_kernel(&service, 1);
		die();
		start();
	}
}

static void force_with(const struct conf_ipvs_global *global, bool master)
{
	const struct ipvs_sync_role role = {.master = master};

	configure_with(global, NULL, 0);
	balancer_sync_role(ipvsd.balancer, &role);
	balancer_states_end(ipvsd.balancer);
	run();
}

static void test_sync_daemon(void **state)
{
	struct conf_ipvs_global global = {.flags = IPVS_SYNC_DAEMON,
		.sync_id = 7,
		.sync_ifname = "eth1",
		.sync_instance = "VI_1"};
	const struct ipvs_sync_role master = {.master = 1};

	(void)state;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 1);
	assert_int_equal(kernel.daemons[0].state, IP_VS_STATE_BACKUP);
	balancer_sync_role(ipvsd.balancer, &master);
	run();
	assert_int_equal(kernel.daemons_count, 1);
	assert_int_equal(kernel.daemons[0].state, IP_VS_STATE_MASTER);
	size_t writes = kernel.writes;
	die();
	start();
	force_with(&global, true);
	assert_int_equal(kernel.writes, writes);
	die();
	start();
	global.flags = 0;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 0);
}

/* Without an instance that says which. */
static void test_a_sync_daemon_of_both_roles(void **state)
{
	struct conf_ipvs_global global = {
		.flags = IPVS_SYNC_DAEMON, .sync_id = 7, .sync_ifname = "eth1"};

	(void)state;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 2);
	assert_int_not_equal(kernel.daemons[0].state, kernel.daemons[1].state);
	assert_int_equal(kernel.daemons[1].sync_id, 7);
	size_t writes = kernel.writes;
	force_with(&global, true);
	assert_int_equal(kernel.writes, writes);
	global.sync_id = 8;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 2);
	assert_int_equal(kernel.daemons[0].sync_id, 8);
	assert_int_equal(kernel.daemons[1].sync_id, 8);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.daemons_count, 0);
}

/* Only NAT can change the port. */
static void test_ports(void **state)
{
	const struct ipvs_key key = {.address = address_of(1), .protocol = IPPROTO_TCP, .port = 80};
	const struct ipvs_key mark = {.address.family = AF_INET, .fwmark = 5};
	struct ipvs_real real = {.address = address_of(2), .port = 8080};

	(void)state;
	real.forwarding = IP_VS_CONN_F_MASQ;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 8080);
	assert_int_equal(wanted_dest(&real, &mark, 1).port, 8080);
	real.forwarding = IP_VS_CONN_F_DROUTE;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 80);
	assert_int_equal(wanted_dest(&real, &mark, 1).port, 0);
	real.forwarding = IP_VS_CONN_F_TUNNEL;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 80);
}

static void test_a_foreign_sync_daemon_stays(void **state)
{
	const struct conf_ipvs_global global = {0};

	(void)state;
	kernel.daemons[0] = (struct ipvs_sync_daemon){.state = IP_VS_STATE_MASTER};
	kernel.daemons_count = 1;
	force_with(&global, false);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.daemons_count, 1);
}

static void test_timeouts(void **state)
{
	const struct conf_ipvs_global global = {.timeout_tcp_s = 300};

	(void)state;
	kernel.timeouts = (struct ipvs_timeouts){900, 120, 300};
	force_with(&global, false);
	assert_int_equal(kernel.timeouts.tcp_s, 300);
	size_t writes = kernel.writes;
	force_with(&global, false);
	assert_int_equal(kernel.writes, writes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chance),
		TEST(test_nothing_is_written_without_a_change),
		TEST(test_before_all_is_told_nothing_is_written),
		TEST(test_what_nobody_knows_begins_as_configured),
		TEST(test_a_verdict_is_not_read_for),
		TEST(test_a_reload_is_not_read_for),
		TEST(test_never_without_a_server),
		TEST(test_a_refused_service_hinders_no_other),
		TEST(test_a_flush_is_put_right),
		TEST(test_a_change_is_put_right),
		TEST(test_a_fight_ends),
		TEST(test_without_ipvs),
		TEST(test_stop_removes_what_is_owned),
		TEST(test_stop_keeps_what_is_to_be_kept),
		TEST(test_flush_at_the_first_start_alone),
		TEST(test_sync_daemon),
		TEST(test_a_sync_daemon_of_both_roles),
		TEST(test_ports),
		TEST(test_a_foreign_sync_daemon_stays),
		TEST(test_timeouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
