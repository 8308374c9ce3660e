/* One message of every type, as PROTOCOL.md shows it in bytes. */
#ifndef HOLDFAST_TEST_PROTO_SAMPLES_H
#define HOLDFAST_TEST_PROTO_SAMPLES_H

#include <sys/socket.h>

#include "proto/proto.h"

struct sample {
	enum proto_type type;
	uint32_t generation;
	const void *body;
	size_t size;
};

static const struct launcher_child_started launcher_child_started = {.process = 3,
	.pid = 4711,
	.restarts = 2,
	.adopted = 1,
	.started_ns = UINT64_C(0x0102030405060708)};
static const struct launcher_child_exited launcher_child_exited = {
	.process = 4, .pid = 4712, .restart_ms = 250};
static const struct launcher_ended launcher_ended = {.process = 3, .ended = {2, 0, 1, 0, 0, 3}};
static const struct launcher_dump launcher_dump = {.what = 2};
static const struct launcher_child_page launcher_child_page = {.process = 3};
static const struct parent_child_wanted parent_child_wanted = {.process = 5, .wanted = 1};
static const struct parent_child_kill parent_child_kill = {
	.process = 3, .pid = 4711, .reason = "no heartbeat answer for 300 ms"};
static const struct parent_conf_refused parent_conf_refused = {
	.exit_status = 2, .at_start = 1, .problem = "1 error"};
static const struct parent_log_dir parent_log_dir = {.path = "/var/log/holdfast"};
static const struct parent_topics parent_topics = {.process = 3, .topics = 5};
static const struct launcher_topics launcher_topics = {.topics = 5};
static const struct launcher_log_state launcher_log_state = {
	.sinks = 12, .topics = {0, 0, 5, 0, 0, 32}, .path = "/var/log/holdfast"};
static const struct launcher_upgrade_report launcher_upgrade_report = {
	.state = 3, .count = 2, .reason = "vrrpd speaks version 3"};
static const struct parent_conf_committed parent_conf_committed = {
	.length = 4096, .advert_int_us = 1000000};
static const struct parent_status parent_status = {
	.master = 2, .backup = 1, .fault = 3, .starting = 4};

static const struct parent_restart parent_restart = {.process = 1};
static const struct process_busy process_busy = {.busy = 1};
static const struct process_probed process_probed = {.state_page_version = 2, .version = "0.1.0"};
static const struct proto_heartbeat launcher_heartbeat = {.sent_ns = 1234567890};
static const struct conf_begin conf_begin = {.items = 3};
static const struct conf_commit conf_commit = {.items = 3, .checksum = 0xe3069283};
static const struct conf_vrrp_global conf_vrrp_global = {
	.startup_delay_ms = 1500, .garp_interval_us = 1000, .gna_interval_us = 2000};
static const struct conf_vrrp_instance conf_vrrp_instance = {.name = "VI_1",
	.ifname = "eth0",
	.flags = 5,
	.family = 2,
	.vrid = 51,
	.priority = 100,
	.version = 2,
	.advert_int_cs = 100,
	.auth_type = 1,
	.unicast_ttl = 255,
	.auth_data = "1111",
	.preempt_delay_ms = 30000,
	.down_timer_adverts = 3,
	.garp_delay_ms = 5000,
	.garp_repeat = 5,
	.garp_refresh_ms = 60000,
	.garp_refresh_repeat = 1,
	.garp_lower_prio_delay_ms = 5000,
	.garp_lower_prio_repeat = 5,
	.source = {.family = AF_INET, .bytes = {10, 0, 0, 1}},
	.group = {.family = AF_INET, .bytes = {224, 0, 0, 18}},
	.addresses = 1,
	.tracked_interfaces = 1};
static const struct conf_vrrp_address conf_vrrp_address = {.ifname = "eth0",
	.label = "eth0:1",
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 100}},
	.broadcast = {.family = AF_INET, .bytes = {10, 0, 0, 255}},
	.prefixlen = 24};
