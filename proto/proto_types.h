/* What all messages have in common: their limits, types and header, and who the processes are. */
#ifndef HOLDFAST_PROTO_TYPES_H
#define HOLDFAST_PROTO_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_MAGIC   UINT16_C(0x4846) /* "FH" in memory on little endian, HF read as a number */
#define PROTO_VERSION UINT16_C(3)

#define PROTO_NAME_LEN    64  /* instance names, with the NUL */
#define PROTO_IFNAME_LEN  16  /* IFNAMSIZ */
#define PROTO_PROBLEM_LEN 512 /* a configuration's first error, with where it stands */
#define PROTO_REASON_LEN  160 /* sentences for the log and the operator */
#define PROTO_PATH_LEN    1024
#define PROTO_BODY_MAX    1048
#define PROTO_USER_LEN    32  /* names of users, with the NUL */
#define PROTO_OUTPUT_LEN  480 /* the last lines that a script wrote */
#define PROTO_LINE_LEN    240 /* a line for a fifo, with its newline and a NUL */
#define PROTO_FIFOS       3   /* that a runner writes to */
#define PROTO_HOST_LEN    256 /* names of hosts, with the NUL */
#define PROTO_MAIL_LEN    256 /* mail addresses and subjects, with the NUL */

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
	LAUNCHER_ENDED = 0x010f,      /* why a process was replaced so far */
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
	PARENT_TOPICS = 0x020b, /* debug topics of a process */
	PARENT_REOPEN_LOGS = 0x020c,
	PARENT_STATUS = 0x020d, /* how many instances are what */
	/* launcher -> any child */
	LAUNCHER_PARENT_CHANNEL = 0x0301, /* with the child's end of its channel to parentd */
	LAUNCHER_LOG_FILE = 0x0302,       /* with an append-only descriptor; also to parentd */
	LAUNCHER_STOP = 0x0303,           /* give up what you hold, then exit */
	LAUNCHER_HEARTBEAT = 0x0304,      /* also to parentd */
	LAUNCHER_TOPICS = 0x0309,         /* also to parentd */
	LAUNCHER_LOG_STATE = 0x030a,      /* to parentd: where everything is logged, and how much */
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

/* What is known of something that is checked. */
enum proto_verdict { VERDICT_UNKNOWN, VERDICT_DOWN, VERDICT_UP };

#endif
