/* What virtual servers, real servers and checkers inherit, and where from in the end. */
#include <netinet/in.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/stage.h"

#define DNS_SOA 6

/* What a checker takes when nobody says anything. */
static const struct {
	uint32_t retry;
	uint64_t delay_us; /* 0: delay_loop */
} standard[CONF_CHECKER_TYPES] = {
	[CONF_TCP_CHECK] = {1, 1000000},
	[CONF_HTTP_GET] = {1, 3000000},
	[CONF_SSL_GET] = {1, 3000000},
	[CONF_SMTP_CHECK] = {1, 1000000},
	[CONF_MISC_CHECK] = {0, 1000000},
	[CONF_PING_CHECK] = {1, 1000000},
	[CONF_UDP_CHECK] = {1, 1000000},
	[CONF_DNS_CHECK] = {3, 0},
	[CONF_FILE_CHECK] = {0, 1000000},
};

static char standard_helo[] = "smtpchecker.keepalived.org";
static char root_domain[] = ".";

bool conf_checker_connects(enum conf_checker_type type)
{
	return type != CONF_MISC_CHECK && type != CONF_FILE_CHECK;
}

static void inherit_us(uint64_t *own, uint64_t from)
{
	if (*own == UINT64_MAX)
		*own = from;
}

static void inherit_schedule(struct conf_schedule *own, const struct conf_schedule *from)
{
	inherit_us(&own->delay_loop_us, from->delay_loop_us);
	inherit_us(&own->delay_before_retry_us, from->delay_before_retry_us);
	inherit_us(&own->warmup_us, from->warmup_us);
	inherit_us(&own->connect_timeout_us, from->connect_timeout_us);
	if (own->retry == CONF_UNSET_U32)
		own->retry = from->retry;
}

static void inherit_state(enum conf_tristate *own, enum conf_tristate from)
{
	if (*own == CONF_UNSET)
		*own = from;
}

static void default_schedule(struct conf_checker *checker, const struct conf_schedule *real)
{
	struct conf_schedule *own = &checker->schedule;
	uint64_t delay_us = standard[checker->type].delay_us;
	inherit_schedule(own, real);
	inherit_us(&own->delay_before_retry_us, delay_us != 0 ? delay_us : own->delay_loop_us);
	inherit_us(&own->warmup_us, own->delay_loop_us);
	inherit_us(&own->connect_timeout_us, 5000000);
	inherit_us(&checker->misc_timeout_us, own->delay_loop_us);
	if (own->retry == CONF_UNSET_U32)
		own->retry = standard[checker->type].retry;
}

static void default_url(struct conf_url *url, const struct conf_checker *checker)
{
	if (url->virtualhost == NULL)
		url->virtualhost = checker->virtualhost;
	inherit_state(&url->tls_compliant, checker->tls_compliant ? CONF_ON : CONF_OFF);
	if (url->status_given)
		return;
	url->status_given = true;
	for (unsigned code = 200; code < 300; code++)
		url->status[(code - CHECK_STATUS_FIRST) / 8] |=
			(uint8_t)(1U << (code - CHECK_STATUS_FIRST) % 8);
}

static void default_weight(const struct conf *conf, struct conf_checker *checker)
{
	const struct conf_track_file *file =
		checker->track_file == NULL ? NULL
					    : conf_track_file_find(conf, checker->track_file);
	if (checker->weight_given || file == NULL)
		return;
	checker->weight = file->weight;
	checker->reverse = file->reverse;
	checker->weight_given = true;
}

static void default_checker(
	const struct conf *conf, struct conf_checker *checker, const struct conf_real_server *real)
{
	struct conf_url *url;
	default_schedule(checker, &real->schedule);
	inherit_state(&checker->alpha, real->alpha);
	inherit_state(
		&checker->log_all_failures, conf->global.log_all_failures ? CONF_ON : CONF_OFF);
	if (checker->connect_ip.family == 0)
		checker->connect_ip = real->address;
	if (checker->connect_port == 0)
		checker->connect_port = real->port;
	if (checker->virtualhost == NULL)
		checker->virtualhost = real->virtualhost;
	if (checker->text == NULL)
		checker->text = checker->type == CONF_SMTP_CHECK  ? standard_helo
				: checker->type == CONF_DNS_CHECK ? root_domain
								  : NULL;
	if (checker->dns_type == 0)
		checker->dns_type = DNS_SOA;
	default_weight(conf, checker);
	TAILQ_FOREACH(url, &checker->urls, entry)
	default_url(url, checker);
}