static const struct conf_vrrp_peer conf_vrrp_peer = {.instance = 1,
	.address = {.family = AF_INET6,
		.bytes = {32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}},
	.min_ttl = 254,
	.max_ttl = 255};
static const struct conf_vrrp_track_interface conf_vrrp_track_interface = {
	.ifname = "eth1", .weight = -20, .reverse = 1};
static const struct conf_vrrp_script conf_vrrp_script = {
	.name = "chk_nginx", .verdict = VERDICT_UP};
static const struct conf_vrrp_track_script conf_vrrp_track_script = {
	.instance = 1, .script = 2, .weight = -20, .reverse = 1};
static const struct conf_vrrp_tracked conf_vrrp_tracked = {
	.name = "maintenance", .kind = TRACKED_FILE, .value = -3};
static const struct conf_vrrp_track conf_vrrp_track = {
	.instance = 1, .tracked = 2, .weight = -20, .reverse = 1};
static const struct vrrp_tracked_value vrrp_tracked_value = {
	.tracked = 2, .kind = TRACKED_PROCESS, .value = VERDICT_DOWN};
static const struct conf_vrrp_group conf_vrrp_group = {.name = "G1", .members = 2};
static const struct conf_vrrp_member conf_vrrp_member = {.group = 1, .instance = 3};
static const struct vrrp_script_verdict vrrp_script_verdict = {
	.script = 2, .verdict = VERDICT_DOWN};
static const struct conf_check_script conf_check_script = {.name = "chk_nginx",
	.interval_us = 2000000,
	.timeout_us = 1000000,
	.rise = 2,
	.fall = 3,
	.init_fail = 1};
static const struct conf_check_virtual conf_check_virtual = {.name = "[10.0.0.100]:tcp:80",
	.quorum = 2,
	.hysteresis = 1,
	.flags = CHECK_VIRTUAL_OMEGA | CHECK_VIRTUAL_SORRY,
	.servers = 3};
static const struct conf_check_real conf_check_real = {.name = "[10.0.0.2]:tcp:80",
	.virtual_server = 1,
	.weight = 5,
	.flags = CHECK_REAL_INHIBIT,
	.checkers = 1};
static const struct conf_check_checker conf_check_checker = {.real = 4,
	.type = CHECK_SSL,
	.flags = CHECKER_SNI | CHECKER_VERIFY,
	.retry = 3,
	.delay_loop_us = 6000000,
	.delay_before_retry_us = 3000000,
	.warmup_us = 6000000,
	.timeout_us = 5000000,
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 2}},
	.bindto = {.family = AF_INET, .bytes = {10, 0, 0, 1}},
	.port = 443,
	.bind_port = 1024,
	.fwmark = 7,
	.ifname = "eth0",
	.same_as = 2,
	.urls = 1,
	.bytes = 1};
static const struct conf_check_url conf_check_url = {.checker = 5,
	.flags = URL_DIGEST | URL_REGEX,
	.digest = {0x64, 0x0f, 0x1a},
	.status = {[12] = 0xf0, [13] = 0xff},
	.regex_options = 8,
	.regex_min = 1,
	.regex_max = UINT32_MAX,
	.regex_stack_start = 32768,
	.regex_stack_max = 524288,
	.path = "/health",
	.host = "www.example.org"};
static const struct conf_check_bytes conf_check_bytes = {
	.checker = 5, .what = BYTES_REGEX, .length = 4, .bytes = "^ok$"};
static const struct check_ran check_ran = {
	.script = 2, .run = 77, .result = CHECK_BAD, .status = 3};
static const struct check_suspend check_suspend = {.virtual_server = 1, .suspended = 1};
static const struct check_run check_run = {.script = 2, .run = 77};
static const struct check_verdict check_verdict = {.script = 2, .verdict = VERDICT_UP};
static const struct check_file_value check_file_value = {.file = 2, .known = 1, .value = -7};
static const struct check_real_state check_real_state = {.real = 4,
	.news = NEWS_CHANGED,
	.weight = 5,
	.reason = "connection refused by 10.0.0.2:80"};
