#include "ipvsd/settings.h"

#include <linux/ip_vs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "ipvsd/balancer_internal.h"

/* Remembers and tells a refusal when it is news; why NULL: all is well. Returns whether it is. */
static bool settle(
	struct balancer *balancer, uint32_t kind, char **trouble, const char *what, const char *why)
{
	bool news =
		(why == NULL) != (*trouble == NULL) || (why != NULL && strcmp(why, *trouble) != 0);

	if (news) {
		const struct log_change change = {.kind = LOG_IPVS_TROUBLE,
			.state = why == NULL ? "accepted" : "refused",
			.reason = why};
		free(*trouble);
		*trouble = why == NULL ? NULL : strdup(why);
		if (why == NULL)
			log_change(LOG_INFO, &change,
				"%s: the kernel has accepted what it refused before", what);
		else
			log_change(LOG_WARNING, &change, "%s: %s; tried again later", what, why);
		balancer_tell(balancer, kind, IPVS_NONE, why);
	}
	return why == NULL;
}

/* ---- timeouts ---- */

static bool is_wanted(uint32_t wanted_s, uint32_t has_s)
{
	return wanted_s == 0 || wanted_s == has_s;
}

static bool run_timeouts(struct balancer *balancer)
{
	const struct conf_ipvs_global *global = &balancer->conf.global;
	const struct ipvs_timeouts wanted = {.tcp_s = global->timeout_tcp_s,
		.tcpfin_s = global->timeout_tcpfin_s,
		.udp_s = global->timeout_udp_s};
	struct ipvs_timeouts has = {0};
	const char *why = NULL;

	if (wanted.tcp_s == 0 && wanted.tcpfin_s == 0 && wanted.udp_s == 0)
		return settle(balancer, IPVS_TROUBLE_TIMEOUTS, &balancer->settings.timeouts_trouble,
			"lvs_timeouts", NULL);
	if (ipvs_netlink_get_timeouts(balancer->netlink, &has) == -1) {
		why = ipvs_netlink_why(balancer->netlink);
	} else if (!is_wanted(wanted.tcp_s, has.tcp_s) ||
		   !is_wanted(wanted.tcpfin_s, has.tcpfin_s) ||
		   !is_wanted(wanted.udp_s, has.udp_s)) {
		if (ipvs_netlink_set_timeouts(balancer->netlink, &wanted) == -1)
			why = ipvs_netlink_why(balancer->netlink);
		else
			log_info("lvs_timeouts: tcp %u, tcpfin %u, udp %u s set (0: left alone)",
				wanted.tcp_s, wanted.tcpfin_s, wanted.udp_s);
	}
	return settle(balancer, IPVS_TROUBLE_TIMEOUTS, &balancer->settings.timeouts_trouble,
		"lvs_timeouts", why);
}

/* ---- the sync daemon ---- */

static const char *role_name(uint32_t state)
{
	return state == IP_VS_STATE_MASTER ? "master" : "backup";
}

static enum state_ipvs_kind mark_of(uint32_t state)
{
	return state == IP_VS_STATE_MASTER ? STATE_IPVS_SYNC_MASTER : STATE_IPVS_SYNC_BACKUP;
}

/* The kernel's backup listens for no less. */
#define BACKUP_MAXLEN_MIN 1024

uint32_t settings_roles(const struct balancer *balancer)
{
	const struct conf_ipvs_global *global = &balancer->conf.global;

	if ((global->flags & IPVS_SYNC_DAEMON) == 0)
		return 0;
	if (global->sync_instance[0] == '\0')
		return IP_VS_STATE_MASTER | IP_VS_STATE_BACKUP;
	return balancer->settings.master ? IP_VS_STATE_MASTER : IP_VS_STATE_BACKUP;
}

static struct ipvs_sync_daemon wanted_daemon(const struct balancer *balancer, uint32_t role)
{
	const struct conf_ipvs_global *global = &balancer->conf.global;
	struct ipvs_sync_daemon daemon = {.state = role,
		.sync_id = global->sync_id,
		.maxlen = global->sync_maxlen,
		.port = global->sync_port,
		.ttl = global->sync_ttl,
		.group = global->sync_group};

	if (role == IP_VS_STATE_BACKUP && daemon.maxlen != 0 && daemon.maxlen < BACKUP_MAXLEN_MIN)
		daemon.maxlen = BACKUP_MAXLEN_MIN;
	proto_string_set(daemon.ifname, sizeof(daemon.ifname), global->sync_ifname);
	return daemon;
}

