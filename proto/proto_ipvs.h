/* Messages between parentd and ipvsd. */
#ifndef HOLDFAST_PROTO_IPVS_H
#define HOLDFAST_PROTO_IPVS_H

#include "proto/proto_types.h"

/* ---- configuration items ---- */

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

/* ---- states, of the configuration in the header ---- */

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

#endif
