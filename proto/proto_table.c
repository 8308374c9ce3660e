/* The table of messages: for every type its exact size, who may send it to whom, in which state of
 * the channel, whether a descriptor comes with it, and which of its fields have a form to check. */
#include <linux/ip_vs.h>

#include "proto/proto_fields.h"
#include "proto/state_page.h"

#define FROM(process) (uint16_t)(1U << (process))
#define LAUNCHER      FROM(PROTO_LAUNCHER)
#define PARENT        FROM(PROTO_PARENT)
#define VRRP          FROM(PROTO_VRRP)
#define CHECK         FROM(PROTO_CHECK)
#define IPVS          FROM(PROTO_IPVS)
#define CHILDREN      (uint16_t)(FROM(PROTO_VRRP) | FROM(PROTO_CHECK) | FROM(PROTO_IPVS))
#define RUNNERS       (uint16_t)(FROM(PROTO_PROCESS_END) - FROM(PROTO_RUNNER_FIRST))

#define FIELD(kind_, type_, member_)                                                               \
	{                                                                                          \
		.kind = (kind_), .offset = offsetof(struct type_, member_),                        \
		.size = sizeof(((struct type_ *)NULL)->member_)                                    \
	}
#define STRING(type_, member_)  FIELD(FIELD_STRING, type_, member_)
#define ZERO(type_, member_)    FIELD(FIELD_ZERO, type_, member_)
#define ADDRESS(type_, member_) FIELD(FIELD_ADDRESS, type_, member_)
#define RANGE(type_, member_, low_, high_)                                                         \
	{                                                                                          \
		.kind = FIELD_RANGE, .offset = offsetof(struct type_, member_), .size = 4,         \
		.low = (low_), .high = (high_)                                                     \
	}
#define PROCESS(type_) RANGE(type_, process, PROTO_PARENT, PROTO_RUNNER_LAST)
#define ALL            (uint16_t)(PARENT | CHILDREN | RUNNERS)

static const struct proto_field child_started_fields[] = {
	PROCESS(launcher_child_started),
	RANGE(launcher_child_started, adopted, 0, 1),
};
static const struct proto_field child_exited_fields[] = {PROCESS(launcher_child_exited)};
static const struct proto_field ended_fields[] = {PROCESS(launcher_ended)};
static const struct proto_field child_page_fields[] = {
	RANGE(launcher_child_page, process, PROTO_VRRP, PROTO_IPVS)};
