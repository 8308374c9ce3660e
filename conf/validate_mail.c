/* Judges what is said about mail. */
#include "conf/finding.h"
#include "conf/mail.h"
#include "conf/stage.h"

static bool judge_word(
	struct conf *conf, const struct conf_place *place, const char *word, const char *name)
{
	const char *wrong = word != NULL ? conf_mail_word(word) : NULL;
	if (wrong != NULL)
		conf_error(conf, place, "%s '%s' %s", name, word, wrong);
	return wrong == NULL;
}

static void judge_recipients(struct conf *conf)
{
	struct conf_words *words = &conf->global.notification_emails;
	struct conf_word *word = TAILQ_FIRST(words);
	unsigned count = 0;
	while (word != NULL) {
		struct conf_word *next = TAILQ_NEXT(word, entry);
		bool good = judge_word(conf, &word->place, word->text, "the mail address");
		if (good && ++count > CONF_RECIPIENTS_MAX) {
			conf_error(conf, &word->place, "more than %d mail addresses",
				CONF_RECIPIENTS_MAX);
			good = false;
		}
		if (!good && conf->lenient)
			TAILQ_REMOVE(words, word, entry);
		word = next;
	}
}

/* Where it is asked for, not merely the default; NULL: nowhere. */
static const struct conf_place *wanted_in_vrrp(const struct conf *conf)
{
	const struct conf_instance *instance;
	const struct conf_group *group;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	if (instance->smtp_alert == CONF_ON)
		return &instance->smtp_alert_place;
	TAILQ_FOREACH(group, &conf->groups, entry)
	if (group->smtp_alert == CONF_ON)
		return &group->place;
	return NULL;
}

static const struct conf_place *wanted_in_services(const struct conf *conf)
{
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	{
		if (server->smtp_alert == CONF_ON)
			return &server->place;
		TAILQ_FOREACH(real, &server->real_servers, entry)
		if (real->smtp_alert == CONF_ON)
			return &real->place;
	}
	return NULL;
}

static const struct conf_place *wanted(const struct conf *conf)
{
	const struct conf_global *global = &conf->global;
	if (global->smtp_alert == CONF_ON || global->smtp_alert_vrrp == CONF_ON ||
		global->smtp_alert_checker == CONF_ON)
		return &global->smtp_alert_place;
	const struct conf_place *place = wanted_in_vrrp(conf);
	return place != NULL ? place : wanted_in_services(conf);
}

/* Either half alone does nothing, silently with keepalived. */
static void judge_completeness(struct conf *conf)
{
	const struct conf_global *global = &conf->global;
	const struct conf_place *place = wanted(conf);
	bool recipients = !TAILQ_EMPTY(&global->notification_emails);
	if (place != NULL && (global->smtp_server == NULL || !recipients))
		conf_warning(conf, place, "'smtp_alert' has no effect: global_defs has no %s",
			global->smtp_server == NULL
				? recipients ? "'smtp_server', so nobody takes the mail"
					     : "'smtp_server' and no 'notification_email'"
				: "'notification_email', so nobody is to be mailed");
	else if (global->smtp_server != NULL && recipients && !conf_mail_is_sent(conf))
		conf_note(conf, &global->smtp_server_place,
			"nobody will be mailed: 'smtp_alert' is set nowhere, and is off by default "
			"but "
			"for real servers");
}

void conf_validate_mail(struct conf *conf)
{
	struct conf_global *global = &conf->global;
	unsigned errors = conf->errors;
	judge_recipients(conf);
	if (!judge_word(
		    conf, &global->from_place, global->notification_email_from, "the mail address"))
		global->notification_email_from = NULL;
	if (!judge_word(conf, &global->smtp_helo_place, global->smtp_helo_name, "the name"))
		global->smtp_helo_name = NULL;
	if (!judge_word(conf, &global->smtp_server_place, global->smtp_server, "the mail server"))
		global->smtp_server = NULL;
	if (conf->errors == errors)
		judge_completeness(conf);
}
