/* The language's parts: places, ranges of every row, leniency, limits, what goes to the children.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/items.h"
#include "conf/keyword.h"
#include "conf/value.h"

static const struct conf_options strictly = {.config_id = "test"};
static const struct conf_options leniently = {.config_id = "test", .lenient = true};

static struct conf *load(const char *text, const struct conf_options *options)
{
	return conf_load_text("text", text, strlen(text), options, NULL);
}

/* The first finding that contains words, or NULL. */
static const struct conf_finding *finding_with(const struct conf *conf, const char *words)
{
	const struct conf_finding *finding;
	TAILQ_FOREACH(finding, &conf->findings, entry)
	if (strstr(finding->text, words) != NULL)
		return finding;
	return NULL;
}

/* Its line; 0 when there is none. */
static unsigned line_of(const struct conf *conf, const char *words)
{
	const struct conf_finding *finding = finding_with(conf, words);
	return finding != NULL ? finding->place.line : 0;
}

#define ONE                                                                                        \
	"vrrp_instance one {\n"                                                                    \
	"interface eth0\n"                                                                         \
	"virtual_router_id 5\n"                                                                    \
	"virtual_ipaddress {\n"                                                                    \
	"10.1.0.5/24\n"                                                                            \
	"}\n"

static void test_columns(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		unsigned column;
	} cases[] = {
		{"nonsense", 1, 1},
		{"\n\n \t nonsense # comment", 3, 4},
		{"\xef\xbb\xbfnonsense", 1, 1},
		{"# \xe7\xbd\x91\n\"\xe7\xbd\x91\xe5\x85\xb3\" {\n}", 2, 1},
		{"global_defs { \xe7\xbd\x91\xe5\x85\xb3 }", 1, 15},
		{"global_defs { vrrp_version \"\xe7\xbd\x91\" \xe5\x85\xb3 }", 1, 28},
		{"$A=vrrp_version 9\r\nglobal_defs {\r\n  $A\r\n}", 3, 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *conf = load(cases[i].text, &strictly);
		const struct conf_finding *first = TAILQ_FIRST(&conf->findings);
		assert_non_null(first);
		assert_int_equal(first->place.line, cases[i].line);
		assert_int_equal(first->place.column, cases[i].column);
		assert_string_equal(first->place.file, "text");
		conf_free(conf);
	}
}

static void test_edit_distance(void **state)
{
	(void)state;
	assert_int_equal(conf_edit_distance("", ""), 0);
	assert_int_equal(conf_edit_distance("priority", "priority"), 0);
	assert_int_equal(conf_edit_distance("priorty", "priority"), 1);
	assert_int_equal(conf_edit_distance("priorityy", "priority"), 1);
	assert_int_equal(conf_edit_distance("prioritx", "priority"), 1);
	assert_int_equal(conf_edit_distance("pirority", "priority"), 1);
	assert_int_equal(conf_edit_distance("", "abc"), 3);
	assert_int_equal(conf_edit_distance("abc", ""), 3);
	assert_string_equal(
		conf_keyword_nearest(&conf_block_root, "vrrp_instanse"), "vrrp_instance");
	assert_string_equal(conf_keyword_nearest(&conf_block_root, "VRRP_SCRIPT"), "vrrp_script");
	assert_null(conf_keyword_nearest(&conf_block_root, "zebra"));
}

/* Every row has what people need; a row that is supported says where its value goes. */
static void check_rows(const struct conf_block *block)
{
	for (const struct conf_block *part = block; part != NULL; part = part->also) {
		for (size_t i = 0; i < part->count; i++) {
			const struct conf_keyword *row = &part->keywords[i];
			assert_non_null(row->arguments);
			assert_true(row->meaning != NULL && row->meaning[0] != '\0');
			assert_ptr_equal(conf_keyword_find(block, row->name), row);
			if (row->kind == CONF_KIND_UNSIGNED || row->kind == CONF_KIND_U32 ||
				row->kind == CONF_KIND_SECONDS)
				assert_true(row->max > row->min);
			if (row->block != NULL)
				check_rows(row->block);
		}
	}
}

