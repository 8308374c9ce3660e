#include "conf/mail.h"

#include <string.h>

static bool first_given(
	enum conf_tristate own, enum conf_tristate kind, enum conf_tristate global, bool standard)
{
	if (own != CONF_UNSET)
		return own == CONF_ON;
	if (kind != CONF_UNSET)
		return kind == CONF_ON;
	return global != CONF_UNSET ? global == CONF_ON : standard;
}

bool conf_mail_about_instance(const struct conf *conf, const struct conf_instance *instance)
{
	return first_given(
		instance->smtp_alert, conf->global.smtp_alert_vrrp, conf->global.smtp_alert, false);
}

bool conf_mail_about_group(const struct conf *conf, const struct conf_group *group)
{
	return first_given(
		group->smtp_alert, conf->global.smtp_alert_vrrp, conf->global.smtp_alert, false);
}

bool conf_mail_about_virtual(const struct conf *conf, const struct conf_virtual_server *server)
{
	return first_given(server->smtp_alert, conf->global.smtp_alert_checker,
		conf->global.smtp_alert, false);
}

bool conf_mail_about_real(const struct conf *conf, const struct conf_real_server *real)
{
	return first_given(
		real->smtp_alert, conf->global.smtp_alert_checker, conf->global.smtp_alert, true);
}

static bool about_vrrp(const struct conf *conf)
{
	const struct conf_instance *instance;
	const struct conf_group *group;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	if (!instance->not_implemented && conf_mail_about_instance(conf, instance))
		return true;
	TAILQ_FOREACH(group, &conf->groups, entry)
	if (conf_mail_about_group(conf, group))
		return true;
	return false;
}

static bool about_servers(const struct conf *conf)
{
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	{
		if (conf_mail_about_virtual(conf, server))
			return true;
		TAILQ_FOREACH(real, &server->real_servers, entry)
		if (conf_mail_about_real(conf, real))
			return true;
	}
	return false;
}

bool conf_mail_is_sent(const struct conf *conf)
{
	return conf->global.smtp_server != NULL &&
	       !TAILQ_EMPTY(&conf->global.notification_emails) &&
	       (about_vrrp(conf) || about_servers(conf));
}

const char *conf_mail_word(const char *word)
{
	size_t length = strlen(word);
	if (length == 0)
		return "is empty";
	if (length >= PROTO_MAIL_LEN)
		return "is longer than 255 characters";
	for (size_t i = 0; i < length; i++) {
		if (word[i] <= ' ' || word[i] > '~' || word[i] == '<' || word[i] == '>')
			return "holds blanks, angle brackets or letters that are not ASCII, which "
			       "cannot be sent to a mail server";
	}
	return NULL;
}
