/* The configuration language of keepalived.conf: text in, model and findings out.
 *
 * Three layers: lexer and keyword tables build the model as written (conf_parse), defaults and
 * inheritance complete it (conf_default), and validation judges it without touching the system
 * (conf_validate). Everything that was found is a conf_report line with file, line and column. */
#ifndef HOLDFAST_CONF_H
#define HOLDFAST_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

#include "proto/proto.h"

/* Where something stands in a file; file is NULL for what was not written anywhere. The texts are
 * owned by the configuration. */
struct conf_place {
	const char *file;
	const char *text; /* the line, without its newline */
	unsigned line;    /* from 1 */
	unsigned column;  /* from 1, in characters of the line as an editor counts them */
	unsigned order;   /* counts the lines of all files in the order of reading */
};

enum conf_severity { CONF_NOTE, CONF_WARNING, CONF_ERROR };

struct conf_finding {
	TAILQ_ENTRY(conf_finding) entry;
	enum conf_severity severity;
	struct conf_place place;
	char *text;
};
TAILQ_HEAD(conf_findings, conf_finding);

/* A list of words (mail addresses). */
struct conf_word {
	TAILQ_ENTRY(conf_word) entry;
	struct conf_place place;
	char *text;
};
TAILQ_HEAD(conf_words, conf_word);

/* A command line: scripts are kept for the process that will run them. */
struct conf_command {
	struct conf_place place;
	char *line; /* as written, unquoted; NULL: not given */
	char *user;
	char *group;
};

struct conf_address {
	TAILQ_ENTRY(conf_address) entry;
	struct conf_place place;
	struct proto_addr address;
	uint8_t prefixlen;
	bool prefix_given;
	uint8_t scope; /* RT_SCOPE_… */
	bool excluded;
	bool no_track;
	char ifname[PROTO_IFNAME_LEN]; /* after conf_default never empty, unless the instance has
					  none */
	char label[PROTO_IFNAME_LEN];
	struct proto_addr broadcast; /* family 0: none */
};
TAILQ_HEAD(conf_addresses, conf_address);

struct conf_peer {
	TAILQ_ENTRY(conf_peer) entry;
	struct conf_place place;
	struct proto_addr address;
	uint8_t min_ttl;
	uint8_t max_ttl;
	bool ttl_given;
};
TAILQ_HEAD(conf_peers, conf_peer);

/* Entries of track_interface, track_script, track_file and track_process. */
enum conf_track_kind {
	CONF_TRACK_INTERFACE,
	CONF_TRACK_SCRIPT,
	CONF_TRACK_FILE,
	CONF_TRACK_PROCESS,
};

struct conf_track {
	TAILQ_ENTRY(conf_track) entry;
	struct conf_place place;
	enum conf_track_kind kind;
	char *name;
	bool weight_given;
	int weight;
	bool reverse_given;
	bool reverse;
	bool of_group; /* not written here: its sync group has it, for all its members */
};
TAILQ_HEAD(conf_tracks, conf_track);

struct conf_script {
	TAILQ_ENTRY(conf_script) entry;
	struct conf_place place;
	char *name;
	struct conf_command script;
	uint64_t interval_us;
	uint64_t timeout_us; /* UINT64_MAX: not given */
	int weight;
	bool reverse;
	unsigned rise;
	unsigned fall;
	bool init_fail;
	bool tracked; /* by an instance, once validated; what nobody tracks is not run */
};
TAILQ_HEAD(conf_scripts, conf_script);

/* track_file: the number in a file. parentd and checkerd number them all in the order of conf. */
struct conf_track_file {
	TAILQ_ENTRY(conf_track_file) entry;
	struct conf_place place, file_place;
	char *name;
	char *file; /* NULL: not given */
	int weight;
	bool reverse;
	bool init;           /* init_file: it is made when it is not there */
	bool init_overwrite; /* and when it is */
	int64_t init_value;
	bool tracked; /* by an instance or a FILE_CHECK, once validated */
};
TAILQ_HEAD(conf_track_files, conf_track_file);