static void test_rows(void **state)
{
	(void)state;
	check_rows(&conf_block_root);
}

/* Is `keyword value` refused for its range, within the blocks that prefix opens? */
static bool refused(const char *prefix, unsigned depth, const char *keyword, const char *value)
{
	char text[1024];
	int used = snprintf(text, sizeof(text), "%s%s %s\n", prefix, keyword, value);
	for (unsigned i = 0; i < depth; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "}\n");
	struct conf *conf = load(text, &strictly);
	char words[128];
	snprintf(words, sizeof(words), "'%s' must be", keyword);
	bool found = finding_with(conf, words) != NULL;
	snprintf(words, sizeof(words), "'%s'", keyword);
	const struct conf_finding *other = finding_with(conf, words);
	if (!found && other != NULL && strstr(other->text, "is not a") != NULL)
		fail_msg("%s", other->text);
	conf_free(conf);
	return found;
}

static void check_range(const char *prefix, unsigned depth, const struct conf_keyword *row)
{
	char word[VALUE_SECONDS_LEN];
	bool seconds = row->kind == CONF_KIND_SECONDS;
	const struct {
		int64_t value;
		bool refused;
	} cases[] = {
		{row->min, false}, {row->max, false}, {row->min - 1, true}, {row->max + 1, true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].value < 0)
			continue;
		if (seconds)
			value_seconds_text((uint64_t)cases[i].value, word);
		else
			snprintf(word, sizeof(word), "%lld", (long long)cases[i].value);
		if (refused(prefix, depth, row->name, word) != cases[i].refused)
			fail_msg("%s %s should%s be refused", row->name, word,
				cases[i].refused ? "" : " not");
	}
}

/* Tries the ranges of all rows of a block and of the blocks within it; returns how many. */
static unsigned check_ranges(const struct conf_block *block, const char *prefix, unsigned depth)
{
	static const struct {
		const char *name;
		const char *arguments;
	} openers[] = {{"vrrp_instance", "x"}, {"vrrp_script", "x"}, {"track_file", "x"},
		{"vrrp_track_file", "x"}, {"vrrp_track_process", "x"},
		{"virtual_server", "192.0.2.1 80"}, {"real_server", "192.0.2.2 80"}};
	unsigned count = 0;
	for (const struct conf_block *part = block; part != NULL; part = part->also) {
		for (size_t i = 0; i < part->count; i++) {
			const struct conf_keyword *row = &part->keywords[i];
			if (row->status == CONF_NOT_YET)
				continue;
			if (row->kind == CONF_KIND_UNSIGNED || row->kind == CONF_KIND_U32 ||
				row->kind == CONF_KIND_SECONDS) {
				check_range(prefix, depth, row);
				count++;
			}
			if (row->block == NULL)
				continue;
			const char *arguments = "";
			for (size_t j = 0; j < sizeof(openers) / sizeof(openers[0]); j++)
				if (strcmp(openers[j].name, row->name) == 0)
					arguments = openers[j].arguments;
			char inner[512];
			int length = snprintf(
				inner, sizeof(inner), "%s%s %s {\n", prefix, row->name, arguments);
			assert_true(length > 0 && (size_t)length < sizeof(inner));
			count += check_ranges(row->block, inner, depth + 1);
		}
	}
	return count;
}

static void test_ranges(void **state)
{
	(void)state;
	assert_true(check_ranges(&conf_block_root, "", 0) > 50);
}

static void test_values(void **state)
{
	uint64_t microseconds;
	int64_t number;
	struct proto_addr address;
	uint8_t prefixlen;
	bool given;
	(void)state;
	assert_null(value_seconds("0.0000005", &microseconds));
	assert_int_equal(microseconds, 1);
	assert_null(value_seconds("4294.967295", &microseconds));
	assert_int_equal(microseconds, 4294967295);
	assert_null(value_seconds(".5", &microseconds));
	assert_int_equal(microseconds, 500000);
	assert_non_null(value_seconds(".", &microseconds));
	assert_non_null(value_seconds("1.2.3", &microseconds));
	assert_non_null(value_seconds("99999999999999999999", &microseconds));
	assert_non_null(value_number("9223372036854775808", &number));
	assert_non_null(value_number("0x10", &number));
	assert_non_null(value_number("-", &number));
	assert_non_null(value_number("", &number));
	assert_null(value_prefix("10.0.0.1/255.255.128.0", &address, &prefixlen, &given));
	assert_int_equal(prefixlen, 17);
	assert_non_null(value_prefix("10.0.0.1/255.0.255.0", &address, &prefixlen, &given));
	assert_non_null(value_prefix("10.0.0.1/", &address, &prefixlen, &given));
	assert_null(value_prefix("2001:db8::1", &address, &prefixlen, &given));
	assert_true(prefixlen == 128 && !given);
}

