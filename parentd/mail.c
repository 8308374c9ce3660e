#include "parentd/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "conf/items.h"
#include "conf/mail.h"
#include "parentd/parent.h"

#define WAITING_MAX 32

struct mailing {
	struct parent *parent;
	char host[PROTO_HOST_LEN];
	struct check_mail *waiting; /* oldest first */
	size_t count;
};

struct mailing *mailing_new(struct parent *parent)
{
	struct mailing *mailing = calloc(1, sizeof(*mailing));

	if (mailing == NULL)
		fatal("mail");
	mailing->waiting = calloc(WAITING_MAX, sizeof(*mailing->waiting));
	if (mailing->waiting == NULL)
		fatal("mail");
	mailing->parent = parent;
	if (gethostname(mailing->host, sizeof(mailing->host) - 1) == -1 ||
		conf_mail_word(mailing->host) != NULL)
		proto_string_set(mailing->host, sizeof(mailing->host), "localhost");
	return mailing;
}

void mailing_fill_items(const struct mailing *mailing, const struct conf_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->list[i].type != CONF_CHECK_MAIL)
			continue;
		struct conf_check_mail *mail = &items->list[i].body->check_mail;
		if (mail->helo[0] == '\0')
			proto_string_set(mail->helo, sizeof(mail->helo), mailing->host);
		if (mail->from[0] == '\0')
			snprintf(mail->from, sizeof(mail->from), "holdfast@%.240s", mailing->host);
	}
}

/* ---- to checkerd ---- */

static bool checkerd_listens(const struct mailing *mailing)
{
	const struct transaction *transaction = &mailing->parent->transaction;
	const struct transaction_peer *peer = &transaction->peers[PROTO_CHECK];

	return peer->up && transaction->current != 0 &&
	       (peer->in_force == transaction->current ||
		       (peer->applying && peer->asked == transaction->current));
}

void mailing_flush(struct mailing *mailing)
{
	struct parent *parent = mailing->parent;
	size_t given = 0;

	if (!checkerd_listens(mailing))
		return;
	while (given < mailing->count &&
		parent_child_send(&parent->children[PROTO_CHECK], CHECK_MAIL,
			parent->transaction.current, &mailing->waiting[given]) == 0)
		given++;
	mailing->count -= given;
	memmove(mailing->waiting, mailing->waiting + given,
		mailing->count * sizeof(*mailing->waiting));
}

/* Not with --vrrp. */
static bool checkerd_is_wanted(const struct mailing *mailing)
{
	return (mailing->parent->transaction.current_needs & UINT32_C(1) << PROTO_CHECK) != 0;
}

static void add(struct mailing *mailing, const struct check_mail *mail)
{
	if (!checkerd_is_wanted(mailing)) {
		log_warnx("mail dropped, as checkerd is not to run: %s", mail->subject);
		return;
	}
	if (mailing->count == WAITING_MAX) {
		log_warnx("mail dropped, as checkerd does not come up: %s",
			mailing->waiting[0].subject);
		mailing->count--;
		memmove(mailing->waiting, mailing->waiting + 1,
			mailing->count * sizeof(*mailing->waiting));
	}
	mailing->waiting[mailing->count++] = *mail;
	mailing_flush(mailing);
}

/* ---- what is mailed ---- */

static bool is_wanted(const struct conf *conf, const struct state_event *event)
{
	bool to_fault = event->state == EVENT_FAULT && conf->global.no_email_faults;
	bool of_vrrp = event->state >= EVENT_MASTER && event->state <= EVENT_FAULT && !to_fault;
	bool of_server = event->state == EVENT_UP || event->state == EVENT_DOWN;

	switch (event->kind) {
	case EVENT_INSTANCE:
		return of_vrrp && event->instance != NULL &&
		       conf_mail_about_instance(conf, event->instance);
	case EVENT_GROUP:
		return of_vrrp && event->group != NULL && conf_mail_about_group(conf, event->group);
	case EVENT_VIRTUAL_SERVER:
		return of_server && event->virtual_conf != NULL &&
		       conf_mail_about_virtual(conf, event->virtual_conf);
	case EVENT_REAL_SERVER:
		return of_server && event->real_conf != NULL &&
		       conf_mail_about_real(conf, event->real_conf);
	}
	return false;
}

/* What has changed, as keepalived's subjects name it. */
static void name_it(const struct state_event *event, char *text, size_t size)
{
	switch (event->kind) {
	case EVENT_INSTANCE:
		snprintf(text, size, "VRRP Instance %s", event->name);
		return;
	case EVENT_GROUP:
		snprintf(text, size, "VRRP Group %s", event->name);
		return;
	case EVENT_VIRTUAL_SERVER:
		snprintf(text, size, "Virtualserver %s", event->name);
		return;
	case EVENT_REAL_SERVER:
		snprintf(text, size, "Realserver %s of virtual server %s", event->name,
			event->virtual_server);
		return;
	}
}

static void compose(struct mailing *mailing, const char *what, const char *change,
	const char *detail, const char *reason)
{
	const struct conf *conf = mailing->parent->conf;
	const char *router =
		conf->global.router_id != NULL ? conf->global.router_id : mailing->host;
	struct check_mail mail = {.wall_s = (int64_t)time(NULL)};
	bool why = reason != NULL && reason[0] != '\0';

	snprintf(mail.subject, sizeof(mail.subject), "[%.80s] %s - %s", router, what, change);
	snprintf(mail.text, sizeof(mail.text), "%s on %.80s: %s%s\n%s%s%s", what, router, change,
		detail, why ? "Reason: " : "", why ? reason : "", why ? "\n" : "");
	add(mailing, &mail);
}

void mailing_event(struct mailing *mailing, const struct state_event *event)
{
	const struct conf *conf = mailing->parent->conf;
	bool of_server = event->kind == EVENT_VIRTUAL_SERVER || event->kind == EVENT_REAL_SERVER;
	char what[2 * PROTO_NAME_LEN + 40], change[40], detail[32] = "";

	if (conf == NULL || !conf_mail_is_sent(conf) || !is_wanted(conf, event))
		return;
	name_it(event, what, sizeof(what));
	snprintf(change, sizeof(change), of_server ? "%s" : "Entering %s state",
		event_state_name(event->state));
	if (event->kind == EVENT_INSTANCE)
		snprintf(detail, sizeof(detail), " with priority %u", event->priority);
	compose(mailing, what, change, detail, event->reason);
}

void mailing_checker(struct mailing *mailing, const struct conf_real_server *real,
	const char *real_name, const char *virtual_name, const char *checker, bool up,
	const char *reason)
{
	const struct conf *conf = mailing->parent->conf;
	char what[2 * PROTO_NAME_LEN + 80];

	if (conf == NULL || conf->global.no_checker_emails || !conf_mail_is_sent(conf) ||
		!conf_mail_about_real(conf, real))
		return;
	snprintf(what, sizeof(what), "%s of realserver %s of virtual server %s", checker, real_name,
		virtual_name);
	compose(mailing, what, up ? "UP" : "DOWN", "", reason);
}
