/* The messages between the processes of the suite; PROTOCOL.md is the specification.
 *
 * One message is one SOCK_SEQPACKET record: a 16-byte header and the fixed-size struct of its type,
 * integers in host order (both ends run on the same host), no pointers, no implicit padding, every
 * byte initialised. Strings are NUL-terminated and NUL-padded within their array. */
#ifndef HOLDFAST_PROTO_H
#define HOLDFAST_PROTO_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_MAGIC   UINT16_C(0x4846) /* "FH" in memory on little endian, HF read as a number */
#define PROTO_VERSION UINT16_C(3)

#define PROTO_NAME_LEN   64  /* instance names, with the NUL */
#define PROTO_IFNAME_LEN 16  /* IFNAMSIZ */
#define PROTO_REASON_LEN 160 /* sentences for the log and the operator */
#define PROTO_PATH_LEN   1024
#define PROTO_BODY_MAX   1048
#define PROTO_USER_LEN   32  /* names of users, with the NUL */
#define PROTO_OUTPUT_LEN 480 /* the last lines that a script wrote */
#define PROTO_LINE_LEN   240 /* a line for a fifo, with its newline and a NUL */
#define PROTO_FIFOS      3   /* that a runner writes to */
#define PROTO_HOST_LEN   256 /* names of hosts, with the NUL */
#define PROTO_MAIL_LEN   256 /* mail addresses and subjects, with the NUL */

enum proto_process {
	PROTO_LAUNCHER = 1, /* "holdfast" */
	PROTO_PARENT = 2,
	PROTO_VRRP = 3,
	PROTO_CHECK = 4,
	PROTO_IPVS = 5,
	PROTO_RUNNER = 6, /* the first of eight slots, each for the scripts of one user */
};
/* vrrpd, checkerd and ipvsd, which have a configuration and a state page */
#define PROTO_DAEMON_END   (PROTO_IPVS + 1)
#define PROTO_RUNNER_FIRST PROTO_RUNNER
#define PROTO_RUNNER_LAST  13
#define PROTO_RUNNERS      (PROTO_RUNNER_LAST - PROTO_RUNNER_FIRST + 1)
#define PROTO_PROCESS_END  14

/* Values are never reused. */
enum proto_type {
	/* launcher -> parentd */
	LAUNCHER_CHILD_STARTED = 0x0101, /* with the parent's end of the child's channel */
	LAUNCHER_CHILD_EXITED = 0x0102,
	LAUNCHER_RELOAD = 0x0103,
	LAUNCHER_STOPPING = 0x0104,
	LAUNCHER_DUMP = 0x0105,
	LAUNCHER_CHILD_PAGE = 0x0106, /* with a read-only descriptor of the child's state page */
	LAUNCHER_UPGRADE = 0x0107,    /* how the upgrade goes that was asked for last */
	/* parentd -> launcher */
	PARENT_CHILD_WANTED = 0x0201,
	PARENT_CHILD_KILL = 0x0202,
	PARENT_CONF_IN_FORCE = 0x0203,
	PARENT_CONF_REFUSED = 0x0204,
	PARENT_LOG_DIR = 0x0205,
	PARENT_CONF_COMMITTED = 0x0206, /* with a sealed memfd that holds its text */
	PARENT_RESTART = 0x0207,
	PARENT_UPGRADE = 0x0208,
	PARENT_RUNNER = 0x020a, /* a runner is wanted, and for whom */
	/* launcher -> any child */
	LAUNCHER_PARENT_CHANNEL = 0x0301, /* with the child's end of its channel to parentd */
	LAUNCHER_LOG_FILE = 0x0302,       /* with an append-only descriptor; also to parentd */
	LAUNCHER_STOP = 0x0303,           /* give up what you hold, then exit */
	LAUNCHER_HEARTBEAT = 0x0304,      /* also to parentd */
	/* parentd -> any child */
	CONF_BEGIN = 0x0402,
	CONF_COMMIT = 0x0403,
	CONF_APPLY = 0x0404,
	CONF_ABORT = 0x0405,
	/* parentd -> vrrpd: the items of a configuration */
	CONF_VRRP_GLOBAL = 0x0411,
	CONF_VRRP_INSTANCE = 0x0412,
	CONF_VRRP_ADDRESS = 0x0413,
	CONF_VRRP_PEER = 0x0414,
	CONF_VRRP_TRACK_INTERFACE = 0x0415,
	CONF_VRRP_SCRIPT = 0x0416,
	CONF_VRRP_TRACK_SCRIPT = 0x0417,
	CONF_VRRP_TRACKED = 0x0418,
	CONF_VRRP_TRACK = 0x0419,
	CONF_VRRP_GROUP = 0x041c,
	CONF_VRRP_MEMBER = 0x041d,
	/* parentd -> vrrpd */
	VRRP_SCRIPT_VERDICT = 0x0421,
	VRRP_TRACKED_VALUE = 0x0422,
	/* parentd -> checkerd: the items of a configuration */
	CONF_CHECK_SCRIPT = 0x0431,
	CONF_CHECK_VIRTUAL = 0x0433,
	CONF_CHECK_REAL = 0x0434,
	CONF_CHECK_CHECKER = 0x0435,
	CONF_CHECK_URL = 0x0436,
	CONF_CHECK_BYTES = 0x0437,
	/* parentd -> checkerd */
	CHECK_RAN = 0x0441,
	CHECK_SUSPEND = 0x0442,
	CHECK_FILE_VALUE = 0x0443,
	CHECK_TELL = 0x0444, /* all states, again */
	/* parentd -> checkerd: the last items of a configuration, and what is to be mailed */
	CONF_CHECK_MAIL = 0x0448,
	CONF_CHECK_RECIPIENT = 0x0449,
	CHECK_MAIL = 0x044a,
	/* parentd -> ipvsd: the items of a configuration */
	CONF_IPVS_GLOBAL = 0x0451,
	CONF_IPVS_VIRTUAL = 0x0452,
	CONF_IPVS_ENTRY = 0x0453,
	CONF_IPVS_REAL = 0x0454,
	CONF_IPVS_SORRY = 0x0455,
	/* parentd -> ipvsd */
	IPVS_REAL_STATE = 0x0461,
	IPVS_VIRTUAL_STATE = 0x0462,
	IPVS_STATES_END = 0x0463, /* all that is known has been told */
	IPVS_SYNC_ROLE = 0x0464,
	IPVS_SHOW = 0x0465,
	/* any child -> parentd */
	CHILD_HELLO = 0x0501,
	CHILD_CONF_ACCEPTED = 0x0503,
	CHILD_CONF_REFUSED = 0x0504,
	CHILD_CONF_APPLIED = 0x0505,
	/* parentd and any child -> launcher */
	PROCESS_HEARTBEAT = 0x0506,
	PROCESS_PROBED = 0x0507,
	PROCESS_BUSY = 0x0508, /* parentd, vrrpd and ipvsd */
	/* checkerd -> parentd */
	CHECK_RUN = 0x0521,
	CHECK_VERDICT = 0x0522,
	CHECK_REAL_STATE = 0x0523,
	CHECK_VIRTUAL_STATE = 0x0524,
	CHECK_CHECKER_STATE = 0x0525,
	/* vrrpd -> parentd */
	VRRP_CHANGED = 0x0531,
	VRRP_HEARD_LOWER = 0x0532,
	/* ipvsd -> parentd */
	IPVS_SHOWN_SERVICE = 0x0541,
	IPVS_SHOWN_REAL = 0x0542,
	IPVS_SHOWN_END = 0x0543,
	IPVS_TROUBLE = 0x0544,
	/* parentd -> runner */
	RUNNER_RUN = 0x0601,
	RUNNER_END = 0x0602,
	RUNNER_FIFO = 0x0603,
	RUNNER_FIFO_LINE = 0x0604,
	/* runner -> parentd */
	RUNNER_DONE = 0x0611,
	RUNNER_FIFO_STATE = 0x0612,
};