static const struct check_virtual_state check_virtual_state = {.virtual_server = 1,
	.quorum_up = 1,
	.news = NEWS_FIRST,
	.weight_up = 5,
	.reason = "weight 5 of quorum 2"};
static const struct check_checker_state check_checker_state = {.checker = 5,
	.verdict = VERDICT_UP,
	.latency_us = 1500,
	.record = 3,
	.result = "status 200"};
static const struct conf_check_mail conf_check_mail = {.server = "mail.example.org",
	.port = 25,
	.timeout_us = 30000000,
	.helo = "node-a",
	.from = "holdfast@node-a",
	.recipients = 1};
static const struct conf_check_recipient conf_check_recipient = {.address = "admin@example.org"};
static const struct check_mail check_mail = {.wall_s = 1700000000,
	.subject = "[node-a] VRRP Instance VI_1 - Entering MASTER state",
	.text = "VI_1 is MASTER\n"};
static const struct conf_ipvs_global conf_ipvs_global = {.flags = IPVS_FLUSH | IPVS_SYNC_DAEMON,
	.timeout_tcp_s = 900,
	.timeout_tcpfin_s = 120,
	.timeout_udp_s = 300,
	.sync_id = 51,
	.sync_maxlen = 1472,
	.sync_port = 8848,
	.sync_ttl = 1,
	.sync_group = {.family = AF_INET, .bytes = {224, 0, 0, 81}},
	.sync_ifname = "eth1",
	.sync_instance = "VI_1"};
static const struct conf_ipvs_virtual conf_ipvs_virtual = {.name = "[10.0.0.100]:tcp:80",
	.scheduler = "sh",
	.engine = "sip",
	.flags = IPVS_VIRTUAL_PERSISTENT | IPVS_VIRTUAL_SCHED_2 | IPVS_VIRTUAL_SORRY,
	.persistence_s = 360,
	.netmask = 0x00ffffff,
	.prefix = 128,
	.protocol = 6,
	.entries = 1,
	.reals = 2};
static const struct conf_ipvs_entry conf_ipvs_entry = {.virtual_server = 1,
	.first = {.family = AF_INET, .bytes = {10, 0, 0, 100}},
	.count = 3,
	.port = 80};
static const struct conf_ipvs_real conf_ipvs_real = {.name = "[10.0.0.2]:tcp:80",
	.virtual_server = 1,
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 2}},
	.port = 80,
	.tunnel_port = 5555,
	.forwarding = 2,
	.weight = 5,
	.upper = 1000,
	.lower = 800,
	.tunnel_type = 1,
	.tunnel_flags = 1,
	.flags = IPVS_REAL_INHIBIT};
static const struct conf_ipvs_real conf_ipvs_sorry = {.name = "[10.0.0.9]:tcp:80",
	.virtual_server = 1,
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 9}},
	.port = 80,
	.weight = 1};
static const struct ipvs_real_state ipvs_real_state = {
	.real = 4, .up = 1, .weight = 5, .reason = "status 200"};
static const struct ipvs_virtual_state ipvs_virtual_state = {
	.virtual_server = 1, .reason = "weight 0 of quorum 1"};
static const struct ipvs_sync_role ipvs_sync_role = {.master = 1};
static const struct ipvs_show ipvs_show = {
	.question = 3, .virtual_server = IPVS_NONE, .from = 512, .rows = IPVS_SHOW_ROWS};
static const struct child_hello child_hello = {.pid = 4711, .resumed = 12};
static const struct proto_heartbeat process_heartbeat = {.sent_ns = 1234567890};
static const struct child_conf_refused child_conf_refused = {.reason = "VI_1: eth0 is named twice"};

static const struct parent_runner parent_runner = {
	.process = 6, .uid = 1000, .gid = 1001, .user = "scripts"};
static const struct runner_run runner_run = {.run = 12,
	.queue = 7,
	.timeout_ms = 3000,
	.words = 2,
	.secure = 1,
	.line = "/etc/check\0-q"};
