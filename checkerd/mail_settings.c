#include "checkerd/mail_settings.h"

#include <stdio.h>
#include <string.h>

int mail_settings_item(struct mail_settings *settings, enum proto_type type, const void *body,
	char *reason, size_t size)
{
	if (type == CONF_CHECK_MAIL && !settings->given) {
		settings->given = true;
		settings->server = *(const struct conf_check_mail *)body;
		return 0;
	}
	if (type == CONF_CHECK_RECIPIENT && settings->given &&
		settings->recipients < MAIL_RECIPIENTS_MAX) {
		const struct conf_check_recipient *recipient = body;
		proto_string_set(
			settings->to[settings->recipients++], PROTO_MAIL_LEN, recipient->address);
		return 0;
	}
	snprintf(reason, size, "%s: a second mail server, or more than %d recipients",
		proto_type_name((uint16_t)type), MAIL_RECIPIENTS_MAX);
	return -1;
}

/* An argument of an SMTP command: no blanks, no brackets, no lines. */
static bool is_word(const char *text)
{
	const char *c;

	for (c = text; *c > ' ' && *c <= '~' && *c != '<' && *c != '>'; c++)
		continue;
	return c > text && *c == '\0';
}

int mail_settings_judge(const struct mail_settings *settings, char *reason, size_t size)
{
	const struct conf_check_mail *server = &settings->server;

	if (!settings->given)
		return 0;
	if (server->recipients != settings->recipients || settings->recipients == 0) {
		snprintf(reason, size, "mail: %zu recipients of %u", settings->recipients,
			server->recipients);
		return -1;
	}
	if ((server->address.family == 0 && !is_word(server->server)) || server->port == 0 ||
		server->timeout_us == 0) {
		snprintf(reason, size, "mail: the server has no name, port or time limit");
		return -1;
	}
	bool good = is_word(server->helo) && is_word(server->from);
	for (size_t i = 0; i < settings->recipients; i++)
		good = good && is_word(settings->to[i]);
	if (!good)
		snprintf(reason, size,
			"mail: an address or the name for HELO has blanks, brackets or other than "
			"ASCII");
	return good ? 0 : -1;
}

bool mail_settings_equal(const struct mail_settings *a, const struct mail_settings *b)
{
	return a->given == b->given && a->recipients == b->recipients &&
	       memcmp(&a->server, &b->server, sizeof(a->server)) == 0 &&
	       memcmp(a->to, b->to, sizeof(a->to)) == 0;
}

struct mail_envelope mail_settings_envelope(const struct mail_settings *settings)
{
	return (struct mail_envelope){.helo = settings->server.helo,
		.from = settings->server.from,
		.to = settings->to,
		.recipients = settings->recipients};
}

uint64_t mail_settings_wanted(const struct mail_settings *settings)
{
	return settings->recipients == MAIL_RECIPIENTS_MAX
		       ? UINT64_MAX
		       : (UINT64_C(1) << settings->recipients) - 1;
}