static const struct proto_field dump_fields[] = {RANGE(launcher_dump, what, 1, 2)};
static const struct proto_field child_wanted_fields[] = {
	PROCESS(parent_child_wanted),
	RANGE(parent_child_wanted, wanted, 0, 1),
};
static const struct proto_field child_kill_fields[] = {
	PROCESS(parent_child_kill),
	STRING(parent_child_kill, reason),
};
static const struct proto_field parent_refused_fields[] = {
	RANGE(parent_conf_refused, exit_status, 0, 255),
	RANGE(parent_conf_refused, at_start, 0, 1),
	STRING(parent_conf_refused, problem),
};
static const struct proto_field log_dir_fields[] = {STRING(parent_log_dir, path)};
static const struct proto_field parent_topics_fields[] = {
	RANGE(parent_topics, process, PROTO_LAUNCHER, PROTO_RUNNER),
	RANGE(parent_topics, topics, 0, PROTO_TOPICS_ALL),
};
static const struct proto_field topics_fields[] = {
	RANGE(launcher_topics, topics, 0, PROTO_TOPICS_ALL),
};
static const struct proto_field log_state_fields[] = {
	RANGE(launcher_log_state, sinks, 0, LOG_TO_ALL),
	STRING(launcher_log_state, path),
};
static const struct proto_field upgrade_fields[] = {
	RANGE(launcher_upgrade_report, state, UPGRADE_NONE, UPGRADE_REFUSED),
	STRING(launcher_upgrade_report, reason),
};
static const struct proto_field restart_fields[] = {
	RANGE(parent_restart, process, PROTO_LAUNCHER, PROTO_RUNNER_LAST),
};
static const struct proto_field busy_fields[] = {RANGE(process_busy, busy, 0, 1)};
static const struct proto_field probed_fields[] = {STRING(process_probed, version)};
static const struct proto_field instance_fields[] = {
	STRING(conf_vrrp_instance, name),
	STRING(conf_vrrp_instance, ifname),
	ADDRESS(conf_vrrp_instance, source),
	ADDRESS(conf_vrrp_instance, group),
};
static const struct proto_field address_fields[] = {
	STRING(conf_vrrp_address, ifname),
	STRING(conf_vrrp_address, label),
	ADDRESS(conf_vrrp_address, address),
	ADDRESS(conf_vrrp_address, broadcast),
	ZERO(conf_vrrp_address, reserved),
};
static const struct proto_field peer_fields[] = {
	ADDRESS(conf_vrrp_peer, address),
	ZERO(conf_vrrp_peer, reserved),
};
static const struct proto_field track_fields[] = {
	STRING(conf_vrrp_track_interface, ifname),
	ZERO(conf_vrrp_track_interface, reserved),
};
static const struct proto_field script_fields[] = {
	STRING(conf_vrrp_script, name),
	RANGE(conf_vrrp_script, verdict, VERDICT_UNKNOWN, VERDICT_UP),
};
static const struct proto_field track_script_fields[] = {ZERO(conf_vrrp_track_script, reserved)};
static const struct proto_field tracked_fields[] = {
	STRING(conf_vrrp_tracked, name),
	RANGE(conf_vrrp_tracked, kind, TRACKED_FILE, TRACKED_PROCESS),
	ZERO(conf_vrrp_tracked, reserved),
};
static const struct proto_field tracked_track_fields[] = {ZERO(conf_vrrp_track, reserved)};
static const struct proto_field tracked_value_fields[] = {
	RANGE(vrrp_tracked_value, kind, TRACKED_FILE, TRACKED_PROCESS),
};
static const struct proto_field group_fields[] = {
	STRING(conf_vrrp_group, name),
	RANGE(conf_vrrp_group, members, 1, STATE_VRRP_INSTANCES),
};
static const struct proto_field check_script_fields[] = {
	STRING(conf_check_script, name),
	RANGE(conf_check_script, rise, 1, INT32_MAX),
	RANGE(conf_check_script, fall, 1, INT32_MAX),
	RANGE(conf_check_script, init_fail, 0, 1),
	ZERO(conf_check_script, reserved),
};
static const struct proto_field mail_server_fields[] = {
	STRING(conf_check_mail, server),
	ADDRESS(conf_check_mail, address),
	ZERO(conf_check_mail, reserved),
	STRING(conf_check_mail, helo),
	STRING(conf_check_mail, from),
	ZERO(conf_check_mail, reserved2),
};
static const struct proto_field recipient_fields[] = {STRING(conf_check_recipient, address)};
static const struct proto_field mail_fields[] = {
	STRING(check_mail, subject),
	STRING(check_mail, text),
};
static const struct proto_field vrrp_verdict_fields[] = {
	RANGE(vrrp_script_verdict, verdict, VERDICT_UNKNOWN, VERDICT_UP),
};
static const struct proto_field ran_fields[] = {
	RANGE(check_ran, result, CHECK_GOOD, CHECK_UNKNOWN),
};
static const struct proto_field check_verdict_fields[] = {
	RANGE(check_verdict, verdict, VERDICT_UNKNOWN, VERDICT_UP),
};
static const struct proto_field check_virtual_fields[] = {STRING(conf_check_virtual, name)};
static const struct proto_field check_real_fields[] = {
	STRING(conf_check_real, name),
	RANGE(conf_check_real, weight, 0, INT32_MAX),
};
static const struct proto_field checker_fields[] = {
	RANGE(conf_check_checker, type, CHECK_TCP, CHECK_FILE),
	ADDRESS(conf_check_checker, address),
	ADDRESS(conf_check_checker, bindto),
	STRING(conf_check_checker, ifname),
	ZERO(conf_check_checker, reserved),
	STRING(conf_check_checker, text),
};
static const struct proto_field url_fields[] = {
	STRING(conf_check_url, path),
	STRING(conf_check_url, host),
};
static const struct proto_field bytes_fields[] = {
	RANGE(conf_check_bytes, what, BYTES_PAYLOAD, BYTES_REGEX),
	RANGE(conf_check_bytes, length, 0, sizeof(((struct conf_check_bytes *)NULL)->bytes)),
};
static const struct proto_field suspend_fields[] = {RANGE(check_suspend, suspended, 0, 1)};
static const struct proto_field file_value_fields[] = {RANGE(check_file_value, known, 0, 1)};
static const struct proto_field real_state_fields[] = {
	RANGE(check_real_state, up, 0, 1),
	RANGE(check_real_state, news, NEWS_CHANGED, NEWS_REPEATED),
	ZERO(check_real_state, reserved),
	STRING(check_real_state, reason),
};
static const struct proto_field virtual_state_fields[] = {
	RANGE(check_virtual_state, quorum_up, 0, 1),
	RANGE(check_virtual_state, news, NEWS_CHANGED, NEWS_REPEATED),
	ZERO(check_virtual_state, reserved),
	STRING(check_virtual_state, reason),
};
static const struct proto_field checker_state_fields[] = {
	RANGE(check_checker_state, verdict, VERDICT_UNKNOWN, VERDICT_UP),
	ZERO(check_checker_state, reserved),
	STRING(check_checker_state, result),
};
static const struct proto_field runner_fields[] = {
	RANGE(parent_runner, process, PROTO_RUNNER_FIRST, PROTO_RUNNER_LAST),
	ZERO(parent_runner, reserved),
	STRING(parent_runner, user),
};
static const struct proto_field done_fields[] = {
	RANGE(runner_done, outcome, RAN_EXITED, RAN_NOT_RUN),
	STRING(runner_done, output),
};
static const struct proto_field fifo_fields[] = {
	RANGE(runner_fifo, fifo, 0, PROTO_FIFOS - 1),
	RANGE(runner_fifo, order, FIFO_USE, FIFO_DROP),
	RANGE(runner_fifo, made, 0, 1),
	ZERO(runner_fifo, reserved),
	STRING(runner_fifo, path),
};
static const struct proto_field fifo_line_fields[] = {
	RANGE(runner_fifo_line, fifo, 0, PROTO_FIFOS - 1),
	ZERO(runner_fifo_line, reserved),
	STRING(runner_fifo_line, line),
};
static const struct proto_field fifo_state_fields[] = {
	RANGE(runner_fifo_state, fifo, 0, PROTO_FIFOS - 1),
	RANGE(runner_fifo_state, made, 0, 1),
	RANGE(runner_fifo_state, problem, FIFO_FINE, FIFO_NOT_OURS),
};
static const struct proto_field changed_fields[] = {
	RANGE(vrrp_changed, records, 0, 1),
	ZERO(vrrp_changed, reserved),
};
static const struct proto_field heard_lower_fields[] = {
	STRING(vrrp_heard_lower, instance),
	ADDRESS(vrrp_heard_lower, source),
	RANGE(vrrp_heard_lower, priority, 0, 255),
	RANGE(vrrp_heard_lower, heard, 0, 255),
};
static const struct proto_field refused_fields[] = {STRING(child_conf_refused, reason)};

