/* The items about mail. */
#include "conf/conf_push.h"
#include "conf/mail.h"
#include "conf/stage.h"
#include "conf/value.h"

static struct conf_check_mail server_item(const struct conf_global *global)
{
	struct conf_check_mail item = {.port = (uint16_t)global->smtp_port,
		.timeout_us = (uint64_t)global->smtp_connect_timeout_s * 1000000};
	const struct conf_word *word;
	if (value_address(global->smtp_server, &item.address) != NULL) {
		item.address = (struct proto_addr){0};
		proto_string_set(item.server, sizeof(item.server), global->smtp_server);
	}
	if (global->smtp_helo_name != NULL)
		proto_string_set(item.helo, sizeof(item.helo), global->smtp_helo_name);
	if (global->notification_email_from != NULL)
		proto_string_set(item.from, sizeof(item.from), global->notification_email_from);
	TAILQ_FOREACH(word, &global->notification_emails, entry)
	item.recipients++;
	return item;
}

size_t conf_put_mail(const struct conf *conf, struct conf_item *items)
{
	const struct conf_word *word;
	if (!conf_mail_is_sent(conf))
		return 0;
	const struct conf_check_mail server = server_item(&conf->global);
	if (items == NULL)
		return 1u + server.recipients;
	items->type = CONF_CHECK_MAIL;
	items++->body.check_mail = server;
	TAILQ_FOREACH(word, &conf->global.notification_emails, entry)
	{
		items->type = CONF_CHECK_RECIPIENT;
		proto_string_set(items->body.check_recipient.address,
			sizeof(items->body.check_recipient.address), word->text);
		items++;
	}
	return 1u + server.recipients;
}