struct proto_header {
	uint16_t magic;
	uint16_t version;
	uint16_t type;
	uint16_t length;     /* of the body, exactly what the type demands */
	uint32_t generation; /* of the configuration the message belongs to; 0 when it belongs to
				none */
	uint32_t sequence;   /* counts the sender's messages on this channel, from 1 */
};

/* An IPv4 or IPv6 address in network order; family 0 means none. */
struct proto_addr {
	uint8_t family; /* AF_INET, AF_INET6 or 0 */
	uint8_t reserved[3];
	uint8_t bytes[16]; /* IPv4 in the first four */
};

/* ---- launcher <-> parentd ---- */

struct launcher_child_started {
	uint32_t process; /* enum proto_process */
	int32_t pid;
	uint32_t restarts; /* how often this process was replaced since the launcher started */
	uint32_t adopted;  /* 1: it was running already, parentd is the new one */
	uint64_t started_ns;
};

struct launcher_child_exited {
	uint32_t process;
	int32_t pid;
	uint32_t restart_ms; /* the launcher starts a new one after this time */
};

struct launcher_child_page {
	uint32_t process;
};

struct launcher_dump {
	uint32_t what; /* 1 data (USR1), 2 statistics (USR2) */
};

struct parent_child_wanted {
	uint32_t process;
	uint32_t wanted; /* 0: stop it cleanly and do not start it again, 1: keep it running */
};

struct parent_child_kill {
	uint32_t process;
	int32_t pid; /* nothing happens when another one runs by now */
	char reason[PROTO_REASON_LEN];
};

struct parent_conf_refused {
	uint32_t exit_status; /* at start: what the launcher exits with */
	uint32_t at_start;
};

struct parent_log_dir {
	char path[PROTO_PATH_LEN]; /* directory for <process>.log; empty: no log files */
};

/* The configuration of the header's generation is the one from now on. Whoever replaces parentd
 * gets the descriptor and falls back on it when the file cannot be used any more. */
struct parent_conf_committed {
	uint32_t length;        /* of the text, in bytes */
	uint32_t advert_int_us; /* the shortest in use, for the heartbeats; 0: none */
};

struct parent_restart {
	uint32_t process; /* PROTO_LAUNCHER: it executes its own program again */
};

/* Slot process is to run scripts as this user; one that does so as another is stopped first.
 * PARENT_CHILD_WANTED with wanted 0 ends it. */