static const struct proto_field ipvs_global_fields[] = {
	RANGE(conf_ipvs_global, flags, 0, 2 * IPVS_SYNC_DAEMON - 1),
	RANGE(conf_ipvs_global, sync_id, 0, 255),
	ZERO(conf_ipvs_global, reserved),
	ADDRESS(conf_ipvs_global, sync_group),
	STRING(conf_ipvs_global, sync_ifname),
	STRING(conf_ipvs_global, sync_instance),
};
static const struct proto_field ipvs_virtual_fields[] = {
	STRING(conf_ipvs_virtual, name),
	STRING(conf_ipvs_virtual, scheduler),
	STRING(conf_ipvs_virtual, engine),
	RANGE(conf_ipvs_virtual, flags, 0, 2 * IPVS_VIRTUAL_SORRY - 1),
	RANGE(conf_ipvs_virtual, prefix, 1, 128),
	ZERO(conf_ipvs_virtual, reserved),
};
static const struct proto_field ipvs_entry_fields[] = {
	ADDRESS(conf_ipvs_entry, first),
	RANGE(conf_ipvs_entry, count, 1, IPVS_RANGE_MAX),
	ZERO(conf_ipvs_entry, reserved),
};
static const struct proto_field ipvs_real_fields[] = {
	STRING(conf_ipvs_real, name),
	ADDRESS(conf_ipvs_real, address),
	RANGE(conf_ipvs_real, forwarding, 0, IP_VS_CONN_F_DROUTE),
	RANGE(conf_ipvs_real, weight, 0, IPVS_WEIGHT_MAX),
	RANGE(conf_ipvs_real, flags, 0, 2 * IPVS_REAL_UNCHECKED - 1),
};
static const struct proto_field ipvs_real_state_fields[] = {
	RANGE(ipvs_real_state, up, 0, 1),
	RANGE(ipvs_real_state, weight, 0, IPVS_WEIGHT_MAX),
	STRING(ipvs_real_state, reason),
};
static const struct proto_field ipvs_virtual_state_fields[] = {
	RANGE(ipvs_virtual_state, quorum_up, 0, 1),
	STRING(ipvs_virtual_state, reason),
};
static const struct proto_field sync_role_fields[] = {RANGE(ipvs_sync_role, master, 0, 1)};
static const struct proto_field show_fields[] = {
	RANGE(ipvs_show, rows, 1, IPVS_SHOW_ROWS),
};
static const struct proto_field shown_service_fields[] = {
	RANGE(ipvs_shown_service, flags, 0, 2 * IPVS_SHOWN_HELD - 1),
	ADDRESS(ipvs_shown_service, address),
	STRING(ipvs_shown_service, wanted.scheduler),
	STRING(ipvs_shown_service, wanted.engine),
	STRING(ipvs_shown_service, actual.scheduler),
	STRING(ipvs_shown_service, actual.engine),
	STRING(ipvs_shown_service, problem),
};
static const struct proto_field shown_real_fields[] = {
	RANGE(ipvs_shown_real, flags, 0, 2 * IPVS_SHOWN_SORRY - 1),
	ADDRESS(ipvs_shown_real, address),
	ZERO(ipvs_shown_real, reserved),
	ZERO(ipvs_shown_real, wanted.reserved),
	ZERO(ipvs_shown_real, actual.reserved),
	STRING(ipvs_shown_real, problem),
};
static const struct proto_field shown_end_fields[] = {
	RANGE(ipvs_shown_end, sync_wanted, 0, IPVS_SYNC_MASTER | IPVS_SYNC_BACKUP),
	RANGE(ipvs_shown_end, sync_actual, 0, IPVS_SYNC_MASTER | IPVS_SYNC_BACKUP),
	STRING(ipvs_shown_end, problem),
};
static const struct proto_field trouble_fields[] = {
	RANGE(ipvs_trouble, kind, IPVS_TROUBLE_KERNEL, IPVS_TROUBLE_VIRTUAL),
	STRING(ipvs_trouble, reason),
};

