/* Keywords of global_defs about the load balancer of the kernel. */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/handler.h"
#include "conf/parser.h"

#define AT(field) offsetof(struct conf_global, field)

static const struct conf_keyword keywords_global_ipvs[] = {
	{.name = "lvs_timeouts",
		.words_min = 1,
		.words_max = 6,
		.max = 2678400,
		.handle = conf_take_lvs_timeouts,
		.arguments = "[tcp SECS] [tcpfin SECS] [udp SECS]",
		.standard = "kernel",
		.range = "0..2678400 each; 0 leaves kernel value",
		.meaning = "IPVS connection timeouts"},
	{.name = "lvs_flush",
		.kind = CONF_KIND_FLAG,
		.at = AT(lvs_flush),
		.arguments = "",
		.standard = "off",
		.range = "flag",
		.meaning = "Clear the whole IPVS table at start"},
	{.name = "lvs_flush_on_stop",
		.words_max = 1,
		.handle = conf_take_flush_on_stop,
		.arguments = "[VS]",
		.standard = "off",
		.meaning = "At stop empty whole IPVS table; VS: delete own services without "
			   "deleting servers first"},
	{.name = "lvs_flush_onstop",
		.words_max = 1,
		.handle = conf_take_flush_on_stop,
		.alias = "lvs_flush_on_stop",
		.arguments = "[VS]",
		.standard = "off",
		.meaning = "alias of lvs_flush_on_stop (deprecated)"},
	{.name = "lvs_sync_daemon",
		.words_min = 1,
		.words_max = 13,
		.handle = conf_take_sync_daemon,
		.arguments =
			"IF [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group MCAST]",
		.standard = "id = VRID or 0; rest kernel",
		.range = "id 0..255, maxlen 1..65507, port 1..65535, ttl 1..255",
		.meaning = "IPVS connection sync daemon; role follows INSTANCE"},
	CONF_LATER("lvs_netlink_cmd_rcv_bufs", "BYTES", "kernel", "1..",
		"Receive buffer, checker netlink command socket"),
	CONF_LATER("lvs_netlink_cmd_rcv_bufs_force", "[BOOL]", "off", "BOOL",
		"Exceed system limit for that buffer"),
	CONF_LATER("lvs_netlink_monitor_rcv_bufs", "BYTES", "kernel", "1..",
		"Receive buffer, checker netlink monitor socket"),
	CONF_LATER("lvs_netlink_monitor_rcv_bufs_force", "[BOOL]", "off", "BOOL",
		"Exceed system limit for that buffer"),
	CONF_LATER("nftables_ipvs", "[TABLE]", "keepalived_ipvs", NULL,
		"Table that marks packets for virtual_server_group services"),
	CONF_LATER("nftables_ipvs_priority", "N", "-1", "INT", "Priority of IPVS marking chains"),
	CONF_LATER("nftables_ipvs_start_fwmark", "N", "1000", "1..4294967295",
		"First mark value keepalived may allocate"),
};

const struct conf_block conf_block_global_ipvs = {"global_defs", keywords_global_ipvs,
	sizeof(keywords_global_ipvs) / sizeof(keywords_global_ipvs[0]), NULL};