/* How the command line of a process is compared. */
enum conf_match {
	CONF_MATCH_NAME,    /* its name alone */
	CONF_MATCH_EXACT,   /* all parameters, and no more than these */
	CONF_MATCH_PARTIAL, /* these, and what there may be behind them */
	CONF_MATCH_INITIAL, /* the same, and the last may be longer */
};

/* vrrp_track_process: how many processes of a kind there are. */
struct conf_track_process {
	TAILQ_ENTRY(conf_track_process) entry;
	struct conf_place place, process_place, quorum_max_place;
	char *name;
	char *process;         /* NULL: not given */
	char *params;          /* each with its NUL, one behind the other */
	size_t params_length;  /* in bytes, with all NULs */
	enum conf_match match; /* of the parameters */
	bool match_given;      /* param_match */
	bool full_command;
	int weight;
	bool reverse;
	uint32_t quorum;     /* CONF_UNSET_U32: not given */
	uint32_t quorum_max; /* CONF_UNSET_U32: no limit */
	uint64_t terminate_delay_us, fork_delay_us;
	bool tracked; /* by an instance, once validated */
};
TAILQ_HEAD(conf_track_processes, conf_track_process);

enum conf_tristate { CONF_UNSET = -1, CONF_OFF = 0, CONF_ON = 1 };
#define CONF_UNSET_U32 UINT32_MAX

struct conf_instance {
	TAILQ_ENTRY(conf_instance) entry;
	struct conf_place place;
	char *name;
	/* where the keywords stand, for what is said later; file NULL: not given */
	struct conf_place state_place, priority_place, nopreempt_place, preempt_delay_place,
		advert_int_place, source_place, unicast_src_place, auth_place, auth_pass_place,
		vrid_place, interface_place, strict_place, peers_place, accept_place, version_place,
		mcast_dst_place, addresses_place;
	bool state_given, state_master;
	char ifname[PROTO_IFNAME_LEN];
	unsigned vrid;          /* 0: not given */
	unsigned priority;      /* 0: not given; 1..255 once loaded */
	uint64_t advert_int_us; /* 0: not given */
	unsigned version;       /* 0: not given */
	bool nopreempt;
	uint64_t preempt_delay_us;
	uint8_t auth_type; /* 0 none, 1 PASS, 2 AH (refused) */
	uint8_t auth_data[8];
	bool auth_pass_given;
	struct conf_addresses addresses; /* virtual_ipaddress and _excluded, in file order */
	bool no_virtual_ipaddress;
	struct proto_addr source;
	struct proto_addr mcast_dst;
	bool unicast; /* unicast_peer block present and not empty */
	struct conf_peers peers;
	struct conf_tracks track_scripts;
	struct conf_tracks track_interfaces;
	struct conf_tracks track_files;
	struct conf_tracks track_processes;
	bool dont_track_primary, track_src_ip, check_unicast_src, native_ipv6, no_accept, min_garp;
	uint8_t family;       /* AF_INET or AF_INET6 once loaded */
	uint32_t unicast_ttl; /* CONF_UNSET_U32: not given */
	uint32_t garp_delay_s, garp_repeat, garp_refresh_s, garp_refresh_repeat,
		garp_lower_prio_delay_s, garp_lower_prio_repeat; /* CONF_UNSET_U32: not given */
	unsigned down_timer_adverts;                             /* 0: not given */
	enum conf_tristate strict, skip_check_adv_addr, checksum_as_v2, accept,
		lower_prio_no_advert, higher_prio_send_advert;
	enum conf_tristate smtp_alert; /* as written: conf/mail.h knows the rest */
	struct conf_place smtp_alert_place;
	struct conf_command notify, notify_master, notify_backup, notify_fault, notify_stop,
		notify_deleted, notify_master_rx_lower_pri;
	bool notify_deleted_given; /* DELETED is told rather than FAULT, command or not */
	enum conf_tristate notify_priority_changes;
	const struct conf_group *group; /* that it is a member of, once validated; or NULL */
	/* Set when this version cannot run the instance (IPv6, AH): it is skipped, with a warning.
	 */
	bool not_implemented;
};
TAILQ_HEAD(conf_instances, conf_instance);