struct parent_runner {
	uint32_t process; /* PROTO_RUNNER_FIRST … PROTO_RUNNER_LAST */
	uint32_t uid;
	uint32_t gid;
	uint32_t reserved;
	char user[PROTO_USER_LEN];
};

enum upgrade_state { UPGRADE_NONE, UPGRADE_RUNNING, UPGRADE_DONE, UPGRADE_REFUSED };

struct launcher_upgrade_report {
	uint32_t state; /* enum upgrade_state */
	uint32_t count; /* how many ended since the launcher started */
	char reason[PROTO_REASON_LEN];
};

/* ---- launcher <-> any process ---- */

struct proto_heartbeat {  /* LAUNCHER_HEARTBEAT and its answer PROCESS_HEARTBEAT */
	uint64_t sent_ns; /* the sender's clock; the answer repeats it */
};

/* It reads files, or has many addresses to look after, and may be late with its answers. */
struct process_busy {
	uint32_t busy; /* 1: from now on, 0: no longer */
};

/* What a program that was started only to be tried says; its header says the version of the
 * protocol. */
struct process_probed {
	uint32_t state_page_version;
	char version[28]; /* of Holdfast */
};

/* ---- parentd <-> child ---- */

struct conf_begin {
	uint32_t items; /* number of item messages until CONF_COMMIT */
};

struct conf_commit {
	uint32_t items;
	uint32_t checksum; /* proto_checksum over the bodies of all items in order, seeded with 0 */
};

struct child_hello {
	int32_t pid;
	uint32_t resumed; /* number of records taken from the state page */
};

struct child_conf_refused {
	char reason[PROTO_REASON_LEN];
};

/* ---- parentd <-> runner ---- */

struct runner_run {
	uint64_t run;        /* names it; parentd uses no number again while it may be under way */
	uint64_t queue;      /* those of one queue run one after the other; 0: at once */
	uint32_t timeout_ms; /* 0: none */
	uint16_t words;      /* strings in line */
	uint16_t secure;     /* 1: root executes nothing that others could change */
	char line[PROTO_PATH_LEN]; /* argv: one string behind the other, zero behind the last */
};

struct runner_end {
	uint64_t run;
};

enum runner_outcome {
	RAN_EXITED,
	RAN_SIGNALED,
	RAN_TIMED_OUT,   /* status as it ended then: the signal, or 0 */
	RAN_NOT_STARTED, /* it cannot be executed: status is an errno */
	RAN_NOT_RUN, /* nobody knows how it would have ended: too many, an end while it waited or
		      * with its runner (status 0), or what this host lacked for a moment (an errno)
		      */
};

struct runner_done {
	uint64_t run;
	uint64_t duration_us;
	uint32_t outcome;              /* enum runner_outcome */
	int32_t status;                /* exit status, signal or errno */
	char output[PROTO_OUTPUT_LEN]; /* printable ASCII and newlines */
};

enum runner_fifo_order {
	FIFO_USE = 1,  /* make it unless it is there, and open it */
	FIFO_DROP = 2, /* close it, and remove it when it was made here */
};

struct runner_fifo {
	uint32_t fifo; /* 0 … PROTO_FIFOS - 1 */
	uint32_t order;
	uint32_t made; /* 1: by this runner or one before it, not by the operator */
	uint32_t reserved;
	char path[PROTO_PATH_LEN];
};

struct runner_fifo_line {
	uint64_t number; /* counted from 1 for each fifo and parentd */
	uint32_t fifo;
	uint32_t reserved;
	char line[PROTO_LINE_LEN]; /* written without the NUL */
};

enum runner_fifo_problem {
	FIFO_FINE,
	FIFO_NOT_MADE,   /* error says why */
	FIFO_NOT_OPENED, /* error says why */
	FIFO_IS_NONE,    /* something else has this name */
	FIFO_NOT_OURS,   /* it belongs to another user */
};

/* After every order, and when something has changed. */
struct runner_fifo_state {
	uint64_t written; /* number of the last line that is in the pipe; 0: none */
	uint64_t lost;    /* lines of this parentd that no reader made room for in time */
	uint32_t fifo;
	uint32_t made;
	uint32_t problem; /* enum runner_fifo_problem */
	int32_t error;
};

/* ---- vrrpd -> parentd ---- */

/* Look at the state page. */
struct vrrp_changed {
	uint64_t number;  /* of the newest change in its history; 0: none yet */
	uint32_t records; /* 1: a record has another priority, or other reasons of its FAULT */
	uint32_t reserved;
};

/* A MASTER heard an advertisement with a lower priority. At most once a second for an instance. */
struct vrrp_heard_lower {
	char instance[PROTO_NAME_LEN];
	struct proto_addr source;
	uint32_t priority; /* ours, effective */
	uint32_t heard;
};

/* ---- configuration items for vrrpd ---- */

struct conf_vrrp_global {
	uint32_t startup_delay_ms; /* vrrp_startup_delay */
	uint32_t garp_interval_us; /* least gap between two gratuitous ARPs on one interface, 0 none
				    */
	uint32_t gna_interval_us;
};

