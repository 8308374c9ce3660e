#include "checkerd/mailer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/dns.h>
#include <event2/util.h>

#include "checkerd/mail_queue.h"
#include "checkerd/mail_text.h"
#include "checkerd/smtp_session.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/timers.h"
#include "proto/state_page.h"

#define ADDRESSES_MAX 8  /* of one server's name */
#define STEPS_LIMIT   10 /* time limits of a step that an attempt may take altogether */

struct mailer {
	struct event_base *base;
	struct evdns_base *resolver; /* NULL: no names can be resolved */
	struct state_page *page;
	struct timers *timers;
	struct timer timer; /* the next attempt, or the limit of the one under way */
	struct mail_settings settings;
	struct mail_queue queue;
	/* the attempt under way */
	struct mail *mail;
	struct evdns_getaddrinfo_request *lookup;
	struct proto_addr addresses[ADDRESSES_MAX];
	size_t addresses_count;
	size_t address; /* the next to be tried */
	struct smtp_session *session;
	struct mail_client client;
};

static void next_address(struct mailer *mailer, const char *why);

/* After every change of the queue. */
static void plan(struct mailer *mailer)
{
	uint64_t due_ns = mail_queue_deadline(&mailer->queue);

	state_mails_store(mailer->page, mailer->queue.count);
	if (due_ns == UINT64_MAX)
		timers_cancel(mailer->timers, &mailer->timer);
	else
		timers_set(mailer->timers, &mailer->timer, due_ns);
}

/* ---- the end of an attempt ---- */

static void drop_attempt(struct mailer *mailer)
{
	if (mailer->lookup != NULL)
		evdns_getaddrinfo_cancel(mailer->lookup);
	smtp_session_free(mailer->session);
	mailer->lookup = NULL;
	mailer->session = NULL;
	mailer->mail = NULL;
}