/* A member of a sync group. */
struct conf_member {
	TAILQ_ENTRY(conf_member) entry;
	struct conf_place place;
	char *name;
	struct conf_instance *instance; /* once validated; NULL: there is none */
};
TAILQ_HEAD(conf_members, conf_member);

/* vrrp_sync_group: instances that change their states together. */
struct conf_group {
	TAILQ_ENTRY(conf_group) entry;
	struct conf_place place;
	char *name;
	struct conf_members members;
	/* Once validated, the members' own lists have a copy of each entry. */
	struct conf_tracks track_scripts;
	struct conf_tracks track_interfaces;
	struct conf_tracks track_files;
	struct conf_tracks track_processes;
	bool tracking_weight; /* sync_group_tracking_weight: the members keep their own weights */
	enum conf_tristate smtp_alert, notify_priority_changes;
	struct conf_command notify, notify_master, notify_backup, notify_fault, notify_stop;
};
TAILQ_HEAD(conf_groups, conf_group);

/* ---- virtual servers, real servers and their checkers ---- */

/* Values that checkers inherit: checker <- real server <- virtual server <- the checker's own.
 * Once loaded those of a checker are all given. */
struct conf_schedule {
	uint64_t delay_loop_us, delay_before_retry_us, warmup_us,
		connect_timeout_us; /* UINT64_MAX: not given */
	uint32_t retry;             /* CONF_UNSET_U32: not given */
};

enum conf_checker_type {
	CONF_TCP_CHECK,
	CONF_HTTP_GET,
	CONF_SSL_GET,
	CONF_SMTP_CHECK,
	CONF_MISC_CHECK,
	CONF_PING_CHECK,
	CONF_UDP_CHECK,
	CONF_DNS_CHECK,
	CONF_FILE_CHECK,
	CONF_CHECKER_TYPES,
};

/* A url of HTTP_GET or SSL_GET. */
struct conf_url {
	TAILQ_ENTRY(conf_url) entry;
	struct conf_place place, path_place, regex_place, regex_max_place;
	char *path;
	char *virtualhost;
	bool digest_given;
	uint8_t digest[16];
	bool status_given;
	uint8_t status[64]; /* as in struct conf_check_url */
	char *regex;
	bool regex_no_match;
	uint32_t regex_options; /* PCRE2_… */
	uint32_t regex_min, regex_max, regex_stack_start, regex_stack_max;
	enum conf_tristate tls_compliant;
};
TAILQ_HEAD(conf_urls, conf_url);

#define CONF_BYTES_MAX 1024 /* of a payload or reply of UDP_CHECK */

struct conf_bytes {
	size_t length;
	uint8_t bytes[CONF_BYTES_MAX];
	uint8_t mask[CONF_BYTES_MAX]; /* of a reply: bits that count */
};

struct conf_checker;
TAILQ_HEAD(conf_checkers, conf_checker);

struct conf_checker {
	TAILQ_ENTRY(conf_checker) entry;
	struct conf_place place, bindto_place, bind_port_place, fwmark_place, sni_place,
		track_file_place, text_place;
	enum conf_checker_type type;
	struct conf_schedule schedule;
	enum conf_tristate alpha, log_all_failures;
	struct proto_addr connect_ip;
	unsigned connect_port;
	struct proto_addr bindto;
	unsigned bind_port;
	char bind_if[PROTO_IFNAME_LEN];
	uint32_t fwmark;
	/* HTTP_GET, SSL_GET */
	struct conf_urls urls;
	char *virtualhost;
	bool http_1_1, http_close, sni, fast_recovery, tls_compliant, verify;
	char *text;                 /* SMTP_CHECK: helo_name, DNS_CHECK: name */
	struct conf_checkers hosts; /* SMTP_CHECK: host blocks; once loaded checkers themselves */
	unsigned dns_type;
	/* UDP_CHECK */
	struct conf_bytes *payload, *reply; /* NULL: none */
	bool require_reply;
	unsigned min_reply, max_reply;
	/* MISC_CHECK */
	struct conf_command command;
	uint64_t misc_timeout_us; /* UINT64_MAX: not given */
	bool misc_dynamic;
	/* FILE_CHECK */
	char *track_file;
	bool weight_given, reverse;
	int weight;
};