enum conf_vrrp_flags {
	CONF_VRRP_NOPREEMPT = 1 << 0,
	CONF_VRRP_UNICAST = 1 << 1, /* has peers: no multicast */
	CONF_VRRP_DONT_TRACK_PRIMARY = 1 << 2,
	CONF_VRRP_CHECK_UNICAST_SRC = 1 << 3,
	CONF_VRRP_SKIP_CHECK_ADV_ADDR = 1 << 4,
	CONF_VRRP_LOWER_PRIO_NO_ADVERT = 1 << 5,
	CONF_VRRP_HIGHER_PRIO_SEND_ADVERT = 1 << 6,
	CONF_VRRP_STRICT = 1 << 7,
	CONF_VRRP_CHECKSUM_AS_V2 = 1 << 8, /* v3 without pseudo header */
	CONF_VRRP_TRACK_SRC_IP = 1 << 9,
};

struct conf_vrrp_instance {
	char name[PROTO_NAME_LEN];
	char ifname[PROTO_IFNAME_LEN]; /* empty: unicast without an interface */
	uint32_t flags;
	uint8_t family; /* AF_INET */
	uint8_t vrid;
	uint8_t priority;
	uint8_t version;        /* 2 or 3 */
	uint16_t advert_int_cs; /* v2: a multiple of 100 */
	uint8_t auth_type;      /* 0 none, 1 PASS (RFC 2338 §5.3.6) */
	uint8_t unicast_ttl;
	uint8_t auth_data[8];
	uint32_t preempt_delay_ms;
	uint16_t down_timer_adverts;
	uint16_t tracked_things; /* number of CONF_VRRP_TRACK */
	uint32_t garp_delay_ms;
	uint32_t garp_repeat;
	uint32_t garp_refresh_ms; /* 0: no refresh */
	uint32_t garp_refresh_repeat;
	uint32_t garp_lower_prio_delay_ms;
	uint32_t garp_lower_prio_repeat;
	struct proto_addr
		source;          /* mcast_src_ip, unicast_src_ip; family 0: the interface's first */
	struct proto_addr group; /* multicast destination */
	/* numbers of the items that follow for this instance, which children verify */
	uint16_t addresses;
	uint16_t peers;
	uint16_t tracked_interfaces;
	uint16_t tracked_scripts;
};

enum conf_vrrp_address_flags {
	CONF_ADDRESS_EXCLUDED = 1 << 0, /* held, not advertised */
	CONF_ADDRESS_NO_TRACK = 1 << 1,
};

/* Items follow their instance directly, in the order of the configuration file. */
struct conf_vrrp_address {
	uint32_t instance; /* index of the instance, from 0 in order of sending */
	uint32_t flags;
	char ifname[PROTO_IFNAME_LEN]; /* dev; never empty */
	char label[PROTO_IFNAME_LEN];  /* empty: none */
	struct proto_addr address;
	struct proto_addr broadcast; /* family 0: none */
	uint8_t prefixlen;
	uint8_t scope; /* rtnetlink's RT_SCOPE_… */
	uint8_t reserved[2];
};

struct conf_vrrp_peer {
	uint32_t instance;
	struct proto_addr address;
	uint8_t min_ttl; /* 0: not checked */
	uint8_t max_ttl; /* 255: not checked */
	uint8_t reserved[2];
};

struct conf_vrrp_track_interface {
	uint32_t instance;
	char ifname[PROTO_IFNAME_LEN];
	int16_t weight; /* 0: its loss is FAULT */
	uint8_t reverse;
	uint8_t reserved;
};

/* What is known of something that is checked. */
enum proto_verdict { VERDICT_UNKNOWN, VERDICT_DOWN, VERDICT_UP };

/* All scripts come before the first instance; they are numbered from 0 in the order of sending. */
struct conf_vrrp_script {
	char name[PROTO_NAME_LEN];
	uint32_t verdict; /* enum proto_verdict, as it was when this was sent */
};

struct conf_vrrp_track_script {
	uint32_t instance;
	uint32_t script;
	int16_t weight; /* 0: FAULT while it fails */
	uint8_t reverse;
	uint8_t reserved;
};

enum proto_tracked { TRACKED_FILE = 1, TRACKED_PROCESS };

/* A file or a kind of process that instances track. All come before the first instance; they are
 * numbered from 0 in the order of sending. */
struct conf_vrrp_tracked {
	char name[PROTO_NAME_LEN];
	uint32_t kind; /* enum proto_tracked */
	uint32_t reserved;
	int64_t value; /* as it was when this was sent; as in vrrp_tracked_value */
};

struct conf_vrrp_track {
	uint32_t instance;
	uint32_t tracked;
	int16_t weight; /* of a file: what its value is multiplied by; 0: FAULT */
	uint8_t reverse;
	uint8_t reserved;
};

/* A sync group: instances that change their states together. Groups come behind the last instance,
 * numbered from 0 in the order of sending, each followed by its members. */
struct conf_vrrp_group {
	char name[PROTO_NAME_LEN];
	uint32_t members; /* number of CONF_VRRP_MEMBER */
};

struct conf_vrrp_member {
	uint32_t group;
	uint32_t instance; /* in no other group */
};

/* ---- configuration items for checkerd ---- */

/* Numbered as for vrrpd. Its command line is none of checkerd's business. */
struct conf_check_script {
	char name[PROTO_NAME_LEN];
	uint64_t interval_us; /* from start to start */
	uint64_t timeout_us;
	uint32_t rise;
	uint32_t fall;
	uint32_t init_fail;
	uint32_t reserved;
};