/* What is not wanted in particular is as the kernel has it. */
static bool is_as_wanted(const struct ipvs_sync_daemon *has, const struct ipvs_sync_daemon *wanted)
{
	return has->state == wanted->state && has->sync_id == wanted->sync_id &&
	       strcmp(has->ifname, wanted->ifname) == 0 && is_wanted(wanted->maxlen, has->maxlen) &&
	       is_wanted(wanted->port, has->port) && is_wanted(wanted->ttl, has->ttl) &&
	       (wanted->group.family == 0 ||
		       memcmp(&wanted->group, &has->group, sizeof(has->group)) == 0);
}

/* Ends one, if it is ours. Returns whether there is none any more. */
static bool end_daemon(struct balancer *balancer, uint32_t state, bool configured)
{
	if (!configured && !page_marked(balancer->page, mark_of(state)))
		return true;
	if (ipvs_netlink_stop_daemon(balancer->netlink, state) == -1)
		return false;
	page_mark(balancer->page, mark_of(state), false);
	log_info("lvs_sync_daemon: %s ended", role_name(state));
	return true;
}

static bool start_daemon(struct balancer *balancer, const struct ipvs_sync_daemon *wanted)
{
	page_mark(balancer->page, mark_of(wanted->state), true);
	if (ipvs_netlink_start_daemon(balancer->netlink, wanted) == -1) {
		page_mark(balancer->page, mark_of(wanted->state), false);
		return false;
	}
	log_info("lvs_sync_daemon: %s started on %s, id %u", role_name(wanted->state),
		wanted->ifname, wanted->sync_id);
	return true;
}

/* Compares with what the kernel has, ends what is to end, and starts what is missing. */
static bool make_daemons(struct balancer *balancer, uint32_t roles)
{
	static const uint32_t states[] = {IP_VS_STATE_MASTER, IP_VS_STATE_BACKUP};
	struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS];
	int count = ipvs_netlink_get_daemons(balancer->netlink, daemons);
	uint32_t missing = roles;

	if (count == -1)
		return false;
	for (int i = 0; i < count; i++) {
		uint32_t role = daemons[i].state;
		const struct ipvs_sync_daemon wanted = wanted_daemon(balancer, role);
		if ((roles & role) != 0 && is_as_wanted(&daemons[i], &wanted)) {
			missing &= ~role;
			page_mark(balancer->page, mark_of(role), true);
		} else if (!end_daemon(balancer, role, roles != 0)) {
			return false;
		}
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct ipvs_sync_daemon wanted = wanted_daemon(balancer, states[i]);
		if ((missing & states[i]) != 0 && !start_daemon(balancer, &wanted))
			return false;
	}
	return true;
}

static bool run_daemons(struct balancer *balancer)
{
	uint32_t roles = settings_roles(balancer);
	const char *why = NULL;

	if (roles == 0 && !page_marked(balancer->page, STATE_IPVS_SYNC_MASTER) &&
		!page_marked(balancer->page, STATE_IPVS_SYNC_BACKUP))
		return settle(balancer, IPVS_TROUBLE_SYNC, &balancer->settings.sync_trouble,
			"lvs_sync_daemon", NULL);
	if (!make_daemons(balancer, roles))
		why = ipvs_netlink_why(balancer->netlink);
	return settle(balancer, IPVS_TROUBLE_SYNC, &balancer->settings.sync_trouble,
		"lvs_sync_daemon", why);
}

void settings_run(struct balancer *balancer)
{
	struct settings *settings = &balancer->settings;
	bool timeouts = run_timeouts(balancer);
	bool daemons = run_daemons(balancer);

	settings->due = false;
	settings->delay_s = timeouts && daemons ? 0 : balancer_delay(settings->delay_s);
	settings->not_before_ns =
		timeouts && daemons ? 0 : clock_now_ns() + settings->delay_s * NSEC_PER_SEC;
}

void settings_stop(struct balancer *balancer)
{
	bool configured = settings_roles(balancer) != 0;

	if (!configured && !page_marked(balancer->page, STATE_IPVS_SYNC_MASTER) &&
		!page_marked(balancer->page, STATE_IPVS_SYNC_BACKUP))
		return;
	struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS];
	int count = ipvs_netlink_get_daemons(balancer->netlink, daemons);
	for (int i = 0; i < count; i++)
		if (!end_daemon(balancer, daemons[i].state, configured))
			log_warnx("lvs_sync_daemon: %s", ipvs_netlink_why(balancer->netlink));
}

void settings_tell(struct balancer *balancer)
{
	const struct settings *settings = &balancer->settings;

	if (settings->timeouts_trouble != NULL)
		balancer_tell(
			balancer, IPVS_TROUBLE_TIMEOUTS, IPVS_NONE, settings->timeouts_trouble);
	if (settings->sync_trouble != NULL)
		balancer_tell(balancer, IPVS_TROUBLE_SYNC, IPVS_NONE, settings->sync_trouble);
}