enum conf_forwarding { CONF_FORWARD_NAT, CONF_FORWARD_DR, CONF_FORWARD_TUN };
/* Both in the kernel's order. */
enum conf_tunnel { CONF_TUNNEL_IPIP, CONF_TUNNEL_GUE, CONF_TUNNEL_GRE };
enum conf_tunnel_checksum { CONF_TUNNEL_NOCSUM, CONF_TUNNEL_CSUM, CONF_TUNNEL_REMCSUM };

/* How a packet gets to a real server. */
struct conf_method {
	bool given;
	struct conf_place place;
	enum conf_forwarding forwarding;
	enum conf_tunnel tunnel; /* the rest is 0 unless CONF_FORWARD_TUN */
	enum conf_tunnel_checksum checksum;
	unsigned port; /* of CONF_TUNNEL_GUE */
};

struct conf_real_server {
	TAILQ_ENTRY(conf_real_server) entry;
	struct conf_place place, uthreshold_place, lthreshold_place;
	struct proto_addr address;
	unsigned port;
	uint32_t weight; /* CONF_UNSET_U32: not given */
	struct conf_method method;
	uint32_t uthreshold, lthreshold; /* of connections; 0: none */
	enum conf_tristate inhibit, alpha, smtp_alert;
	struct conf_command notify_up, notify_down;
	char *virtualhost;
	struct conf_schedule schedule;
	struct conf_checkers checkers;
};
TAILQ_HEAD(conf_real_servers, conf_real_server);

struct conf_sorry_server {
	struct proto_addr address; /* family 0: none */
	unsigned port;
	struct conf_method method;
	bool inhibit;
	struct conf_place inhibit_place;
};

/* Addresses that are served, or a mark: a line of virtual_server_group, or what a virtual server
 * itself says. */
struct conf_group_entry {
	TAILQ_ENTRY(conf_group_entry) entry;
	struct conf_place place;
	struct proto_addr first, last; /* family 0: by mark */
	unsigned port;                 /* 0: any */
	uint32_t fwmark;
	uint8_t family; /* of the mark's real servers; 0: not given */
	bool again;     /* it has a service in common with an earlier one */
};
TAILQ_HEAD(conf_group_entries, conf_group_entry);

/* What lb_algo is told beside its name. */
enum conf_scheduler_option {
	CONF_FLAG_1,
	CONF_FLAG_2,
	CONF_FLAG_3,
	CONF_SH_FALLBACK,
	CONF_SH_PORT,
	CONF_MH_FALLBACK,
	CONF_MH_PORT,
	CONF_HASHED, /* means nothing */
	CONF_SCHEDULER_OPTIONS,
};

#define CONF_PERSISTENCE_S 360 /* when it is not said how long */

struct conf_persistence {
	uint32_t timeout_s; /* 0: off */
	bool netmask_given, prefix_given;
	uint32_t netmask; /* IPv4, in network order */
	uint32_t prefix;  /* IPv6 */
	char *engine;     /* NULL: none */
	struct conf_place netmask_place, prefix_place, engine_place;
};