enum conf_check_virtual_flags {
	CHECK_VIRTUAL_ALPHA = 1 << 0, /* without quorum until its servers are found up */
	CHECK_VIRTUAL_OMEGA = 1 << 1,
	CHECK_VIRTUAL_SORRY = 1 << 2,      /* has a sorry server */
	CHECK_VIRTUAL_HA_SUSPEND = 1 << 3, /* suspended until CHECK_SUSPEND says otherwise */
};

/* A virtual server; its real servers follow it directly. Numbered from 0 in the order of sending,
 * as are real servers and checkers. */
struct conf_check_virtual {
	char name[PROTO_NAME_LEN]; /* "[10.0.0.1]:tcp:80", "FWM 5", or that of the group */
	uint32_t quorum;           /* never more than the weights of its servers add up to */
	uint32_t hysteresis;       /* less than quorum, or 0 */
	uint32_t flags;
	uint32_t servers;
};

enum conf_check_real_flags {
	CHECK_REAL_ALPHA = 1 << 0,   /* down until found up */
	CHECK_REAL_INHIBIT = 1 << 1, /* down is weight 0 */
};

struct conf_check_real {
	char name[PROTO_NAME_LEN]; /* "[10.0.0.2]:tcp:80"; the same in several virtual servers */
	uint32_t virtual_server;
	uint32_t weight;
	uint32_t flags;
	uint32_t checkers;
};

enum check_type {
	CHECK_TCP = 1,
	CHECK_HTTP,
	CHECK_SSL,
	CHECK_SMTP,
	CHECK_DNS,
	CHECK_UDP,
	CHECK_PING,
	CHECK_MISC,
	CHECK_FILE,
};

enum conf_check_checker_flags {
	CHECKER_ALPHA = 1 << 0, /* down until found up */
	CHECKER_LOG_ALL_FAILURES = 1 << 1,
	CHECKER_SNI = 1 << 2,           /* SSL: the host of the url as server name */
	CHECKER_FAST_RECOVERY = 1 << 3, /* the urls one directly after the other */
	CHECKER_TLS_COMPLIANT = 1 << 4, /* close_notify before closing */
	CHECKER_HTTP_1_1 = 1 << 5,      /* else 1.0 */
	CHECKER_HTTP_CLOSE = 1 << 6,    /* 1.0 with "Connection: close" */
	CHECKER_MISC_DYNAMIC = 1 << 7,  /* the exit status says a weight */
	CHECKER_REQUIRE_REPLY = 1 << 8, /* UDP */
	CHECKER_VERIFY = 1 << 9,        /* SSL: the server's certificate */
};

struct conf_check_checker {
	uint32_t real;
	uint32_t type; /* enum check_type */
	uint32_t flags;
	uint32_t retry; /* attempts after a failed one before it counts */
	uint64_t delay_loop_us;
	uint64_t delay_before_retry_us;
	uint64_t warmup_us;  /* bound of a random delay of the first attempt */
	uint64_t timeout_us; /* to connect, and of every further step; MISC: of the command */
	struct proto_addr address;
	struct proto_addr bindto; /* family 0: the kernel's choice */
	uint16_t port;            /* 0: none (PING, MISC, FILE) */
	uint16_t bind_port;
	uint32_t fwmark;
	char ifname[PROTO_IFNAME_LEN];
	uint32_t command; /* MISC: number for CHECK_RUN, FILE: of the track_file */
	int32_t weight;   /* FILE */
	uint32_t same_as; /* number of the checker, not behind this one, whose attempts and verdict
			     are this one's too; its own: none */
	uint16_t dns_type;
	uint16_t min_reply, max_reply; /* UDP */
	uint16_t urls;                 /* number of CONF_CHECK_URL that follow */
	uint16_t bytes;                /* number of CONF_CHECK_BYTES, those of urls included */
	uint16_t reserved;
	char text[PROTO_HOST_LEN]; /* SMTP: helo name, DNS: name; MISC, FILE: what command is known
				      by */
};

enum conf_check_url_flags {
	URL_DIGEST = 1 << 0,
	URL_REGEX = 1 << 1, /* the CONF_CHECK_BYTES that follows directly */
	URL_REGEX_NO_MATCH = 1 << 2,
	URL_TLS_COMPLIANT = 1 << 3,
};
#define CHECK_STATUS_FIRST 100 /* the code of bit 0 in conf_check_url.status */
#define CHECK_STATUS_LAST  599

struct conf_check_url {
	uint32_t checker;
	uint32_t flags;
	uint8_t digest[16];     /* MD5 */
	uint8_t status[64];     /* bit i % 8 of byte i / 8: code i + 100 is accepted */
	uint32_t regex_options; /* PCRE2_… of pcre2_compile() */
	uint32_t regex_min;     /* offsets where a match may begin */
	uint32_t regex_max;     /* UINT32_MAX: no bound */
	uint32_t regex_stack_start, regex_stack_max; /* 0: PCRE2's own */
	char path[512];
	char host[PROTO_HOST_LEN]; /* empty: address and port */
};

enum check_bytes {
	BYTES_PAYLOAD = 1, /* UDP: to be sent; without it a filler of 32 bytes */
	BYTES_REPLY,       /* UDP: what a reply begins with */
	BYTES_REPLY_MASK,  /* UDP: which bits of it count, of the same length */
	BYTES_REGEX,       /* of the url before it, not terminated */
};

