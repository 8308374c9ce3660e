/* The items about mail. */
#include "conf/mail.h"
#include "conf/push.h"
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

void conf_push_mail(const struct conf *conf, struct conf_items *items)
{
	const struct conf_word *word;
	if (!conf_mail_is_sent(conf))
		return;
	conf_items_put(items, CONF_CHECK_MAIL)->check_mail = server_item(&conf->global);
	TAILQ_FOREACH(word, &conf->global.notification_emails, entry)
	{
		struct conf_check_recipient *item =
			&conf_items_put(items, CONF_CHECK_RECIPIENT)->check_recipient;
		proto_string_set(item->address, sizeof(item->address), word->text);
	}
}