struct conf_virtual_server {
	TAILQ_ENTRY(conf_virtual_server) entry;
	struct conf_place place, quorum_place, hysteresis_place, ha_suspend_place, sorry_place,
		group_place, scheduler_place, family_place, ops_place;
	struct proto_addr address; /* family 0: by fwmark or group */
	unsigned port;
	uint32_t fwmark;
	char *group;
	uint8_t family;                     /* ip_family; 0: not given */
	struct conf_group_entries own;      /* address and port, or fwmark, as an entry */
	struct conf_group_entries *entries; /* own or the group's, once validated */
	char *scheduler;                    /* as lb_algo names it */
	bool scheduler_given, protocol_given;
	bool options[CONF_SCHEDULER_OPTIONS];
	struct conf_place options_place[CONF_SCHEDULER_OPTIONS];
	bool ops;
	struct conf_method method;
	unsigned protocol; /* IPPROTO_TCP …; 0: not given */
	struct conf_persistence persistence;
	bool again;      /* it has a service in common with an earlier one */
	uint32_t weight; /* of real servers that give none */
	uint32_t quorum, hysteresis;
	bool inhibit, alpha, omega, ha_suspend;
	enum conf_tristate smtp_alert;
	struct conf_sorry_server sorry;
	struct conf_command quorum_up, quorum_down;
	char *virtualhost;
	struct conf_schedule schedule;
	struct conf_real_servers real_servers;
};
TAILQ_HEAD(conf_virtual_servers, conf_virtual_server);

struct conf_server_group {
	TAILQ_ENTRY(conf_server_group) entry;
	struct conf_place place;
	char *name;
	bool used;
	struct conf_group_entries entries;
};
TAILQ_HEAD(conf_server_groups, conf_server_group);

/* The name of a virtual server, "[10.0.0.1]:tcp:80", "FWM 5" or that of its group, and of a real
 * server within one. Returns buf. */
const char *conf_service_name(const struct conf_virtual_server *server, char buf[PROTO_NAME_LEN]);
const char *conf_real_name(const struct conf_virtual_server *server,
	const struct conf_real_server *real, char buf[PROTO_NAME_LEN]);
/* The family that an entry of a virtual server is of: that of its address, or of its mark, where
 * nobody says it that of the group's addresses, else of the real servers. */
uint8_t conf_entry_family(
	const struct conf_virtual_server *server, const struct conf_group_entry *entry);
/* Number of its addresses; 1 for a mark. UINT64_MAX: as many or more. */
uint64_t conf_entry_count(const struct conf_group_entry *entry);
/* "TCP_CHECK" … */
const char *conf_checker_name(enum conf_checker_type type);

/* A named pipe that state lines are written to. */
struct conf_fifo {
	struct conf_command path;   /* its line is the path; line NULL: not given */
	struct conf_command reader; /* started with the path behind its words */
};

/* The fifos of global_defs, by what is told there. */
enum conf_fifo_kind { CONF_FIFO_VRRP, CONF_FIFO_LVS, CONF_FIFO_ALL, CONF_FIFOS };

/* lvs_sync_daemon: what the kernel tells the other node about its connections. */
struct conf_sync_daemon {
	bool given;
	struct conf_place place, instance_place;
	char ifname[PROTO_IFNAME_LEN];
	char *instance;             /* whose state it follows; NULL: it has both roles */
	uint32_t id;                /* CONF_UNSET_U32: not given */
	unsigned maxlen, port, ttl; /* 0: the kernel's */
	struct proto_addr group;
};

enum conf_flush { CONF_FLUSH_NO, CONF_FLUSH_ALL, CONF_FLUSH_SERVICES };

struct conf_global {
	char *router_id;
	char *notification_email_from;
	char *smtp_server;
	unsigned smtp_port;
	uint32_t smtp_connect_timeout_s;
	char *smtp_helo_name;
	struct conf_place from_place, smtp_server_place, smtp_helo_place;
	struct conf_place smtp_alert_place; /* of the last of the next three */
	enum conf_tristate smtp_alert, smtp_alert_vrrp, smtp_alert_checker;
	bool no_email_faults, no_checker_emails;
	struct conf_words notification_emails;
	bool skip_check_adv_addr, strict, check_unicast_src, checksum_as_v2, lower_prio_no_advert,
		higher_prio_send_advert, min_garp;
	struct conf_place strict_place, script_user_place;
	uint64_t garp_interval_us, gna_interval_us;
	char *script_user, *script_group;
	bool enable_script_security;
	bool log_all_failures, rs_init_notifies, share_identical;
	char *log_file; /* seed-world keyword: file or directory for one log per process */
	enum conf_tristate log_stdout, log_syslog, debug_netlink, debug_mcast;
	struct proto_addr mcast_group4;
	unsigned vrrp_version;
	uint32_t garp_delay_s, garp_repeat, garp_refresh_s, garp_refresh_repeat,
		garp_lower_prio_delay_s, garp_lower_prio_repeat;
	unsigned down_timer_adverts;
	uint64_t startup_delay_us;
	struct conf_fifo fifos[CONF_FIFOS];
	bool notify_priority_changes, fifo_states_on_reload;
	bool dynamic_interfaces;
	char default_interface[PROTO_IFNAME_LEN];
	uint32_t timeout_tcp_s, timeout_tcpfin_s, timeout_udp_s; /* of IPVS; 0: the kernel's */
	bool lvs_flush;
	enum conf_flush lvs_flush_on_stop;
	struct conf_sync_daemon sync_daemon;
};

