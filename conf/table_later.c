/* Blocks of keepalived that are known, so that they can be named, but not implemented yet. */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/handler.h"
#include "conf/parser.h"

static const struct conf_keyword keywords_track_group[] = {
	CONF_LATER("group", "{ INSTANCE… }", NULL, NULL, "Member instances"),
};

const struct conf_block conf_block_track_group = {"track_group", keywords_track_group,
	sizeof(keywords_track_group) / sizeof(keywords_track_group[0]), NULL};

static const struct conf_keyword keywords_garp_group[] = {
	CONF_LATER("garp_interval", "SECS", "0", "0..; 6 places",
		"Shared ARP gap for these interfaces"),
	CONF_LATER("gna_interval", "SECS", "0", "0..; 6 places", "Shared neighbour-advert gap"),
	CONF_LATER("interface", "IF", NULL, NULL, "One member interface"),
	CONF_LATER(
		"interfaces", "{ IF… }", NULL, NULL, "Several member interfaces sharing the gap"),
};

const struct conf_block conf_block_garp_group = {"garp_group", keywords_garp_group,
	sizeof(keywords_garp_group) / sizeof(keywords_garp_group[0]), NULL};

static const struct conf_keyword keywords_bfd[] = {
	CONF_LATER("neighbor_ip", "IP", "none", "mandatory", "Remote address"),
	{.name = "neighbour_ip",
		.status = CONF_NOT_YET,
		.alias = "neighbor_ip",
		.arguments = "IP",
		.meaning = "alias of neighbor_ip"},
	CONF_LATER("source_ip", "IP", "kernel", NULL, "Local address"),
	CONF_LATER("min_rx", "MILLISECONDS", "10", "1..4294967; >10000 warned",
		"Smallest receive interval supported"),
	CONF_LATER("min_tx", "MILLISECONDS", "10", "1..4294967; >10000 warned",
		"Smallest send interval wanted"),
	CONF_LATER("idle_tx", "MILLISECONDS", "1000", "1000..4294967; >10000 warned",
		"Send interval while down"),
	CONF_LATER("multiplier", "N", "5", "1..255; >10 warned", "Missed packets before down"),
	CONF_LATER("passive", "", "off", "flag", "Wait for peer to start"),
	CONF_LATER("ttl", "N", "255 IPv4, 64 IPv6", "1..255", "TTL or hop limit sent"),
	{.name = "hoplimit",
		.status = CONF_NOT_YET,
		.alias = "ttl",
		.arguments = "N",
		.standard = "64 (IPv6)",
		.range = "1..255",
		.meaning = "alias of ttl"},
	CONF_LATER("max_hops", "N", "0", "-1..255", "Hops tolerated on receive; -1 no check"),
	CONF_LATER("multihop", "[BOOL]", "off (port 3784)", "BOOL; on = port 4784",
		"Multihop session"),
	CONF_LATER("weight", "N [reverse]", "0", "-253..253", "Default weight for VRRP trackers"),
	CONF_LATER(
		"vrrp", "", "both", "flag", "Inform VRRP process only, unless checker also given"),
	CONF_LATER("checker", "", "both", "flag",
		"Inform checker process only, unless vrrp also given"),
};

const struct conf_block conf_block_bfd = {
	"bfd_instance", keywords_bfd, sizeof(keywords_bfd) / sizeof(keywords_bfd[0]), NULL};

static const struct conf_keyword keywords_ssl[] = {
	CONF_LATER("password", "STRING", "none", NULL, "Key password"),
	CONF_LATER("ca", "FILE", "none", NULL, "CA certificates"),
	CONF_LATER("certificate", "FILE", "none", NULL, "Client certificate"),
	CONF_LATER("key", "FILE", "none", NULL, "Client key"),
};

const struct conf_block conf_block_ssl = {
	"SSL", keywords_ssl, sizeof(keywords_ssl) / sizeof(keywords_ssl[0]), NULL};
