/* Messages between parentd and checkerd. */
#ifndef HOLDFAST_PROTO_CHECK_H
#define HOLDFAST_PROTO_CHECK_H

#include "proto/proto_types.h"

/* ---- configuration items ---- */

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

/* ---- verdicts and runs, of the configuration in the header ---- */

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
	uint32_t verdict;    /* enum proto_verdict */
	uint64_t latency_us; /* of the last attempt */
	uint32_t record;     /* in the state page, of it or of the checker that it follows;
				UINT32_MAX: none */
	uint32_t reserved;
	char result[PROTO_REASON_LEN]; /* empty: not tried yet */
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

#endif