/* keepalived's way: what is wrong is said and left out, the rest is used. */
static void test_lenient(void **state)
{
	static const char text[] = "nonsense here\n"
				   "frobnicate {\n"
				   "vrrp_instance hidden {\n"
				   "}\n"
				   "}\n" ONE "priority 300\n"
				   "advert_int 0.4\n"
				   "}\n"
				   "vrrp_instance same {\n"
				   "interface eth0\n"
				   "virtual_router_id 5\n"
				   "virtual_ipaddress {\n"
				   "10.1.0.6/24\n"
				   "}\n"
				   "}\n"
				   "vrrp_instance lost {\n"
				   "interface eth0\n"
				   "}\n";
	(void)state;
	struct conf *conf = load(text, &strictly);
	assert_int_equal(conf_exit_status(conf), 5);
	assert_true(conf->errors >= 6);
	conf_free(conf);
	conf = load(text, &leniently);
	assert_int_equal(conf_exit_status(conf), 0);
	assert_int_equal(conf->errors, 0);
	assert_true(conf->warnings >= 6);
	const struct conf_instance *one = TAILQ_FIRST(&conf->instances);
	assert_string_equal(one->name, "one");
	assert_int_equal(one->priority, 100);
	assert_int_equal(one->advert_int_us, 1000000);
	assert_null(TAILQ_NEXT(one, entry));
	conf_free(conf);
}

static void test_unreadable(void **state)
{
	(void)state;
	struct conf *conf = conf_load("/nonexistent/file.conf", &strictly, NULL);
	assert_int_equal(conf_exit_status(conf), 4);
	conf_free(conf);
	conf = conf_load("/nonexistent/file.conf", &leniently, NULL);
	assert_int_equal(conf_exit_status(conf), 4);
	conf_free(conf);
	conf = load("include /etc/passwd\n", &strictly);
	assert_non_null(finding_with(conf, "'include' is not possible here"));
	conf_free(conf);
}

static void test_limits(void **state)
{
	char line[1100];
	(void)state;
	memset(line, 'x', sizeof(line));
	line[1023] = '\0';
	struct conf *conf = load(line, &strictly);
	assert_null(finding_with(conf, "more than 1023"));
	conf_free(conf);
	memcpy(line, "#", 1);
	line[1023] = 'x';
	line[1024] = '\0';
	conf = load(line, &strictly);
	assert_non_null(finding_with(conf, "more than 1023"));
	conf_free(conf);
	conf = conf_load_text("text", "a\0b", 3, &strictly, NULL);
	assert_non_null(finding_with(conf, "NUL"));
	conf_free(conf);
	conf = load("$A=$B$B$B$B\n$B=$A$A$A$A\nglobal_defs {\n router_id $A\n}\n", &strictly);
	conf_free(conf);
	conf = load("$A= \n$B=$A $A $A $A \n$C=$B $B $B $B \n$A=$C $C $C $C \n$B=$A\nx $A\n",
		&strictly);
	conf_free(conf);
}

