/* What parentd has mailed, in which words, and when it hands that to checkerd. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/loop.h"
#include "conf/items.h"
#include "ignore_channel.h"
#include "parentd/mail.h"
#include "parentd/parent.h"

#define GENERATION 7

static struct parent parent;
static int checkerd = -1; /* its end of the channel */

#define VRRP(alert)                                                                                \
	"vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 1\n" alert "\n"                   \
	"virtual_ipaddress {\n10.0.0.1/32\n}\n}\n"
#define MAIL(more)                                                                                 \
	"global_defs {\nrouter_id node-a\nnotification_email {\na@x.example b@x.example\n}\n"      \
	"smtp_server 10.0.0.25\n" more "\n}\n"
#define SERVICE(virtual_alert, real_alert)                                                         \
	"virtual_server 10.0.0.1 80 {\nprotocol TCP\n" virtual_alert "\n"                          \
	"real_server 10.0.0.2 80 {\n" real_alert "\nTCP_CHECK {\n}\n}\n}\n"

static void configure(const char *text)
{
	conf_free(parent.conf);
	parent.conf = conf_load_text("test", text, strlen(text), NULL, NULL);
	if (parent.conf->errors != 0)
		conf_report(parent.conf, stderr, false);
	assert_int_equal(parent.conf->errors, 0);
}

static void listens(bool up)
{
	struct transaction_peer *peer = &parent.transaction.peers[PROTO_CHECK];

	parent.transaction.current = GENERATION;
	parent.transaction.current_needs = 1U << PROTO_CHECK;
	peer->up = up;
	peer->in_force = up ? GENERATION : 0;
}

/* The subject of the next mail that checkerd was given, or NULL. */
static const char *next(struct check_mail *mail)
{
	struct {
		struct proto_header header;
		struct check_mail mail;
	} record;

	ssize_t length = recv(checkerd, &record, sizeof(record), MSG_DONTWAIT);
	if (length == -1)
		return NULL;
	assert_int_equal(length, sizeof(record));
	assert_int_equal(record.header.type, CHECK_MAIL);
	assert_int_equal(record.header.generation, GENERATION);
	*mail = record.mail;
	return mail->subject;
}

static void happens(enum event_kind kind, enum event_state state, const char *reason)
{
	const struct conf_virtual_server *server = TAILQ_FIRST(&parent.conf->virtual_servers);
	struct state_event event = {.kind = kind,
		.state = state,
		.name = kind == EVENT_INSTANCE ? "VI_1"
			: kind == EVENT_GROUP  ? "G1"
					       : "[10.0.0.1]:tcp:80",
		.priority = 100,
		.reason = reason};

	if (kind == EVENT_REAL_SERVER) {
		event.name = "[10.0.0.2]:tcp:80";
		event.virtual_server = "[10.0.0.1]:tcp:80";
		event.real_conf = TAILQ_FIRST(&server->real_servers);
	}
	if (kind == EVENT_VIRTUAL_SERVER)
		event.virtual_conf = server;
	if (kind == EVENT_INSTANCE)
		event.instance = TAILQ_FIRST(&parent.conf->instances);
	if (kind == EVENT_GROUP)
		event.group = TAILQ_FIRST(&parent.conf->groups);
	mailing_event(parent.mailing, &event);
}

static void assert_mailed(enum event_kind kind, enum event_state state, const char *subject)
{
	struct check_mail mail;

	happens(kind, state, "because");
	const char *found = next(&mail);
	if (subject == NULL)
		assert_null(found);
	else
		assert_string_equal(found, subject);
	assert_null(next(&mail));
}

