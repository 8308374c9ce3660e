/* Where mail goes, as CONF_CHECK_MAIL and its CONF_CHECK_RECIPIENTs say it: collected and judged,
 * no I/O. */
#ifndef HOLDFAST_CHECKERD_MAIL_SETTINGS_H
#define HOLDFAST_CHECKERD_MAIL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "checkerd/mail_client.h"
#include "proto/proto.h"

struct mail_settings {
	bool given; /* else nobody is to be mailed */
	struct conf_check_mail server;
	size_t recipients;
	char to[MAIL_RECIPIENTS_MAX][PROTO_MAIL_LEN];
};

/* Takes in an item. Returns 0, or -1 with a sentence in reason. */
int mail_settings_item(struct mail_settings *settings, enum proto_type type, const void *body,
	char *reason, size_t size);

/* Judges the whole: is it complete, and can no word in it be more than one argument of a command?
 * Returns 0, or -1 with a sentence in reason. */
int mail_settings_judge(const struct mail_settings *settings, char *reason, size_t size);

bool mail_settings_equal(const struct mail_settings *a, const struct mail_settings *b);

/* The envelope points into settings. */
struct mail_envelope mail_settings_envelope(const struct mail_settings *settings);

/* A bit for every recipient. */
uint64_t mail_settings_wanted(const struct mail_settings *settings);

#endif