/* Ten thousand of everything: with anything quadratic in it this takes minutes. */
static void test_many(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		fprintf(out, "vrrp_instance i%u {\n interface eth%u\n virtual_router_id %u\n", i,
			i / 250, i % 250 + 1);
		fprintf(out, " use_vmac\n virtual_ipaddress {\n");
		for (unsigned j = 0; j < 8; j++)
			fprintf(out, "  10.%u.%u.%u/24\n", i / 250, i % 250, j + 1);
		fprintf(out, " }\n}\n");
	}
	fclose(out);
	struct conf *conf = conf_load_text("text", text, size, &strictly, NULL);
	assert_int_equal(conf->errors, 0);
	assert_int_equal(conf->warnings, 1);
	assert_int_equal(conf->ignored, 1000);
	conf_free(conf);
	free(text);
	out = open_memstream(&text, &size);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, "frobnicate%u { { }\n", i);
	fclose(out);
	conf = conf_load_text("text", text, size, &strictly, NULL);
	assert_true(conf->errors > 0);
	conf_free(conf);
	free(text);
}

static void test_items(void **state)
{
	static const char text[] = "global_defs {\n"
				   "vrrp_startup_delay 2.5\n"
				   "vrrp_garp_interval 0.001\n"
				   "}\n" ONE "priority 120\n"
				   "nopreempt\n"
				   "authentication {\n"
				   "auth_type PASS\n"
				   "auth_pass 123456789\n"
				   "}\n"
				   "track_interface {\n"
				   "eth0\n"
				   "eth1 weight -30\n"
				   "}\n"
				   "virtual_ipaddress_excluded {\n"
				   "10.2.0.5 dev eth1 no_track\n"
				   "}\n"
				   "}\n"
				   "vrrp_instance two {\n"
				   "version 3\n"
				   "advert_int 0.25\n"
				   "virtual_router_id 6\n"
				   "unicast_src_ip 10.1.0.1\n"
				   "unicast_peer {\n"
				   "10.1.0.2 min_ttl 64\n"
				   "}\n"
				   "virtual_ipaddress {\n"
				   "10.1.0.6/24 dev eth0\n"
				   "}\n"
				   "}\n";
	static const enum proto_type types[] = {CONF_VRRP_GLOBAL, CONF_VRRP_INSTANCE,
		CONF_VRRP_ADDRESS, CONF_VRRP_ADDRESS, CONF_VRRP_TRACK_INTERFACE, CONF_VRRP_INSTANCE,
		CONF_VRRP_ADDRESS, CONF_VRRP_PEER};
	(void)state;
	struct conf *conf = load(text, &strictly);
	assert_int_equal(conf->errors, 0);
	struct conf_items *items = conf_items_new(conf, PROTO_VRRP);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	assert_int_equal(items->list[0].body->global.startup_delay_ms, 2500);
	assert_int_equal(items->list[0].body->global.garp_interval_us, 1000);
	const struct conf_vrrp_instance *one = &items->list[1].body->instance;
	assert_string_equal(one->name, "one");
	assert_int_equal(one->flags, CONF_VRRP_NOPREEMPT);
	assert_int_equal(one->priority, 120);
	assert_int_equal(one->advert_int_cs, 100);
	assert_int_equal(one->auth_type, 1);
	assert_memory_equal(one->auth_data, "12345678", 8);
	assert_int_equal(one->addresses, 2);
	assert_int_equal(one->tracked_interfaces, 1);
	assert_int_equal(one->garp_repeat, 5);
	assert_int_equal(one->garp_delay_ms, 5000);
	assert_int_equal(
		items->list[3].body->address.flags, CONF_ADDRESS_EXCLUDED | CONF_ADDRESS_NO_TRACK);
	assert_string_equal(items->list[3].body->address.ifname, "eth1");
	assert_int_equal(items->list[3].body->address.prefixlen, 32);
	assert_string_equal(items->list[4].body->track_interface.ifname, "eth1");
	assert_int_equal(items->list[4].body->track_interface.weight, -30);
	const struct conf_vrrp_instance *two = &items->list[5].body->instance;
	assert_int_equal(two->flags, CONF_VRRP_UNICAST | CONF_VRRP_CHECK_UNICAST_SRC);
	assert_int_equal(two->advert_int_cs, 25);
	assert_int_equal(two->version, 3);
	assert_string_equal(two->ifname, "");
	assert_int_equal(items->list[7].body->peer.instance, 1);
	assert_int_equal(items->list[7].body->peer.min_ttl, 64);
	assert_int_equal(items->list[7].body->peer.max_ttl, 255);
	conf_items_free(items);
	items = conf_items_new(conf, PROTO_CHECK);
	assert_int_equal(items->count, 0);
	conf_items_free(items);
	conf_free(conf);
}