/* A host block is a checker with what it does not say from the SMTP_CHECK around it. */
static void inherit_host(struct conf_checker *host, const struct conf_checker *checker)
{
	inherit_schedule(&host->schedule, &checker->schedule);
	inherit_state(&host->alpha, checker->alpha);
	inherit_state(&host->log_all_failures, checker->log_all_failures);
	host->text = checker->text;
	if (host->connect_ip.family == 0)
		host->connect_ip = checker->connect_ip;
	if (host->connect_port == 0)
		host->connect_port = checker->connect_port;
	if (host->bindto.family == 0)
		host->bindto = checker->bindto;
	if (host->bind_port == 0)
		host->bind_port = checker->bind_port;
	if (host->bind_if[0] == '\0')
		memcpy(host->bind_if, checker->bind_if, sizeof(host->bind_if));
	if (host->fwmark == 0)
		host->fwmark = checker->fwmark;
}

static void spread_hosts(struct conf_real_server *real)
{
	struct conf_checker *checker = TAILQ_FIRST(&real->checkers);
	struct conf_checker *host;
	while (checker != NULL) {
		struct conf_checker *next = TAILQ_NEXT(checker, entry);
		bool any = !TAILQ_EMPTY(&checker->hosts);
		while ((host = TAILQ_FIRST(&checker->hosts)) != NULL) {
			TAILQ_REMOVE(&checker->hosts, host, entry);
			inherit_host(host, checker);
			TAILQ_INSERT_BEFORE(checker, host, entry);
		}
		if (any)
			TAILQ_REMOVE(&real->checkers, checker, entry);
		checker = next;
	}
}

/* Without 'given', which is about what was written here. */
static void inherit_method(struct conf_method *own, const struct conf_method *from)
{
	if (own->given)
		return;
	*own = *from;
	own->given = false;
}

static void default_persistence(struct conf_virtual_server *server)
{
	struct conf_persistence *persistence = &server->persistence;
	if (!persistence->netmask_given)
		persistence->netmask = UINT32_MAX;
	if (!persistence->prefix_given)
		persistence->prefix = 128;
	if (persistence->timeout_s == 0 &&
		(persistence->netmask_given || persistence->prefix_given))
		persistence->timeout_s = CONF_PERSISTENCE_S;
}

/* What the virtual server itself says, in the form of a line of a group. */
static void default_entry(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_group_entry *entry;
	if (server->group != NULL)
		return;
	entry = conf_arena_alloc(conf->arena, sizeof(*entry));
	*entry = (struct conf_group_entry){.place = server->place,
		.first = server->address,
		.last = server->address,
		.port = server->port,
		.fwmark = server->fwmark};
	TAILQ_INSERT_TAIL(&server->own, entry, entry);
}

static void default_real(const struct conf *conf, struct conf_real_server *real,
	const struct conf_virtual_server *server)
{
	struct conf_checker *checker;
	if (real->port == 0)
		real->port = server->port;
	if (real->weight == CONF_UNSET_U32)
		real->weight = server->weight;
	inherit_method(&real->method, &server->method);
	inherit_state(&real->inhibit, server->inhibit ? CONF_ON : CONF_OFF);
	inherit_state(&real->alpha, server->alpha ? CONF_ON : CONF_OFF);
	if (real->virtualhost == NULL)
		real->virtualhost = server->virtualhost;
	inherit_schedule(&real->schedule, &server->schedule);
	spread_hosts(real);
	TAILQ_FOREACH(checker, &real->checkers, entry)
	default_checker(conf, checker, real);
}

void conf_default_service(struct conf *conf, struct conf_virtual_server *server)
{
	static char standard_scheduler[] = "wlc";
	struct conf_real_server *real;
	if (server->scheduler == NULL)
		server->scheduler = standard_scheduler;
	if (server->protocol == 0)
		server->protocol = IPPROTO_UDP;
	inherit_method(&server->sorry.method, &server->method);
	default_persistence(server);
	default_entry(conf, server);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	default_real(conf, real, server);
}