struct conf_check_bytes {
	uint32_t checker;
	uint32_t what; /* enum check_bytes */
	uint32_t length;
	uint8_t bytes[1024]; /* zero behind length */
};

/* ---- mail ---- */

/* Where alerts go; at most one of a configuration. The recipients follow. */
struct conf_check_mail {
	char server[PROTO_HOST_LEN]; /* its name; empty: address has it */
	struct proto_addr address;
	uint16_t port;
	uint16_t reserved;
	uint64_t timeout_us; /* of every step */
	char helo[PROTO_HOST_LEN];
	char from[PROTO_MAIL_LEN];
	uint32_t recipients;
	uint32_t reserved2;
};

struct conf_check_recipient {
	char address[PROTO_MAIL_LEN];
};

struct check_mail {
	int64_t wall_s; /* its date */
	char subject[PROTO_MAIL_LEN];
	char text[768]; /* UTF-8, lines end with a newline */
};

/* ---- configuration items for ipvsd ---- */

#define IPVS_WORD_LEN   16                   /* names of schedulers and engines, with the NUL */
#define IPVS_RANGE_MAX  UINT32_C(65536)      /* services of one entry */
#define IPVS_WEIGHT_MAX UINT32_C(0x7fffffff) /* what the kernel takes */

enum conf_ipvs_global_flags {
	IPVS_FLUSH = 1 << 0,            /* the whole table, at the first start */
	IPVS_FLUSH_ON_STOP = 1 << 1,    /* the whole table */
	IPVS_FLUSH_ON_STOP_VS = 1 << 2, /* services without their real servers first */
	IPVS_KEEP_ON_STOP = 1 << 3,     /* everything stays */
	IPVS_SYNC_DAEMON = 1 << 4,      /* the fields sync_… say which */
};

/* Exactly one, the first item. */
struct conf_ipvs_global {
	uint32_t flags;
	uint32_t timeout_tcp_s; /* of connections; 0: the kernel's */
	uint32_t timeout_tcpfin_s;
	uint32_t timeout_udp_s;
	uint32_t sync_id;     /* 0 … 255; 0: all are listened to */
	uint16_t sync_maxlen; /* bytes of a datagram; 0: the kernel's, as in the next two */
	uint16_t sync_port;
	uint8_t sync_ttl;
	uint8_t reserved[3];
	struct proto_addr sync_group; /* multicast; family 0: the kernel's */
	char sync_ifname[PROTO_IFNAME_LEN];
	char sync_instance[PROTO_NAME_LEN]; /* whose MASTER is the daemon's; empty: master and
					       backup, always */
};

enum conf_ipvs_virtual_flags {
	IPVS_VIRTUAL_PERSISTENT = 1 << 0,
	IPVS_VIRTUAL_ONE_PACKET = 1 << 1,
	IPVS_VIRTUAL_SCHED_1 = 1 << 2, /* what they mean depends on the scheduler */
	IPVS_VIRTUAL_SCHED_2 = 1 << 3,
	IPVS_VIRTUAL_SCHED_3 = 1 << 4,
	IPVS_VIRTUAL_BEGINS_UP = 1 << 5, /* has its quorum until something else is told */
	IPVS_VIRTUAL_SORRY = 1 << 6,     /* one CONF_IPVS_SORRY follows its entries */
};

/* A virtual server; its entries, its sorry server and its real servers follow in this order.
 * Virtual servers and real servers are numbered as those of checkerd. */
struct conf_ipvs_virtual {
	char name[PROTO_NAME_LEN]; /* as in conf_check_virtual */
	char scheduler[IPVS_WORD_LEN];
	char engine[IPVS_WORD_LEN]; /* of persistence; empty: none */
	uint32_t flags;
	uint32_t persistence_s; /* 0 without IPVS_VIRTUAL_PERSISTENT */
	uint32_t netmask;       /* of persistence, for IPv4 entries, in network order */
	uint32_t prefix;        /* the same for IPv6 entries: 1 … 128 */
	uint16_t protocol;      /* IPPROTO_…; means nothing to entries with a mark */
	uint16_t reserved;
	uint32_t entries;
	uint32_t reals;
};

/* A service of the virtual server before it, or several with consecutive addresses. */
struct conf_ipvs_entry {
	uint32_t virtual_server;
	struct proto_addr first; /* with a mark: the family alone */
	uint32_t count;          /* of addresses; 1 with a mark */
	uint32_t fwmark;         /* 0: by address */
	uint16_t port;           /* 0: all */
	uint16_t reserved;
};

enum conf_ipvs_real_flags {
	IPVS_REAL_INHIBIT = 1 << 0,   /* down is weight 0 */
	IPVS_REAL_BEGINS_UP = 1 << 1, /* until something else is told */
	IPVS_REAL_UNCHECKED = 1 << 2, /* nothing else will ever be told */
};