#define RULE(type_, size_, from_, to_, states_, fd_)                                               \
	.rule = {                                                                                  \
		.type = (type_),                                                                   \
		.size = (size_),                                                                   \
		.senders = (from_),                                                                \
		.receivers = (to_),                                                                \
		.states = (states_),                                                               \
		.carries_fd = (fd_),                                                               \
		.name = #type_,                                                                    \
	}
#define PLAIN(...)                                                                                 \
	{                                                                                          \
		RULE(__VA_ARGS__)                                                                  \
	}
#define WITH(fields_, ...)                                                                         \
	{                                                                                          \
		RULE(__VA_ARGS__), .fields = (fields_),                                            \
				   .fields_count = sizeof(fields_) / sizeof((fields_)[0])          \
	}
#define ANY       PROTO_STATE_ANY
#define CONF      PROTO_STATE_CONF
#define COMMITTED PROTO_STATE_COMMITTED

/* clang-format off */
static const struct proto_row rows[] = {
	WITH(child_started_fields, LAUNCHER_CHILD_STARTED, sizeof(struct launcher_child_started), LAUNCHER, PARENT, ANY, 1),
	WITH(child_exited_fields, LAUNCHER_CHILD_EXITED, sizeof(struct launcher_child_exited), LAUNCHER, PARENT, ANY, 0),
	PLAIN(LAUNCHER_RELOAD, 0, LAUNCHER, PARENT, ANY, 0),
	PLAIN(LAUNCHER_STOPPING, 0, LAUNCHER, PARENT, ANY, 0),
	WITH(dump_fields, LAUNCHER_DUMP, sizeof(struct launcher_dump), LAUNCHER, PARENT, ANY, 0),
	WITH(child_page_fields, LAUNCHER_CHILD_PAGE, sizeof(struct launcher_child_page), LAUNCHER, PARENT, ANY, 1),
	WITH(upgrade_fields, LAUNCHER_UPGRADE, sizeof(struct launcher_upgrade_report), LAUNCHER, PARENT, ANY, 0),
	WITH(ended_fields, LAUNCHER_ENDED, sizeof(struct launcher_ended), LAUNCHER, PARENT, ANY, 0),

	WITH(child_wanted_fields, PARENT_CHILD_WANTED, sizeof(struct parent_child_wanted), PARENT, LAUNCHER, ANY, 0),
	WITH(child_kill_fields, PARENT_CHILD_KILL, sizeof(struct parent_child_kill), PARENT, LAUNCHER, ANY, 0),
	PLAIN(PARENT_CONF_IN_FORCE, 0, PARENT, LAUNCHER, ANY, 0),
	WITH(parent_refused_fields, PARENT_CONF_REFUSED, sizeof(struct parent_conf_refused), PARENT, LAUNCHER, ANY, 0),
	WITH(log_dir_fields, PARENT_LOG_DIR, sizeof(struct parent_log_dir), PARENT, LAUNCHER, ANY, 0),
	PLAIN(PARENT_CONF_COMMITTED, sizeof(struct parent_conf_committed), PARENT, LAUNCHER, ANY, 1),
	WITH(restart_fields, PARENT_RESTART, sizeof(struct parent_restart), PARENT, LAUNCHER, ANY, 0),
	PLAIN(PARENT_UPGRADE, 0, PARENT, LAUNCHER, ANY, 0),
	WITH(runner_fields, PARENT_RUNNER, sizeof(struct parent_runner), PARENT, LAUNCHER, ANY, 0),
	WITH(parent_topics_fields, PARENT_TOPICS, sizeof(struct parent_topics), PARENT, LAUNCHER, ANY, 0),
	PLAIN(PARENT_REOPEN_LOGS, 0, PARENT, LAUNCHER, ANY, 0),
	PLAIN(PARENT_STATUS, sizeof(struct parent_status), PARENT, LAUNCHER, ANY, 0),

	PLAIN(LAUNCHER_PARENT_CHANNEL, 0, LAUNCHER, CHILDREN | RUNNERS, ANY, 1),
	PLAIN(LAUNCHER_LOG_FILE, 0, LAUNCHER, ALL, ANY, 1),
	PLAIN(LAUNCHER_STOP, 0, LAUNCHER, CHILDREN | RUNNERS, ANY, 0),
	PLAIN(LAUNCHER_HEARTBEAT, sizeof(struct proto_heartbeat), LAUNCHER, ALL, ANY, 0),
	WITH(topics_fields, LAUNCHER_TOPICS, sizeof(struct launcher_topics), LAUNCHER, ALL, ANY, 0),
	WITH(log_state_fields, LAUNCHER_LOG_STATE, sizeof(struct launcher_log_state), LAUNCHER, PARENT, ANY, 0),

	PLAIN(CONF_BEGIN, sizeof(struct conf_begin), PARENT, CHILDREN, ANY, 0),
	PLAIN(CONF_COMMIT, sizeof(struct conf_commit), PARENT, CHILDREN, CONF, 0),
	PLAIN(CONF_APPLY, 0, PARENT, CHILDREN, COMMITTED, 0),
	PLAIN(CONF_ABORT, 0, PARENT, CHILDREN, CONF | COMMITTED, 0),

	PLAIN(CONF_VRRP_GLOBAL, sizeof(struct conf_vrrp_global), PARENT, VRRP, CONF, 0),
	WITH(instance_fields, CONF_VRRP_INSTANCE, sizeof(struct conf_vrrp_instance), PARENT, VRRP, CONF, 0),
	WITH(address_fields, CONF_VRRP_ADDRESS, sizeof(struct conf_vrrp_address), PARENT, VRRP, CONF, 0),
	WITH(peer_fields, CONF_VRRP_PEER, sizeof(struct conf_vrrp_peer), PARENT, VRRP, CONF, 0),
	WITH(track_fields, CONF_VRRP_TRACK_INTERFACE, sizeof(struct conf_vrrp_track_interface), PARENT, VRRP, CONF, 0),
	WITH(script_fields, CONF_VRRP_SCRIPT, sizeof(struct conf_vrrp_script), PARENT, VRRP, CONF, 0),
	WITH(track_script_fields, CONF_VRRP_TRACK_SCRIPT, sizeof(struct conf_vrrp_track_script), PARENT, VRRP, CONF, 0),
	WITH(tracked_fields, CONF_VRRP_TRACKED, sizeof(struct conf_vrrp_tracked), PARENT, VRRP, CONF, 0),
	WITH(tracked_track_fields, CONF_VRRP_TRACK, sizeof(struct conf_vrrp_track), PARENT, VRRP, CONF, 0),
	WITH(group_fields, CONF_VRRP_GROUP, sizeof(struct conf_vrrp_group), PARENT, VRRP, CONF, 0),
	PLAIN(CONF_VRRP_MEMBER, sizeof(struct conf_vrrp_member), PARENT, VRRP, CONF, 0),
	WITH(vrrp_verdict_fields, VRRP_SCRIPT_VERDICT, sizeof(struct vrrp_script_verdict), PARENT, VRRP, ANY, 0),
	WITH(tracked_value_fields, VRRP_TRACKED_VALUE, sizeof(struct vrrp_tracked_value), PARENT, VRRP, ANY, 0),
	WITH(check_script_fields, CONF_CHECK_SCRIPT, sizeof(struct conf_check_script), PARENT, CHECK, CONF, 0),
	WITH(check_virtual_fields, CONF_CHECK_VIRTUAL, sizeof(struct conf_check_virtual), PARENT, CHECK, CONF, 0),
	WITH(check_real_fields, CONF_CHECK_REAL, sizeof(struct conf_check_real), PARENT, CHECK, CONF, 0),
	WITH(checker_fields, CONF_CHECK_CHECKER, sizeof(struct conf_check_checker), PARENT, CHECK, CONF, 0),
	WITH(url_fields, CONF_CHECK_URL, sizeof(struct conf_check_url), PARENT, CHECK, CONF, 0),
	WITH(bytes_fields, CONF_CHECK_BYTES, sizeof(struct conf_check_bytes), PARENT, CHECK, CONF, 0),
	WITH(ran_fields, CHECK_RAN, sizeof(struct check_ran), PARENT, CHECK, ANY, 0),
	WITH(suspend_fields, CHECK_SUSPEND, sizeof(struct check_suspend), PARENT, CHECK, ANY, 0),
	WITH(file_value_fields, CHECK_FILE_VALUE, sizeof(struct check_file_value), PARENT, CHECK, ANY, 0),
	PLAIN(CHECK_TELL, 0, PARENT, CHECK, ANY, 0),
	WITH(mail_server_fields, CONF_CHECK_MAIL, sizeof(struct conf_check_mail), PARENT, CHECK, CONF, 0),
	WITH(recipient_fields, CONF_CHECK_RECIPIENT, sizeof(struct conf_check_recipient), PARENT, CHECK, CONF, 0),
	WITH(mail_fields, CHECK_MAIL, sizeof(struct check_mail), PARENT, CHECK, ANY, 0),
	WITH(ipvs_global_fields, CONF_IPVS_GLOBAL, sizeof(struct conf_ipvs_global), PARENT, IPVS, CONF, 0),
	WITH(ipvs_virtual_fields, CONF_IPVS_VIRTUAL, sizeof(struct conf_ipvs_virtual), PARENT, IPVS, CONF, 0),
	WITH(ipvs_entry_fields, CONF_IPVS_ENTRY, sizeof(struct conf_ipvs_entry), PARENT, IPVS, CONF, 0),
	WITH(ipvs_real_fields, CONF_IPVS_REAL, sizeof(struct conf_ipvs_real), PARENT, IPVS, CONF, 0),
	WITH(ipvs_real_fields, CONF_IPVS_SORRY, sizeof(struct conf_ipvs_real), PARENT, IPVS, CONF, 0),
	WITH(ipvs_real_state_fields, IPVS_REAL_STATE, sizeof(struct ipvs_real_state), PARENT, IPVS, ANY, 0),
	WITH(ipvs_virtual_state_fields, IPVS_VIRTUAL_STATE, sizeof(struct ipvs_virtual_state), PARENT, IPVS, ANY, 0),
	PLAIN(IPVS_STATES_END, 0, PARENT, IPVS, ANY, 0),
	WITH(sync_role_fields, IPVS_SYNC_ROLE, sizeof(struct ipvs_sync_role), PARENT, IPVS, ANY, 0),
	WITH(show_fields, IPVS_SHOW, sizeof(struct ipvs_show), PARENT, IPVS, ANY, 0),

	PLAIN(CHILD_HELLO, sizeof(struct child_hello), CHILDREN | RUNNERS, PARENT, ANY, 0),
	PLAIN(CHILD_CONF_ACCEPTED, 0, CHILDREN, PARENT, ANY, 0),
	WITH(refused_fields, CHILD_CONF_REFUSED, sizeof(struct child_conf_refused), CHILDREN, PARENT, ANY, 0),
	PLAIN(CHILD_CONF_APPLIED, 0, CHILDREN, PARENT, ANY, 0),
	PLAIN(PROCESS_HEARTBEAT, sizeof(struct proto_heartbeat), ALL, LAUNCHER, ANY, 0),
	WITH(probed_fields, PROCESS_PROBED, sizeof(struct process_probed), ALL, LAUNCHER, ANY, 0),
	WITH(busy_fields, PROCESS_BUSY, sizeof(struct process_busy), PARENT | VRRP | IPVS, LAUNCHER, ANY, 0),
	PLAIN(CHECK_RUN, sizeof(struct check_run), CHECK, PARENT, ANY, 0),
	WITH(check_verdict_fields, CHECK_VERDICT, sizeof(struct check_verdict), CHECK, PARENT, ANY, 0),
	WITH(real_state_fields, CHECK_REAL_STATE, sizeof(struct check_real_state), CHECK, PARENT, ANY, 0),
	WITH(virtual_state_fields, CHECK_VIRTUAL_STATE, sizeof(struct check_virtual_state), CHECK, PARENT, ANY, 0),
	WITH(checker_state_fields, CHECK_CHECKER_STATE, sizeof(struct check_checker_state), CHECK, PARENT, ANY, 0),
	WITH(changed_fields, VRRP_CHANGED, sizeof(struct vrrp_changed), VRRP, PARENT, ANY, 0),
	WITH(heard_lower_fields, VRRP_HEARD_LOWER, sizeof(struct vrrp_heard_lower), VRRP, PARENT, ANY, 0),
	WITH(shown_service_fields, IPVS_SHOWN_SERVICE, sizeof(struct ipvs_shown_service), IPVS, PARENT, ANY, 0),
	WITH(shown_real_fields, IPVS_SHOWN_REAL, sizeof(struct ipvs_shown_real), IPVS, PARENT, ANY, 0),
	WITH(shown_end_fields, IPVS_SHOWN_END, sizeof(struct ipvs_shown_end), IPVS, PARENT, ANY, 0),
	WITH(trouble_fields, IPVS_TROUBLE, sizeof(struct ipvs_trouble), IPVS, PARENT, ANY, 0),

	PLAIN(RUNNER_RUN, sizeof(struct runner_run), PARENT, RUNNERS, ANY, 0),
	PLAIN(RUNNER_END, sizeof(struct runner_end), PARENT, RUNNERS, ANY, 0),
	WITH(fifo_fields, RUNNER_FIFO, sizeof(struct runner_fifo), PARENT, RUNNERS, ANY, 0),
	WITH(fifo_line_fields, RUNNER_FIFO_LINE, sizeof(struct runner_fifo_line), PARENT, RUNNERS, ANY, 0),
	WITH(done_fields, RUNNER_DONE, sizeof(struct runner_done), RUNNERS, PARENT, ANY, 0),
	WITH(fifo_state_fields, RUNNER_FIFO_STATE, sizeof(struct runner_fifo_state), RUNNERS, PARENT, ANY, 0),
};
/* clang-format on */

const struct proto_row *proto_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const struct proto_row *proto_row_find(uint16_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].rule.type == type)
			return &rows[i];
	}
	return NULL;
}

const struct proto_rule *proto_rule_find(uint16_t type)
{
	const struct proto_row *row = proto_row_find(type);
	return row == NULL ? NULL : &row->rule;
}

const char *proto_type_name(uint16_t type)
{
	const struct proto_row *row = proto_row_find(type);
	return row == NULL ? "unknown" : row->rule.name;
}
