/* Mail, free of I/O: what is said to the server and what becomes of its replies, how a mail looks
 * on the wire, what waits in the queue and for how long, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <openssl/evp.h>

#include "checkerd/mail_client.h"
#include "checkerd/mail_queue.h"
#include "checkerd/mail_settings.h"
#include "checkerd/mail_text.h"
#include "common/clock.h"

#define S     NSEC_PER_SEC
#define BEGIN (1000 * S)

static const char to[3][PROTO_MAIL_LEN] = {"a@x.example", "b@x.example", "root"};
static const struct mail_envelope envelope = {
	.helo = "node-a", .from = "holdfast@node-a", .to = to, .recipients = 3};

/* ---- the client ---- */

/* Lets the server say these lines and records what the client answers, "\r\n" left out, "|"
 * between; "MESSAGE" for the mail. */
static void talk(struct mail_client *client, uint64_t wanted, const char *const *lines, char *log)
{
	struct smtp_reply reply;
	char command[MAIL_COMMAND_LEN];

	mail_client_begin(client, wanted);
	for (log[0] = '\0'; *lines != NULL; lines++) {
		size_t used;
		char text[256];
		snprintf(text, sizeof(text), "%s\r\n", *lines);
		smtp_reply_begin(&reply);
		assert_int_equal(smtp_reply_read(&reply, text, strlen(text), &used), SMTP_COMPLETE);
		enum mail_next next = mail_client_reply(client, &envelope, &reply, command);
		if (next == MAIL_MESSAGE)
			strcpy(command, "MESSAGE\r\n");
		assert_string_equal(command + strlen(command) - 2, "\r\n");
		command[strlen(command) - 2] = '\0';
		assert_null(strpbrk(command, "\r\n"));
		sprintf(log + strlen(log), "%s%s", log[0] != '\0' ? "|" : "", command);
		assert_int_equal(next == MAIL_QUIT, lines[1] == NULL);
	}
	assert_int_equal(client->step, MAIL_STEP_DONE);
}

struct talk {
	const char *lines[10];
	const char *said;
	enum mail_outcome outcome;
	uint64_t taken;
	uint64_t refused;
	const char *complaint;
};

#define HELLO     "220 hi", "250 hi", "250 ok"
#define HELLO_OUT "HELO node-a|MAIL FROM:<holdfast@node-a>|RCPT TO:<a@x.example>|"