struct conf {
	const char *name; /* of the main file */
	struct conf_global global;
	struct conf_scripts scripts;
	struct conf_track_files track_files;
	struct conf_track_processes track_processes;
	struct conf_instances instances;
	struct conf_groups groups;
	struct conf_virtual_servers virtual_servers;
	struct conf_server_groups server_groups;
	struct conf_findings findings;
	unsigned errors;
	unsigned warnings;
	unsigned ignored;         /* keywords of keepalived that this version does not act on */
	bool unreadable;          /* a file could not be opened (exit status 4) */
	unsigned security_errors; /* among errors: about script security (exit status 6) */
	bool lenient; /* errors were reported as warnings and what they concern was left out */
	/* everything above lives here: model, findings, file names and lines */
	struct conf_arena *arena;
};

struct conf_options {
	bool lenient;          /* keepalived's way: report, skip the line or the block, go on */
	const char *config_id; /* for @ID lines; NULL: host name up to the first dot */
};

/* A local network, for judging addresses; from the host where there is one, or none. */
struct conf_subnet {
	char ifname[PROTO_IFNAME_LEN];
	struct proto_addr address;
	uint8_t prefixlen;
};

struct conf_host {
	bool known; /* false: nothing is said about interfaces and subnets */
	size_t subnets_count;
	const struct conf_subnet *subnets;
};

/* Reads FILE with everything it includes, completes and judges it. Never returns NULL and never
 * exits (except when memory is out); look at conf->errors. host may be NULL. The caller frees with
 * conf_free(). */
struct conf *conf_load(
	const char *file, const struct conf_options *options, const struct conf_host *host);

/* The same from memory (tests, fuzzing); name is used in findings; include is refused. */
struct conf *conf_load_text(const char *name, const char *text, size_t length,
	const struct conf_options *options, const struct conf_host *host);

void conf_free(struct conf *conf);

/* All findings as compilers print them, then one summary line
 * ("2 errors, 1 warning, 3 keywords ignored"). color: caret and severity in colour. */
void conf_report(const struct conf *conf, FILE *out, bool color);

/* Findings alone, without a summary (conf_compare). */
void conf_findings_print(const struct conf_findings *findings, FILE *out, bool color);
void conf_findings_free(struct conf_findings *findings);

/* Judges the configurations of all nodes together: what only shows side by side, such as equal
 * priorities or a weight smaller than the gap to the other node. Appends to findings, which the
 * caller initialised (TAILQ_INIT) and releases with conf_findings_free(); their places belong to
 * the nodes. Returns the number of errors. */
unsigned conf_compare(
	const struct conf *const *nodes, size_t count, struct conf_findings *findings);

/* Exit status of a test: 0 (warnings allowed), 4 unreadable, 5 errors, 6 script security. */
int conf_exit_status(const struct conf *conf);

/* The model in a canonical text form (golden files, dumps): keyword and value a line, every
 * default written out, that conf_load accepts again with the same result. */
void conf_print(const struct conf *conf, FILE *out);

/* Does this configuration need the process? */
bool conf_needs(const struct conf *conf, enum proto_process process);

/* Fills buf with the addresses of this host's interfaces (getifaddrs). Returns the number, at most
 * max; 0 on failure. */
size_t conf_host_subnets(struct conf_subnet *buf, size_t max);

#endif