/* A real server; as CONF_IPVS_SORRY a sorry server, which has no number. */
struct conf_ipvs_real {
	char name[PROTO_NAME_LEN]; /* as in conf_check_real */
	uint32_t virtual_server;
	struct proto_addr address;
	uint16_t port;        /* 0: that of the connection. NAT alone can have one: with other
				 ways of forwarding a service's real servers have its port */
	uint16_t tunnel_port; /* of GUE, else 0 */
	uint32_t forwarding;  /* IP_VS_CONN_F_MASQ, _TUNNEL, _DROUTE */
	uint32_t weight;      /* as configured */
	uint32_t upper;       /* threshold of connections; 0: none */
	uint32_t lower;
	uint16_t tunnel_type;  /* IP_VS_CONN_F_TUNNEL_TYPE_… */
	uint16_t tunnel_flags; /* IP_VS_TUNNEL_ENCAP_FLAG_… */
	uint32_t flags;
};

/* ---- verdicts and runs, of the configuration in the header ---- */

struct vrrp_script_verdict {
	uint32_t script;
	uint32_t verdict;
};

struct vrrp_tracked_value {
	uint32_t tracked;
	uint32_t kind; /* enum proto_tracked */
	int64_t value; /* of a file: its number; of processes: enum proto_verdict */
};

/* checkerd wants a script to be run. */
struct check_run {
	uint32_t script;
	uint32_t run; /* comes back with the result */
};

enum check_result { CHECK_GOOD = 1, CHECK_BAD, CHECK_UNKNOWN };

struct check_ran {
	uint32_t script;
	uint32_t run;
	uint32_t result; /* enum check_result */
	int32_t status;  /* exit status; -1: it did not exit */
};

struct check_verdict {
	uint32_t script;
	uint32_t verdict;
};

/* ---- real and virtual servers, of the configuration in the header ---- */

/* ha_suspend: the address of the virtual server has come to this host, or left it. */
struct check_suspend {
	uint32_t virtual_server;
	uint32_t suspended;
};

/* The number in a track_file that a FILE_CHECK looks at, when it changed and behind CONF_APPLY. */
struct check_file_value {
	uint32_t file;
	uint32_t known; /* 0: it cannot be read, or has no number in it */
	int64_t value;
};

/* Why a state is told. */
enum check_news {
	NEWS_CHANGED = 1, /* it was another one before */
	NEWS_FIRST,       /* what something new in the configuration begins with */
	NEWS_REPEATED,    /* it was told before, be it by a predecessor: another configuration */
};

struct check_real_state {
	uint32_t real;
	uint32_t up;
	uint32_t news; /* enum check_news */
	uint32_t reserved;
	int64_t weight; /* in force: 0 when down with inhibit_on_failure */
	char reason[PROTO_REASON_LEN];
};

struct check_virtual_state {
	uint32_t virtual_server;
	uint32_t quorum_up;
	uint32_t news;
	uint32_t reserved;
	uint64_t weight_up; /* sum of what is up */
	char reason[PROTO_REASON_LEN];
};

/* Told when verdict or result changed, and with another configuration. */
struct check_checker_state {
	uint32_t checker;
	uint32_t verdict;              /* enum proto_verdict */
	uint64_t latency_us;           /* of the last attempt */
	char result[PROTO_REASON_LEN]; /* empty: not tried yet */
};

/* ---- for ipvsd, of the configuration in the header ---- */

struct ipvs_real_state {
	uint32_t real;
	uint32_t up;
	uint32_t weight; /* in force */
	char reason[PROTO_REASON_LEN];
};

struct ipvs_virtual_state {
	uint32_t virtual_server;
	uint32_t quorum_up;
	char reason[PROTO_REASON_LEN];
};

/* Of the sync daemon. */
struct ipvs_sync_role {
	uint32_t master; /* 0: backup */
};

/* ---- what the kernel has, for the operator ---- */

#define IPVS_PROBLEM_LEN 240        /* a sentence that says what to do, with the NUL */
#define IPVS_NONE        UINT32_MAX /* instead of the number of a server */
#define IPVS_SHOW_ROWS   512

/* A question. The answer is rows, numbered from 0: each service and, behind it, its real servers,
 * those too that are configured and neither wanted nor there because they are down. They are asked
 * for some at a time. */
struct ipvs_show {
	uint32_t question;       /* comes back with the answer */
	uint32_t virtual_server; /* IPVS_NONE: all, and what is not Holdfast's */
	uint32_t from;           /* the first row; 0: all begins anew */
	uint32_t rows;           /* 1 … IPVS_SHOW_ROWS */
};

enum ipvs_shown_flags {
	IPVS_SHOWN_WANTED = 1 << 0,
	IPVS_SHOWN_ACTUAL = 1 << 1, /* the kernel has it */
	IPVS_SHOWN_OWNED = 1 << 2,  /* neither wanted nor owned: foreign */
	IPVS_SHOWN_HELD = 1 << 3,   /* left as it is until its state is told */
	IPVS_SHOWN_SORRY = 1 << 4,  /* a sorry server */
};

/* Zero where the kernel has none. */
struct ipvs_shown_counters {
	uint64_t connections;
	uint64_t packets_in, packets_out;
	uint64_t bytes_in, bytes_out;
	uint64_t connections_s; /* rates */
	uint64_t packets_in_s, packets_out_s;
	uint64_t bytes_in_s, bytes_out_s;
};