/* Files are numbered before processes, wherever they stand; the entry's weight counts. */
static void test_push_tracked(void **state)
{
	static const char text[] = ONE "track_process {\n"
				       "daemon weight -9 reverse\n"
				       "}\n"
				       "track_file {\n"
				       "second\n"
				       "}\n"
				       "}\n"
				       "vrrp_track_process daemon {\n"
				       "process daemon\n"
				       "}\n"
				       "track_file first {\n"
				       "file /run/first\n"
				       "}\n"
				       "track_file second {\n"
				       "file /run/second\n"
				       "weight -3 reverse\n"
				       "}\n";
	static const enum proto_type types[] = {CONF_VRRP_GLOBAL, CONF_VRRP_TRACKED,
		CONF_VRRP_TRACKED, CONF_VRRP_TRACKED, CONF_VRRP_INSTANCE, CONF_VRRP_ADDRESS,
		CONF_VRRP_TRACK, CONF_VRRP_TRACK};
	(void)state;
	struct conf *conf = load(text, &strictly);
	assert_int_equal(conf->errors, 0);
	struct conf_items *items = conf_items_new(conf, PROTO_VRRP);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	assert_string_equal(items->list[1].body->tracked.name, "first");
	assert_int_equal(items->list[2].body->tracked.kind, TRACKED_FILE);
	assert_int_equal(items->list[3].body->tracked.kind, TRACKED_PROCESS);
	assert_int_equal(items->list[4].body->instance.tracked_things, 2);
	assert_int_equal(items->list[6].body->track.tracked, 1);
	assert_int_equal(items->list[6].body->track.weight, -3);
	assert_int_equal(items->list[6].body->track.reverse, 1);
	assert_int_equal(items->list[7].body->track.tracked, 2);
	assert_int_equal(items->list[7].body->track.weight, -9);
	assert_int_equal(items->list[7].body->track.reverse, 1);
	conf_items_free(items);
	conf_free(conf);
}

/* Only what runs is numbered and is a member, and members get what their group tracks. */
static void test_group_items(void **state)
{
	static const char text[] = "vrrp_sync_group none { group { six } }\n"
				   "vrrp_sync_group G1 {\n"
				   "group { two six one }\n"
				   "track_interface { eth5 weight -7 }\n"
				   "}\n"
				   "vrrp_instance six { interface eth0\nvirtual_router_id 6\n"
				   "virtual_ipaddress { 2001:db8::6/64 }\n}\n"
				   "vrrp_instance one { interface eth0\nvirtual_router_id 1\n"
				   "track_interface { eth1 weight -9 }\n"
				   "virtual_ipaddress { 10.0.0.1/24 }\n}\n"
				   "vrrp_instance two { interface eth0\nvirtual_router_id 2\n"
				   "virtual_ipaddress { 10.0.0.2/24 }\n}\n";
	static const enum proto_type types[] = {CONF_VRRP_GLOBAL, CONF_VRRP_INSTANCE,
		CONF_VRRP_ADDRESS, CONF_VRRP_TRACK_INTERFACE, CONF_VRRP_TRACK_INTERFACE,
		CONF_VRRP_INSTANCE, CONF_VRRP_ADDRESS, CONF_VRRP_TRACK_INTERFACE, CONF_VRRP_GROUP,
		CONF_VRRP_MEMBER, CONF_VRRP_MEMBER};
	const struct conf_options lenient = {.lenient = true};
	(void)state;
	struct conf *conf = load(text, &lenient);
	struct conf_items *items = conf_items_new(conf, PROTO_VRRP);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	assert_string_equal(items->list[3].body->track_interface.ifname, "eth1");
	assert_int_equal(items->list[3].body->track_interface.weight, 0);
	assert_string_equal(items->list[4].body->track_interface.ifname, "eth5");
	assert_int_equal(items->list[4].body->track_interface.weight, -7);
	assert_int_equal(items->list[7].body->track_interface.instance, 1);
	assert_string_equal(items->list[8].body->group.name, "G1");
	assert_int_equal(items->list[8].body->group.members, 2);
	assert_int_equal(items->list[9].body->member.group, 0);
	assert_int_equal(items->list[9].body->member.instance, 1);
	assert_int_equal(items->list[10].body->member.instance, 0);
	conf_items_free(items);
	conf_free(conf);
}