static void test_words(void **state)
{
	struct check_mail mail;

	(void)state;
	configure(MAIL("") VRRP("smtp_alert") SERVICE("smtp_alert", ""));
	listens(true);
	happens(EVENT_INSTANCE, EVENT_MASTER, "no advertisement for 3.61 s");
	assert_string_equal(next(&mail), "[node-a] VRRP Instance VI_1 - Entering MASTER state");
	assert_string_equal(mail.text, "VRRP Instance VI_1 on node-a: Entering MASTER state with "
				       "priority 100\nReason: no advertisement for 3.61 s\n");
	assert_mailed(EVENT_INSTANCE, EVENT_BACKUP,
		"[node-a] VRRP Instance VI_1 - Entering BACKUP state");
	assert_mailed(
		EVENT_INSTANCE, EVENT_FAULT, "[node-a] VRRP Instance VI_1 - Entering FAULT state");
	assert_mailed(EVENT_INSTANCE, EVENT_STOP, NULL);
	assert_mailed(EVENT_INSTANCE, EVENT_MASTER_PRIORITY, NULL);
	assert_mailed(EVENT_VIRTUAL_SERVER, EVENT_DOWN,
		"[node-a] Virtualserver [10.0.0.1]:tcp:80 - DOWN");
	happens(EVENT_REAL_SERVER, EVENT_UP, NULL);
	assert_string_equal(next(&mail), "[node-a] Realserver [10.0.0.2]:tcp:80 of virtual server "
					 "[10.0.0.1]:tcp:80 - UP");
	assert_string_equal(mail.text, "Realserver [10.0.0.2]:tcp:80 of virtual server "
				       "[10.0.0.1]:tcp:80 on node-a: UP\n");
}

/* Who is mailed about what: 1 instance, 2 virtual server, 4 real server, 8 fault, 16 checker. */
static unsigned mailed(const char *text)
{
	struct check_mail mail;
	unsigned found = 0;

	configure(text);
	happens(EVENT_INSTANCE, EVENT_MASTER, NULL);
	found |= next(&mail) != NULL ? 1 : 0;
	happens(EVENT_VIRTUAL_SERVER, EVENT_UP, NULL);
	found |= next(&mail) != NULL ? 2 : 0;
	happens(EVENT_REAL_SERVER, EVENT_UP, NULL);
	found |= next(&mail) != NULL ? 4 : 0;
	happens(EVENT_INSTANCE, EVENT_FAULT, NULL);
	found |= next(&mail) != NULL ? 8 : 0;
	mailing_checker(parent.mailing,
		TAILQ_FIRST(&TAILQ_FIRST(&parent.conf->virtual_servers)->real_servers), "r", "v",
		"TCP_CHECK", false, "refused");
	found |= next(&mail) != NULL ? 16 : 0;
	return found;
}

static void test_who(void **state)
{
	static const struct {
		const char *text;
		unsigned wanted;
	} cases[] = {
		{MAIL("") VRRP("") SERVICE("", ""), 20},
		{MAIL("smtp_alert") VRRP("") SERVICE("", ""), 31},
		{MAIL("smtp_alert off") VRRP("") SERVICE("", ""), 0},
		{MAIL("smtp_alert off\nsmtp_alert_vrrp") VRRP("") SERVICE("", ""), 9},
		{MAIL("smtp_alert off\nsmtp_alert_checker") VRRP("") SERVICE("", ""), 22},
		{MAIL("smtp_alert") VRRP("smtp_alert off") SERVICE("", "smtp_alert no"), 2},
		{MAIL("") VRRP("smtp_alert") SERVICE("smtp_alert", "smtp_alert false"), 11},
		{MAIL("smtp_alert\nno_email_faults") VRRP("") SERVICE("", ""), 23},
		{MAIL("smtp_alert\nno_checker_emails") VRRP("") SERVICE("", ""), 15},
		{"global_defs {\nsmtp_alert\nsmtp_server 10.0.0.25\n}\n" VRRP("") SERVICE("", ""),
			0},
		{"global_defs {\nsmtp_alert\nnotification_email {\na@x\n}\n}\n" VRRP("")
				SERVICE("", ""),
			0},
	};

	(void)state;
	listens(true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned found = mailed(cases[i].text);
		if (found != cases[i].wanted)
			fail_msg("case %zu: %u, not %u", i, found, cases[i].wanted);
	}
}