static void test_client(void **state)
{
	static const struct talk talks[] = {
		{{HELLO, "250 ok", "251 ok", "250 ok", "354 go", "250 queued"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|DATA|MESSAGE|QUIT",
			MAIL_SENT, 7, 0, ""},
		/* not all of them */
		{{HELLO, "250 ok", "550 nobody", "451 later", "354 go", "250 queued"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|DATA|MESSAGE|QUIT",
			MAIL_SENT, 1, 2, ""},
		{{HELLO, "550 nobody", "550 nobody", "451 full"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|QUIT", MAIL_LATER, 0, 3,
			"451 full (to RCPT TO:<root>)"},
		{{HELLO, "550 nobody", "550 nobody", "550 nobody"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|QUIT", MAIL_NEVER, 0, 7,
			"550 nobody (to RCPT TO:<root>)"},
		/* the server is not there for anybody */
		{{"554 no service"}, "QUIT", MAIL_CLOSED, 0, 0, "554 no service (to its greeting)"},
		{{"220 hi", "550 no"}, "HELO node-a|QUIT", MAIL_CLOSED, 0, 0, "550 no (to HELO)"},
		{{HELLO, "250 ok", "421 going down"}, HELLO_OUT "RCPT TO:<b@x.example>|QUIT",
			MAIL_CLOSED, 1, 0, "421 going down (to RCPT TO:<b@x.example>)"},
		/* the mail is not wanted */
		{{"220 hi", "250 hi", "550 not you"},
			"HELO node-a|MAIL FROM:<holdfast@node-a>|QUIT", MAIL_NEVER, 0, 0,
			"550 not you (to MAIL FROM:<holdfast@node-a>)"},
		{{"220 hi", "250 hi", "451 not now"},
			"HELO node-a|MAIL FROM:<holdfast@node-a>|QUIT", MAIL_LATER, 0, 0,
			"451 not now (to MAIL FROM:<holdfast@node-a>)"},
		/* a reply of the wrong class is a refusal, not a success */
		{{HELLO, "250 ok", "250 ok", "250 ok", "250 what"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|DATA|QUIT", MAIL_LATER, 7,
			0, "250 what (to DATA)"},
		{{HELLO, "250 ok", "250 ok", "250 ok", "354 go", "552 too big"},
			HELLO_OUT "RCPT TO:<b@x.example>|RCPT TO:<root>|DATA|MESSAGE|QUIT",
			MAIL_NEVER, 7, 0, "552 too big (to the message)"},
	};
	struct mail_client client;
	char log[512];

	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		talk(&client, 7, talks[i].lines, log);
		assert_string_equal(log, talks[i].said);
		assert_int_equal(client.outcome, talks[i].outcome);
		assert_int_equal(client.taken, talks[i].taken);
		assert_int_equal(client.refused, talks[i].refused);
		assert_string_equal(client.complaint, talks[i].complaint);
	}
	/* those who have it already are not asked for again */
	talk(&client, 4, (const char *const[]){HELLO, "250 ok", "354 go", "250 queued", NULL}, log);
	assert_string_equal(
		log, "HELO node-a|MAIL FROM:<holdfast@node-a>|RCPT TO:<root>|DATA|MESSAGE|QUIT");
}

/* ---- the message ---- */

static char *message(const char *subject, const char *text)
{
	struct check_mail what = {.wall_s = 1700000000};
	struct evbuffer *out = evbuffer_new();

	proto_string_set(what.subject, sizeof(what.subject), subject);
	proto_string_set(what.text, sizeof(what.text), text);
	mail_text_add(out, &what, &envelope);
	evbuffer_add(out, "", 1);
	char *copy = strdup((const char *)evbuffer_pullup(out, -1));
	evbuffer_free(out);
	return copy;
}

#define HEAD                                                                                       \
	"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nFrom: holdfast@node-a\r\n"                       \
	"To: a@x.example,\r\n b@x.example,\r\n root\r\n"
#define TAIL "X-Mailer: Holdfast " HOLDFAST_VERSION "\r\nAuto-Submitted: auto-generated\r\n"

static void assert_message(const char *subject, const char *text, const char *wanted)
{
	char *found = message(subject, text);

	assert_string_equal(found, wanted);
	free(found);
}

static void test_message(void **state)
{
	(void)state;
	assert_message("[a] VI_1", "one\ntwo\n",
		HEAD "Subject: [a] VI_1\r\n" TAIL "\r\none\r\ntwo\r\n.\r\n");
	/* RFC 5321 §4.5.2: no line of the text can be the one that ends it */
	assert_message(
		"s", ".\n..\nx.y\n", HEAD "Subject: s\r\n" TAIL "\r\n..\r\n...\r\nx.y\r\n.\r\n");
	/* no header, no command and no other line out of a name or a reason */
	assert_message("a\r\nBcc: evil@x\r\n\r\nx", "b\r\n.\r\nQUIT\r\n",
		HEAD "Subject: a??Bcc: evil@x????x\r\n" TAIL "\r\nb?\r\n..?\r\nQUIT?\r\n.\r\n");
}

/* Takes the first header of this name out of a message, unfolded. */
static void decode_subject(const char *mail, char *text)
{
	const char *at = strstr(mail, "Subject: ");

	assert_non_null(at);
	for (at += strlen("Subject: "); strncmp(at, "=?UTF-8?B?", 10) == 0;) {
		at += 10;
		size_t length = strcspn(at, "?");
		assert_true(length <= 75 - 12);
		int used = EVP_DecodeBlock(
			(unsigned char *)text, (const unsigned char *)at, (int)length);
		assert_true(used >= 0);
		for (size_t i = length; i > 0 && at[i - 1] == '='; i--)
			used--;
		/* no character is taken apart, RFC 2047 §5 */
		assert_int_not_equal((unsigned char)text[0] & 0xc0, 0x80);
		text += used;
		at += length + 2;
		if (strncmp(at, "\r\n ", 3) == 0)
			at += 3;
	}
	*text = '\0';
	assert_int_equal(strncmp(at, "\r\n", 2), 0);
}

static void test_utf8(void **state)
{
	static const char long_name[] = "[Knoten-Süd] VRRP Instance "
					"Überwachungsgerät-für-die-größte-Anlage-Österreichs-äöü - "
					"Entering MASTER state €€€€€€€€€€";
	char decoded[512];
	char *found = NULL;

	(void)state;
	/* wherever the words end */
	for (size_t i = 0; i < 6; i++) {
		free(found);
		found = message(long_name + i, "Gerät ist MASTER\n.\n");
		decode_subject(found, decoded);
		assert_string_equal(decoded, long_name + i);
	}
	assert_non_null(strstr(found, "\r\nContent-Type: text/plain; charset=UTF-8\r\n"));
	const char *body = strstr(found, "\r\n\r\n");
	assert_string_equal(body, "\r\n\r\nR2Vyw6R0IGlzdCBNQVNURVINCi4NCg==\r\n.\r\n");
	for (const char *c = found; *c != '\0'; c++)
		assert_true((unsigned char)*c < 0x80);
	free(found);
	found = message("\xc3\xa4\r\nBcc: x", "\xc3\xa4\r\n.\r\n");
	decode_subject(found, decoded);
	assert_string_equal(decoded, "\xc3\xa4??Bcc: x");
	assert_null(strstr(found, "\nBcc"));
	free(found);
}

/* ---- the queue ---- */

static struct check_mail numbered(unsigned number)
{
	struct check_mail what = {.wall_s = number};

	snprintf(what.subject, sizeof(what.subject), "%u", number);
	return what;
}

static void add(struct mail_queue *queue, unsigned number, uint64_t now)
{
	struct check_mail what = numbered(number);

	assert_null(mail_queue_add(queue, &what, 3, now));
}

static unsigned number_of(const struct mail *mail)
{
	return mail == NULL ? 0 : (unsigned)mail->what.wall_s;
}

/* Starts what is due and ends it like this. */
static unsigned attempt(struct mail_queue *queue, uint64_t now, enum mail_outcome outcome,
	uint64_t taken, uint64_t refused, enum mail_fate fate)
{
	struct mail_client client = {.taken = taken, .refused = refused};
	struct mail *mail = mail_queue_start(queue, now);
	unsigned number = number_of(mail);

	assert_non_null(mail);
	assert_null(mail_queue_start(queue, now)); /* one at a time */
	assert_true(mail_queue_deadline(queue) == UINT64_MAX);
	assert_int_equal(mail_queue_ended(queue, outcome, &client, now), fate);
	if (fate != MAIL_WAITS)
		free(mail);
	return number;
}

static void test_order(void **state)
{
	struct mail_queue queue = {0};

	(void)state;
	assert_true(mail_queue_deadline(&queue) == UINT64_MAX);
	for (unsigned i = 1; i <= 3; i++)
		add(&queue, i, BEGIN);
	assert_true(mail_queue_deadline(&queue) == BEGIN);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(attempt(&queue, BEGIN, MAIL_SENT, 3, 0, MAIL_DONE), i);
	assert_int_equal(queue.count, 0);
}

/* One that is not taken makes way for the others, and comes back to those only who have not got it.
 */
static void test_one_waits(void **state)
{
	struct mail_queue queue = {0};

	(void)state;
	add(&queue, 1, BEGIN);
	add(&queue, 2, BEGIN);
	assert_int_equal(attempt(&queue, BEGIN, MAIL_SENT, 1, 0, MAIL_WAITS), 1);
	assert_int_equal(attempt(&queue, BEGIN, MAIL_SENT, 3, 0, MAIL_DONE), 2);
	assert_true(mail_queue_deadline(&queue) == BEGIN + S);
	assert_null(mail_queue_start(&queue, BEGIN + S - 1));
	assert_int_equal(queue.list[0]->wanted, 2);
	assert_int_equal(attempt(&queue, BEGIN + S, MAIL_LATER, 0, 0, MAIL_WAITS), 1);
	assert_true(mail_queue_deadline(&queue) == BEGIN + 3 * S);
	assert_int_equal(attempt(&queue, BEGIN + 3 * S, MAIL_NEVER, 0, 2, MAIL_GIVEN_UP), 1);
	/* who is refused for good is not waited for */
	add(&queue, 3, BEGIN);
	assert_int_equal(attempt(&queue, BEGIN, MAIL_SENT, 2, 1, MAIL_DONE), 3);
}

/* A server that cannot be used holds up all of them, for longer and longer, and not for ever. */
static void test_server_is_away(void **state)
{
	struct mail_queue queue = {0};
	uint64_t now = BEGIN;
	uint64_t pause = S;
	unsigned attempts = 0;
	enum mail_fate fate = MAIL_WAITS;

	(void)state;
	add(&queue, 1, BEGIN);
	add(&queue, 2, BEGIN);
	while (fate == MAIL_WAITS) {
		struct mail_client client = {0};
		struct mail *mail = mail_queue_start(&queue, now);
		assert_int_equal(number_of(mail), 1);
		fate = mail_queue_ended(&queue, MAIL_CLOSED, &client, now);
		attempts++;
		assert_null(mail_queue_start(&queue, now + pause - 1));
		assert_true(mail_queue_deadline(&queue) == now + pause);
		if (fate == MAIL_GIVEN_UP)
			free(mail);
		now += pause;
		pause = pause * 2 < 300 * S ? pause * 2 : 300 * S;
	}
	assert_int_equal(fate, MAIL_GIVEN_UP);
	assert_true(now - BEGIN > 4 * 3600 * S && now - BEGIN < 5 * 3600 * S);
	assert_in_range(attempts, 50, 60);
	/* one success, and the next failure is the first again */
	add(&queue, 3, now);
	assert_int_equal(attempt(&queue, now, MAIL_SENT, 3, 0, MAIL_DONE), 2);
	assert_int_equal(attempt(&queue, now, MAIL_CLOSED, 0, 0, MAIL_WAITS), 3);
	assert_true(mail_queue_deadline(&queue) == now + S);
	mail_queue_restart(&queue, 1, now);
	assert_true(mail_queue_deadline(&queue) == now);
	assert_int_equal(mail_queue_clear(&queue), 1);
}

static void test_limit(void **state)
{
	struct mail_queue queue = {0};

	(void)state;
	for (unsigned i = 1; i <= MAIL_QUEUE_MAX; i++)
		add(&queue, i, BEGIN);
	/* the oldest is being sent: the next one goes */
	assert_int_equal(number_of(mail_queue_start(&queue, BEGIN)), 1);
	for (unsigned i = 2; i <= 4; i++) {
		struct check_mail what = numbered(MAIL_QUEUE_MAX + i);
		struct mail *oldest = mail_queue_add(&queue, &what, 3, BEGIN);
		assert_int_equal(number_of(oldest), i);
		assert_int_equal(queue.dropped, i - 1);
		assert_int_equal(queue.count, MAIL_QUEUE_MAX);
		free(oldest);
	}
	assert_int_equal(number_of(queue.under_way), 1);
	assert_int_equal(mail_queue_clear(&queue), MAIL_QUEUE_MAX);
}

/* ---- settings ---- */

static int settings_of(
	struct mail_settings *settings, const char *helo, const char *from, const char *recipient)
{
	struct conf_check_mail server = {.port = 25, .timeout_us = 1, .recipients = 1};
	struct conf_check_recipient item = {0};
	char reason[PROTO_REASON_LEN] = "";

	memset(settings, 0, sizeof(*settings));
	proto_string_set(server.server, sizeof(server.server), "mail");
	proto_string_set(server.helo, sizeof(server.helo), helo);
	proto_string_set(server.from, sizeof(server.from), from);
	proto_string_set(item.address, sizeof(item.address), recipient);
	assert_int_equal(
		mail_settings_item(settings, CONF_CHECK_MAIL, &server, reason, sizeof(reason)), 0);
	assert_int_equal(
		mail_settings_item(settings, CONF_CHECK_RECIPIENT, &item, reason, sizeof(reason)),
		0);
	int result = mail_settings_judge(settings, reason, sizeof(reason));
	assert_int_equal(result == -1, reason[0] != '\0');
	return result;
}

static void test_settings(void **state)
{
	static struct mail_settings settings, other;
	static const char *const wrong[] = {
		"", "a b", "a\r\nDATA", "a\n", "a>", "<a", "a\t", "\xc3\xa4", "a\177"};

	(void)state;
	assert_int_equal(settings_of(&settings, "node", "a@b", "root"), 0);
	assert_true(mail_settings_wanted(&settings) == 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(settings_of(&other, wrong[i], "a@b", "root"), -1);
		assert_int_equal(settings_of(&other, "node", wrong[i], "root"), -1);
		assert_int_equal(settings_of(&other, "node", "a@b", wrong[i]), -1);
	}
	assert_int_equal(settings_of(&other, "node", "a@b", "root"), 0);
	assert_true(mail_settings_equal(&settings, &other));
	other.to[0][0] = 'x';
	assert_false(mail_settings_equal(&settings, &other));
	other.server.recipients = 2;
	char reason[PROTO_REASON_LEN];
	assert_int_equal(mail_settings_judge(&other, reason, sizeof(reason)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_one_waits),
		cmocka_unit_test(test_server_is_away),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_settings),
	};
	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