static void test_needs(void **state)
{
	(void)state;
	struct conf *conf = load("global_defs {\n}\n", &strictly);
	assert_true(conf_needs(conf, PROTO_PARENT));
	assert_false(conf_needs(conf, PROTO_VRRP));
	assert_false(conf_needs(conf, PROTO_CHECK));
	assert_false(conf_needs(conf, PROTO_IPVS));
	conf_free(conf);
	conf = load(ONE "}\n", &strictly);
	assert_true(conf_needs(conf, PROTO_VRRP));
	assert_false(conf_needs(conf, PROTO_CHECK));
	conf_free(conf);
	conf = load(
		"virtual_server 10.1.0.5 80 {\nreal_server 10.1.0.6 80 {\nTCP_CHECK {\n}\n}\n}\n",
		&strictly);
	assert_false(conf_needs(conf, PROTO_VRRP));
	assert_true(conf_needs(conf, PROTO_CHECK));
	assert_true(conf_needs(conf, PROTO_IPVS));
	conf_free(conf);
	conf = load("vrrp_instance six {\ninterface eth0\nvirtual_router_id 1\n"
		    "virtual_ipaddress {\n2001:db8::1/64\n}\n}\n",
		&strictly);
	assert_false(conf_needs(conf, PROTO_VRRP));
	conf_free(conf);
}

static void test_host(void **state)
{
	static const struct conf_subnet subnets[] = {
		{.ifname = "eth0",
			.address = {.family = AF_INET, .bytes = {10, 1, 0, 1}},
			.prefixlen = 24},
		{.ifname = "eth1",
			.address = {.family = AF_INET, .bytes = {10, 2, 0, 1}},
			.prefixlen = 24},
		/* a virtual address that this node holds at the moment says nothing */
		{.ifname = "eth0",
			.address = {.family = AF_INET, .bytes = {10, 9, 0, 5}},
			.prefixlen = 24},
	};
	static const char text[] = ONE "mcast_src_ip 10.7.0.1\n"
				       "virtual_ipaddress {\n"
				       "10.9.0.5/24\n"
				       "10.2.0.5/24\n"
				       "}\n"
				       "}\n"
				       "vrrp_instance two {\n"
				       "interface eth7\n"
				       "virtual_router_id 6\n"
				       "virtual_ipaddress {\n"
				       "10.1.0.6/24\n"
				       "}\n"
				       "}\n";
	struct conf_host host = {.known = true, .subnets_count = 3, .subnets = subnets};
	(void)state;
	struct conf *conf = conf_load_text("text", text, strlen(text), &strictly, &host);
	assert_int_equal(conf->errors, 0);
	assert_int_equal(conf->warnings, 4);
	assert_int_equal(line_of(conf, "10.7.0.1 is not an address of this host"), 7);
	assert_int_equal(line_of(conf, "10.9.0.5 is outside every subnet"), 9);
	assert_int_equal(line_of(conf, "in the subnet of interface 'eth1'"), 10);
	assert_int_equal(line_of(conf, "interface 'eth7' does not exist"), 14);
	conf_free(conf);
	host.known = false;
	conf = conf_load_text("text", text, strlen(text), &strictly, &host);
	assert_int_equal(conf->warnings, 0);
	conf_free(conf);
}

/* What a terminal obeys must not come through from a file. */
static void test_report_is_safe(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)state;
	struct conf *conf = load("ev\033[31mil\xff\xc2\x9b \xe2\x80\xaey\n", &strictly);
	conf_report(conf, out, false);
	fclose(out);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\xff'));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	conf_free(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_edit_distance),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_group_items),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_push_tracked),
		cmocka_unit_test(test_report_is_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