static const struct runner_fifo runner_fifo = {
	.fifo = 1, .order = FIFO_USE, .made = 1, .path = "/run/lvs.fifo"};
static const struct runner_fifo_line runner_fifo_line = {
	.number = 3, .fifo = 1, .line = "VS [10.0.0.1]:tcp:80 UP\n"};
static const struct runner_fifo_state runner_fifo_state = {
	.written = 3, .lost = 1, .fifo = 1, .made = 1, .problem = FIFO_NOT_OPENED, .error = 13};
static const struct vrrp_changed vrrp_changed = {.number = 513, .records = 1};
static const struct vrrp_heard_lower vrrp_heard_lower = {.instance = "VI_1",
	.source = {.family = AF_INET, .bytes = {10, 0, 0, 2}},
	.priority = 100,
	.heard = 90};
static const struct ipvs_shown_service ipvs_shown_service = {.counters = {.connections = 17,
								     .packets_in = 200,
								     .bytes_in = 30000,
								     .connections_s = 2,
								     .bytes_in_s = 1500},
	.question = 3,
	.flags = IPVS_SHOWN_WANTED | IPVS_SHOWN_ACTUAL | IPVS_SHOWN_OWNED,
	.virtual_server = 1,
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 100}},
	.protocol = 6,
	.port = 80,
	.wanted = {.netmask = 0xffffffff, .scheduler = "mh"},
	.actual = {.netmask = 0xffffffff, .scheduler = "rr"},
	.problem = "the kernel has no scheduler mh: modprobe ip_vs_mh"};
static const struct ipvs_shown_real ipvs_shown_real = {.counters = {.connections = 9},
	.question = 3,
	.flags = IPVS_SHOWN_ACTUAL,
	.real = IPVS_NONE,
	.active = 2,
	.inactive = 7,
	.address = {.family = AF_INET, .bytes = {10, 0, 0, 7}},
	.port = 80,
	.actual = {.forwarding = 3, .weight = 1}};
static const struct ipvs_shown_end ipvs_shown_end = {.question = 3,
	.next = 1024,
	.sync_wanted = IPVS_SYNC_MASTER,
	.sync_actual = IPVS_SYNC_BACKUP};
static const struct ipvs_trouble ipvs_trouble = {.kind = IPVS_TROUBLE_VIRTUAL,
	.virtual_server = 1,
	.reason = "the kernel has no scheduler mh: modprobe ip_vs_mh"};
static const struct runner_end runner_end = {.run = 12};
static const struct runner_done runner_done = {
	.run = 12, .duration_us = 1500, .status = 1, .output = "no answer\n"};