/* At the start vrrpd may be there first; then checkerd gets what waits, in order, within bounds. */
static void test_waits(void **state)
{
	struct check_mail mail;
	struct transaction_peer *peer = &parent.transaction.peers[PROTO_CHECK];

	(void)state;
	configure(MAIL("smtp_alert") VRRP(""));
	listens(false);
	happens(EVENT_INSTANCE, EVENT_BACKUP, NULL);
	happens(EVENT_INSTANCE, EVENT_MASTER, NULL);
	peer->up = true;
	peer->in_force = GENERATION - 1;
	mailing_flush(parent.mailing);
	assert_null(next(&mail));
	/* it was told to apply, and reads what follows after that */
	peer->applying = true;
	peer->asked = GENERATION;
	mailing_flush(parent.mailing);
	assert_non_null(strstr(next(&mail), "BACKUP"));
	assert_non_null(strstr(next(&mail), "MASTER"));
	assert_null(next(&mail));
	peer->applying = false;
	listens(false);
	for (int i = 0; i < 40; i++)
		happens(EVENT_INSTANCE, i < 8 ? EVENT_FAULT : EVENT_MASTER, NULL);
	listens(true);
	mailing_flush(parent.mailing);
	for (int i = 0; i < 32; i++)
		assert_non_null(strstr(next(&mail), "MASTER"));
	assert_null(next(&mail));
	/* with --vrrp nothing waits for a checkerd that never comes */
	listens(false);
	parent.transaction.current_needs = 0;
	happens(EVENT_INSTANCE, EVENT_FAULT, NULL);
	listens(true);
	mailing_flush(parent.mailing);
	assert_null(next(&mail));
}

static void test_items(void **state)
{
	char host[256] = "";
	char from[300];

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	configure(MAIL("smtp_alert\nsmtp_connect_timeout 7") VRRP(""));
	assert_true(conf_needs(parent.conf, PROTO_CHECK));
	struct conf_items *items = conf_items_new(parent.conf, PROTO_CHECK);
	assert_int_equal(items->count, 3);
	assert_int_equal(items->list[0].type, CONF_CHECK_MAIL);
	mailing_fill_items(parent.mailing, items);
	const struct conf_check_mail *mail = &items->list[0].body->check_mail;
	assert_string_equal(mail->helo, host);
	snprintf(from, sizeof(from), "holdfast@%s", host);
	assert_string_equal(mail->from, from);
	assert_string_equal(mail->server, "");
	assert_int_equal(mail->address.family, AF_INET);
	assert_int_equal(mail->port, 25);
	assert_int_equal(mail->timeout_us, 7000000);
	assert_int_equal(mail->recipients, 2);
	assert_int_equal(items->list[2].type, CONF_CHECK_RECIPIENT);
	assert_string_equal(items->list[2].body->check_recipient.address, "b@x.example");
	conf_items_free(items);
	configure("global_defs {\nsmtp_server mail.example 2525\nsmtp_helo_name n\nsmtp_alert\n"
		  "notification_email_from me@n\nnotification_email {\na@x\n}\n}\n" VRRP(""));
	items = conf_items_new(parent.conf, PROTO_CHECK);
	mailing_fill_items(parent.mailing, items);
	mail = &items->list[0].body->check_mail;
	assert_string_equal(mail->helo, "n");
	assert_string_equal(mail->from, "me@n");
	assert_string_equal(mail->server, "mail.example");
	assert_int_equal(mail->address.family, 0);
	assert_int_equal(mail->port, 2525);
	conf_items_free(items);
	/* nobody is mailed: no reason to run checkerd */
	configure(MAIL("") VRRP(""));
	assert_false(conf_needs(parent.conf, PROTO_CHECK));
}

static int set_up(void **state)
{
	int ends[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == -1)
		return -1;
	checkerd = ends[1];
	parent.base = loop_new();
	parent.children[PROTO_CHECK].parent = &parent;
	parent.children[PROTO_CHECK].process = PROTO_CHECK;
	parent.children[PROTO_CHECK].channel = channel_new(
		parent.base, ends[0], PROTO_PARENT, PROTO_CHECK, &ignore_channel, &parent);
	parent.mailing = mailing_new(&parent);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_items),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