/* As in struct ipvs_service; all zero: not wanted, or not there. */
struct ipvs_shown_service_values {
	uint32_t flags;
	uint32_t timeout_s;
	uint32_t netmask;
	char scheduler[IPVS_WORD_LEN];
	char engine[IPVS_WORD_LEN];
};

struct ipvs_shown_service {
	struct ipvs_shown_counters counters;
	uint32_t question;
	uint32_t flags;          /* enum ipvs_shown_flags */
	uint32_t virtual_server; /* IPVS_NONE: of none that is configured */
	uint32_t fwmark;         /* 0: known by its address */
	struct proto_addr address;
	uint16_t protocol;
	uint16_t port;
	struct ipvs_shown_service_values wanted, actual;
	char problem[IPVS_PROBLEM_LEN]; /* why the kernel has not what is wanted, and what to do */
};

/* As in struct ipvs_dest. */
struct ipvs_shown_real_values {
	uint32_t forwarding;
	uint32_t weight;
	uint32_t upper, lower;
	uint16_t tunnel_type, tunnel_port, tunnel_flags;
	uint16_t reserved;
};

/* Of the service in the row before it that is one. */
struct ipvs_shown_real {
	struct ipvs_shown_counters counters;
	uint32_t question;
	uint32_t flags;
	uint32_t real; /* IPVS_NONE: none that is configured, or a sorry server */
	uint32_t active, inactive, persistent; /* connections */
	struct proto_addr address;
	uint16_t port;
	uint16_t reserved;
	struct ipvs_shown_real_values wanted, actual;
	char problem[IPVS_PROBLEM_LEN];
};

enum ipvs_shown_sync {
	IPVS_SYNC_MASTER = 1 << 0,
	IPVS_SYNC_BACKUP = 1 << 1,
};

/* The end of some rows. */
struct ipvs_shown_end {
	uint32_t question;
	uint32_t next;                  /* the row to go on with; 0: there are no more */
	uint32_t sync_wanted;           /* enum ipvs_shown_sync; 0: no daemon */
	uint32_t sync_actual;           /* as the kernel has it */
	char problem[IPVS_PROBLEM_LEN]; /* why there is nothing to show, or not all; empty: fine */
};

enum ipvs_trouble_kind {
	IPVS_TROUBLE_KERNEL = 1, /* nothing at all can be set up */
	IPVS_TROUBLE_TIMEOUTS,
	IPVS_TROUBLE_SYNC,
	IPVS_TROUBLE_VIRTUAL, /* a virtual server is not, or not wholly, as it is wanted */
};

/* What ipvsd cannot do, when it changes, and all of it behind IPVS_STATES_END. */
struct ipvs_trouble {
	uint32_t kind;                 /* enum ipvs_trouble_kind */
	uint32_t virtual_server;       /* IPVS_NONE unless that is what it is about */
	char reason[IPVS_PROBLEM_LEN]; /* and what to do; empty: it is over */
};

/* ---- the table ---- */

/* When a message may come. A channel is CHANNEL_OPEN from its start; between CONF_BEGIN and its
 * CONF_COMMIT or CONF_ABORT it is CHANNEL_CONF. */
enum proto_state {
	PROTO_STATE_OPEN = 1 << 0,
	PROTO_STATE_CONF = 1 << 1,
	PROTO_STATE_COMMITTED = 1 << 2, /* committed, neither applied nor aborted yet */
	PROTO_STATE_ANY = 7,
};

struct proto_rule {
	uint16_t type;
	uint16_t size;    /* of the body, exact */
	uint16_t senders; /* bits 1 << enum proto_process */
	uint16_t receivers;
	uint32_t states;     /* enum proto_state of the channel, seen from the receiver */
	uint32_t carries_fd; /* 1: exactly one descriptor, 0: none */
	const char *name;
};

/* The row of a type, or NULL for a type that does not exist. */
const struct proto_rule *proto_rule_find(uint16_t type);

/* Name of a message type; "unknown" when it has none. */
const char *proto_type_name(uint16_t type);

/* "holdfast", "parentd", "vrrpd", "checkerd", "ipvsd", "runner" (all slots); NULL for anything
 * else. By name: the first runner. */
const char *proto_process_name(enum proto_process process);
int proto_process_by_name(const char *name, enum proto_process *process);

/* Fills a header for a message of this type. The type must exist. */
void proto_header_make(
	struct proto_header *header, enum proto_type type, uint32_t generation, uint32_t sequence);

/* Judges one received record: size, magic, version, type, direction, exact length, state, presence
 * of a descriptor, sequence (exactly expected), and that every string inside is terminated and
 * every reserved field zero. Returns NULL when legal, else a static text saying what is wrong. On
 * success *header is a copy of the header and *body points behind it in record. */
const char *proto_check(const void *record, size_t length, enum proto_process sender,
	enum proto_process receiver, enum proto_state state, uint32_t expected_sequence, int has_fd,
	struct proto_header *header, const void **body);

/* The channel's next state after a legal message. */
enum proto_state proto_state_next(enum proto_state state, uint16_t type);

/* CRC-32C of data, continuing from seed (0 at first). */
uint32_t proto_checksum(uint32_t seed, const void *data, size_t length);

/* Copies text into a fixed array, cutting at its size, zero-filling the rest. */
void proto_string_set(char *array, size_t size, const char *text);

#endif