/* reason is what the server or the network had against it; empty: nothing. */
static void ended(struct mailer *mailer, enum mail_outcome outcome, const char *reason)
{
	uint64_t now_ns = clock_now_ns();
	struct mail *mail = mailer->mail;

	drop_attempt(mailer);
	enum mail_fate fate = mail_queue_ended(&mailer->queue, outcome, &mailer->client, now_ns);
	uint64_t due_ns = mail_queue_deadline(&mailer->queue);
	/* Another one that waited meanwhile is overdue. */
	uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	switch (fate) {
	case MAIL_DONE:
		log_info("mail sent: %s", mail->what.subject);
		free(mail);
		break;
	case MAIL_GIVEN_UP:
		log_change(LOG_ERR, &(struct log_change){.kind = LOG_MAIL_FAILED, .reason = reason},
			"mail given up: %s: %s", mail->what.subject, reason);
		free(mail);
		break;
	case MAIL_WAITS:
		log_warnx("mail not sent%s: %s; the next attempt is in %llu s, %zu wait",
			outcome == MAIL_SENT ? " to everybody" : "", reason,
			(unsigned long long)((wait_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC),
			mailer->queue.count);
		break;
	}
	plan(mailer);
}

/* ---- the session ---- */

static void quit(struct mailer *mailer, const char *command)
{
	struct evbuffer *output = smtp_session_output(mailer->session);

	evbuffer_add(output, command, strlen(command));
	smtp_session_await(mailer->session, NULL);
}

static void await(struct mailer *mailer, const struct mail_envelope *envelope)
{
	char awaited[MAIL_COMMAND_LEN];

	mail_client_awaited(&mailer->client, envelope, awaited, sizeof(awaited));
	smtp_session_await(mailer->session, awaited);
}

static void reply_came(const struct smtp_reply *reply, void *arg)
{
	struct mailer *mailer = arg;
	struct evbuffer *output = smtp_session_output(mailer->session);
	const struct mail_envelope envelope = mail_settings_envelope(&mailer->settings);
	char command[MAIL_COMMAND_LEN];

	enum mail_next next = mail_client_reply(&mailer->client, &envelope, reply, command);
	if (next == MAIL_QUIT) {
		quit(mailer, command);
		return;
	}
	if (mailer->client.complaint[0] != '\0')
		log_warnx("mail server: %s", mailer->client.complaint);
	if (next == MAIL_MESSAGE)
		mail_text_add(output, &mailer->mail->what, &envelope);
	else
		evbuffer_add(output, command, strlen(command));
	await(mailer, &envelope);
}

static void said(void *arg)
{
	struct mailer *mailer = arg;
	const char *complaint = mailer->client.complaint;

	ended(mailer, mailer->client.outcome,
		complaint[0] != '\0' ? complaint : "some recipients are not taken now");
}

/* Before the envelope it says something about the server; later on it may be for this mail. */
static void session_failed(const char *reason, void *arg)
{
	struct mailer *mailer = arg;

	if (mailer->client.step == MAIL_STEP_DONE)
		said(mailer);
	else if (mailer->client.step == MAIL_STEP_GREETING)
		next_address(mailer, reason);
	else if (mailer->client.step == MAIL_STEP_HELO)
		ended(mailer, MAIL_CLOSED, reason);
	else
		ended(mailer, MAIL_LATER, reason);
}

static const struct smtp_session_ops session_ops = {
	.reply = reply_came, .said = said, .failed = session_failed};

static void next_address(struct mailer *mailer, const char *why)
{
	char reason[PROTO_REASON_LEN];

	proto_string_set(reason, sizeof(reason), why);
	smtp_session_free(mailer->session);
	mailer->session = NULL;
	while (mailer->session == NULL && mailer->address < mailer->addresses_count) {
		const struct probe_target target = {.address = mailer->addresses[mailer->address++],
			.port = mailer->settings.server.port,
			.timeout_us = mailer->settings.server.timeout_us};
		mail_client_begin(&mailer->client, mailer->mail->wanted);
		mailer->session = smtp_session_new(mailer->base, &target, &session_ops, mailer);
		if (mailer->session == NULL)
			probe_start_failed(&target, errno, reason);
	}
	if (mailer->session == NULL)
		ended(mailer, MAIL_CLOSED, reason);
}

/* ---- the server's addresses ---- */

/* Of the attempt, or of its first step. */
static void limit(struct mailer *mailer, uint64_t now_ns, unsigned steps)
{
	timers_set(mailer->timers, &mailer->timer,
		now_ns + steps * mailer->settings.server.timeout_us * 1000);
}

static bool take_address(const struct sockaddr *name, struct proto_addr *address)
{
	*address = (struct proto_addr){.family = (uint8_t)name->sa_family};
	if (name->sa_family == AF_INET)
		memcpy(address->bytes, &((const struct sockaddr_in *)(const void *)name)->sin_addr,
			4);
	else if (name->sa_family == AF_INET6)
		memcpy(address->bytes,
			&((const struct sockaddr_in6 *)(const void *)name)->sin6_addr, 16);
	return name->sa_family == AF_INET || name->sa_family == AF_INET6;
}

static void resolved(int result, struct evutil_addrinfo *found, void *arg)
{
	struct mailer *mailer = arg;
	char reason[PROTO_REASON_LEN] = "";

	if (result == EVUTIL_EAI_CANCEL)
		return;
	mailer->lookup = NULL;
	limit(mailer, clock_now_ns(), STEPS_LIMIT);
	if (result != 0)
		snprintf(reason, sizeof(reason), "%.80s cannot be resolved: %.50s",
			mailer->settings.server.server, evutil_gai_strerror(result));
	for (const struct evutil_addrinfo *one = found;
		one != NULL && mailer->addresses_count < ADDRESSES_MAX; one = one->ai_next) {
		if (take_address(one->ai_addr, &mailer->addresses[mailer->addresses_count]))
			mailer->addresses_count++;
	}
	if (found != NULL)
		evutil_freeaddrinfo(found);
	next_address(mailer, reason);
}

static void look_up(struct mailer *mailer)
{
	const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

	if (mailer->resolver == NULL) {
		next_address(mailer, "names cannot be resolved: no resolver could be set up");
		return;
	}
	/* NULL when it has called resolved() already, as for a name in hosts */
	mailer->lookup = evdns_getaddrinfo(
		mailer->resolver, mailer->settings.server.server, NULL, &hints, resolved, mailer);
}

static void begin(struct mailer *mailer, uint64_t now_ns)
{
	const struct conf_check_mail *server = &mailer->settings.server;

	mail_client_begin(&mailer->client, mailer->mail->wanted);
	limit(mailer, now_ns, STEPS_LIMIT);
	mailer->addresses_count = 0;
	mailer->address = 0;
	if (server->address.family == 0) {
		limit(mailer, now_ns, 1);
		look_up(mailer);
		return;
	}
	mailer->addresses[mailer->addresses_count++] = server->address;
	next_address(mailer, "");
}

static void too_late(struct mailer *mailer)
{
	char reason[PROTO_REASON_LEN];

	if (mailer->client.step == MAIL_STEP_DONE) {
		said(mailer);
		return;
	}
	if (mailer->lookup != NULL) {
		snprintf(reason, sizeof(reason), "%.80s cannot be resolved: no name server answers",
			mailer->settings.server.server);
		ended(mailer, MAIL_CLOSED, reason);
		return;
	}
	ended(mailer, mailer->client.step > MAIL_STEP_HELO ? MAIL_LATER : MAIL_CLOSED,
		"the mail server takes too long");
}

static void due(void *arg, uint64_t now_ns)
{
	struct mailer *mailer = arg;

	if (mailer->mail != NULL) {
		too_late(mailer);
		return;
	}
	mailer->mail = mail_queue_start(&mailer->queue, now_ns);
	if (mailer->mail != NULL)
		begin(mailer, now_ns);
	else
		plan(mailer);
}

/* ---- what others call ---- */

static void resolver_says(int is_warning, const char *text)
{
	if (is_warning)
		log_info("resolver: %s", text);
	else
		log_debug("resolver: %s", text);
}

static struct evdns_base *make_resolver(struct event_base *base)
{
	struct evdns_base *resolver = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);

	evdns_set_log_fn(resolver_says);
	if (resolver == NULL) {
		log_warnx("no resolver: a mail server has to be given by its address");
		return NULL;
	}
	int result = evdns_base_resolv_conf_parse(resolver, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	if (result != 0)
		log_debug("/etc/resolv.conf: %d", result);
	return resolver;
}

static void say_lost(struct state_page *page)
{
	uint64_t lost = state_mails_load(page);

	if (lost > 0)
		log_warnx("%llu mail%s waited in the checkerd before this one and %s lost",
			(unsigned long long)lost, lost == 1 ? "" : "s", lost == 1 ? "is" : "are");
	state_mails_store(page, 0);
}

struct mailer *mailer_new(struct event_base *base, struct timers *timers, struct state_page *page)
{
	struct mailer *mailer = calloc(1, sizeof(*mailer));

	if (mailer == NULL)
		fatal("mail");
	mailer->base = base;
	mailer->timers = timers;
	mailer->page = page;
	say_lost(page);
	mailer->resolver = make_resolver(base);
	timer_init(&mailer->timer, due, mailer);
	return mailer;
}

void mailer_apply(struct mailer *mailer, const struct mail_settings *settings)
{
	if (mail_settings_equal(&mailer->settings, settings))
		return;
	drop_attempt(mailer);
	mailer->settings = *settings;
	mail_queue_restart(&mailer->queue, mail_settings_wanted(settings), clock_now_ns());
	if (!settings->given) {
		size_t lost = mail_queue_clear(&mailer->queue);
		if (lost != 0)
			log_warnx("%zu mails are dropped: nobody is to be mailed any more", lost);
	}
	plan(mailer);
}

void mailer_add(struct mailer *mailer, const struct check_mail *what)
{
	if (!mailer->settings.given)
		return;
	struct mail *oldest = mail_queue_add(
		&mailer->queue, what, mail_settings_wanted(&mailer->settings), clock_now_ns());
	if (oldest != NULL) {
		log_warnx("%d mails wait: the oldest is dropped, %llu so far: %s", MAIL_QUEUE_MAX,
			(unsigned long long)mailer->queue.dropped, oldest->what.subject);
		free(oldest);
	}
	if (mailer->mail == NULL)
		plan(mailer);
	else
		state_mails_store(mailer->page, mailer->queue.count);
}

void mailer_stop(const struct mailer *mailer)
{
	if (mailer->queue.count > 0)
		log_warnx("%zu mails were not sent", mailer->queue.count);
	state_mails_store(mailer->page, 0); /* it is said */
}