static const struct sample samples[] = {
	{LAUNCHER_CHILD_STARTED, 0, &launcher_child_started, sizeof(launcher_child_started)},
	{LAUNCHER_CHILD_EXITED, 0, &launcher_child_exited, sizeof(launcher_child_exited)},
	{LAUNCHER_RELOAD, 0, NULL, 0},
	{LAUNCHER_STOPPING, 0, NULL, 0},
	{LAUNCHER_DUMP, 0, &launcher_dump, sizeof(launcher_dump)},
	{LAUNCHER_CHILD_PAGE, 0, &launcher_child_page, sizeof(launcher_child_page)},
	{LAUNCHER_UPGRADE, 0, &launcher_upgrade_report, sizeof(launcher_upgrade_report)},
	{LAUNCHER_ENDED, 0, &launcher_ended, sizeof(launcher_ended)},
	{PARENT_CHILD_WANTED, 0, &parent_child_wanted, sizeof(parent_child_wanted)},
	{PARENT_CHILD_KILL, 0, &parent_child_kill, sizeof(parent_child_kill)},
	{PARENT_CONF_IN_FORCE, 7, NULL, 0},
	{PARENT_CONF_REFUSED, 0, &parent_conf_refused, sizeof(parent_conf_refused)},
	{PARENT_LOG_DIR, 0, &parent_log_dir, sizeof(parent_log_dir)},
	{PARENT_CONF_COMMITTED, 7, &parent_conf_committed, sizeof(parent_conf_committed)},
	{PARENT_RESTART, 0, &parent_restart, sizeof(parent_restart)},
	{PARENT_UPGRADE, 0, NULL, 0},
	{PARENT_RUNNER, 0, &parent_runner, sizeof(parent_runner)},
	{PARENT_TOPICS, 0, &parent_topics, sizeof(parent_topics)},
	{PARENT_REOPEN_LOGS, 0, NULL, 0},
	{PARENT_STATUS, 0, &parent_status, sizeof(parent_status)},
	{LAUNCHER_PARENT_CHANNEL, 0, NULL, 0},
	{LAUNCHER_LOG_FILE, 0, NULL, 0},
	{LAUNCHER_STOP, 0, NULL, 0},
	{LAUNCHER_HEARTBEAT, 0, &launcher_heartbeat, sizeof(launcher_heartbeat)},
	{LAUNCHER_TOPICS, 0, &launcher_topics, sizeof(launcher_topics)},
	{LAUNCHER_LOG_STATE, 0, &launcher_log_state, sizeof(launcher_log_state)},
	{CONF_BEGIN, 7, &conf_begin, sizeof(conf_begin)},
	{CONF_COMMIT, 7, &conf_commit, sizeof(conf_commit)},
	{CONF_APPLY, 7, NULL, 0},
	{CONF_ABORT, 7, NULL, 0},
	{CONF_VRRP_GLOBAL, 7, &conf_vrrp_global, sizeof(conf_vrrp_global)},
	{CONF_VRRP_INSTANCE, 7, &conf_vrrp_instance, sizeof(conf_vrrp_instance)},
	{CONF_VRRP_ADDRESS, 7, &conf_vrrp_address, sizeof(conf_vrrp_address)},
	{CONF_VRRP_PEER, 7, &conf_vrrp_peer, sizeof(conf_vrrp_peer)},
	{CONF_VRRP_TRACK_INTERFACE, 7, &conf_vrrp_track_interface,
		sizeof(conf_vrrp_track_interface)},
	{CONF_VRRP_SCRIPT, 7, &conf_vrrp_script, sizeof(conf_vrrp_script)},
	{CONF_VRRP_TRACK_SCRIPT, 7, &conf_vrrp_track_script, sizeof(conf_vrrp_track_script)},
	{CONF_VRRP_TRACKED, 7, &conf_vrrp_tracked, sizeof(conf_vrrp_tracked)},
	{CONF_VRRP_TRACK, 7, &conf_vrrp_track, sizeof(conf_vrrp_track)},
	{CONF_VRRP_GROUP, 7, &conf_vrrp_group, sizeof(conf_vrrp_group)},
	{CONF_VRRP_MEMBER, 7, &conf_vrrp_member, sizeof(conf_vrrp_member)},
	{VRRP_TRACKED_VALUE, 7, &vrrp_tracked_value, sizeof(vrrp_tracked_value)},
	{VRRP_SCRIPT_VERDICT, 7, &vrrp_script_verdict, sizeof(vrrp_script_verdict)},
	{CONF_CHECK_SCRIPT, 7, &conf_check_script, sizeof(conf_check_script)},
	{CONF_CHECK_VIRTUAL, 7, &conf_check_virtual, sizeof(conf_check_virtual)},
	{CONF_CHECK_REAL, 7, &conf_check_real, sizeof(conf_check_real)},
	{CONF_CHECK_CHECKER, 7, &conf_check_checker, sizeof(conf_check_checker)},
	{CONF_CHECK_URL, 7, &conf_check_url, sizeof(conf_check_url)},
	{CONF_CHECK_BYTES, 7, &conf_check_bytes, sizeof(conf_check_bytes)},
	{CHECK_RAN, 7, &check_ran, sizeof(check_ran)},
	{CHECK_SUSPEND, 7, &check_suspend, sizeof(check_suspend)},
	{CHECK_FILE_VALUE, 7, &check_file_value, sizeof(check_file_value)},
	{CHECK_TELL, 7, NULL, 0},
	{CONF_CHECK_MAIL, 7, &conf_check_mail, sizeof(conf_check_mail)},
	{CONF_CHECK_RECIPIENT, 7, &conf_check_recipient, sizeof(conf_check_recipient)},
	{CHECK_MAIL, 7, &check_mail, sizeof(check_mail)},
	{CONF_IPVS_GLOBAL, 7, &conf_ipvs_global, sizeof(conf_ipvs_global)},
	{CONF_IPVS_VIRTUAL, 7, &conf_ipvs_virtual, sizeof(conf_ipvs_virtual)},
	{CONF_IPVS_ENTRY, 7, &conf_ipvs_entry, sizeof(conf_ipvs_entry)},
	{CONF_IPVS_REAL, 7, &conf_ipvs_real, sizeof(conf_ipvs_real)},
	{CONF_IPVS_SORRY, 7, &conf_ipvs_sorry, sizeof(conf_ipvs_sorry)},
	{IPVS_REAL_STATE, 7, &ipvs_real_state, sizeof(ipvs_real_state)},
	{IPVS_VIRTUAL_STATE, 7, &ipvs_virtual_state, sizeof(ipvs_virtual_state)},
	{IPVS_STATES_END, 7, NULL, 0},
	{IPVS_SYNC_ROLE, 7, &ipvs_sync_role, sizeof(ipvs_sync_role)},
	{IPVS_SHOW, 7, &ipvs_show, sizeof(ipvs_show)},
	{CHILD_HELLO, 7, &child_hello, sizeof(child_hello)},
	{CHILD_CONF_ACCEPTED, 7, NULL, 0},
	{CHILD_CONF_REFUSED, 7, &child_conf_refused, sizeof(child_conf_refused)},
	{CHILD_CONF_APPLIED, 7, NULL, 0},
	{PROCESS_HEARTBEAT, 7, &process_heartbeat, sizeof(process_heartbeat)},
	{PROCESS_PROBED, 0, &process_probed, sizeof(process_probed)},
	{PROCESS_BUSY, 0, &process_busy, sizeof(process_busy)},
	{CHECK_RUN, 7, &check_run, sizeof(check_run)},
	{CHECK_VERDICT, 7, &check_verdict, sizeof(check_verdict)},
	{CHECK_REAL_STATE, 7, &check_real_state, sizeof(check_real_state)},
	{CHECK_VIRTUAL_STATE, 7, &check_virtual_state, sizeof(check_virtual_state)},
	{CHECK_CHECKER_STATE, 7, &check_checker_state, sizeof(check_checker_state)},
	{VRRP_CHANGED, 7, &vrrp_changed, sizeof(vrrp_changed)},
	{VRRP_HEARD_LOWER, 7, &vrrp_heard_lower, sizeof(vrrp_heard_lower)},
	{IPVS_SHOWN_SERVICE, 7, &ipvs_shown_service, sizeof(ipvs_shown_service)},
	{IPVS_SHOWN_REAL, 7, &ipvs_shown_real, sizeof(ipvs_shown_real)},
	{IPVS_SHOWN_END, 7, &ipvs_shown_end, sizeof(ipvs_shown_end)},
	{IPVS_TROUBLE, 7, &ipvs_trouble, sizeof(ipvs_trouble)},
	{RUNNER_RUN, 0, &runner_run, sizeof(runner_run)},
	{RUNNER_END, 0, &runner_end, sizeof(runner_end)},
	{RUNNER_FIFO, 0, &runner_fifo, sizeof(runner_fifo)},
	{RUNNER_FIFO_LINE, 0, &runner_fifo_line, sizeof(runner_fifo_line)},
	{RUNNER_DONE, 0, &runner_done, sizeof(runner_done)},
	{RUNNER_FIFO_STATE, 0, &runner_fifo_state, sizeof(runner_fifo_state)},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

#endif
