/* Who is mailed about what: the inheritance of smtp_alert, resolved. Functions of the model alone.
 */
#ifndef HOLDFAST_CONF_MAIL_H
#define HOLDFAST_CONF_MAIL_H

#include "conf/conf.h"

/* As CONF_CHECK_RECIPIENT has room for, and checkerd for bits. */
#define CONF_RECIPIENTS_MAX 64

/* Is a mail due when it changes? Instances and groups: their own smtp_alert, then smtp_alert_vrrp,
 * then smtp_alert, then not. Servers likewise with smtp_alert_checker; a virtual server then not, a
 * real server then yes. Whether anybody is there to be mailed is another question. */
bool conf_mail_about_instance(const struct conf *conf, const struct conf_instance *instance);
bool conf_mail_about_group(const struct conf *conf, const struct conf_group *group);
bool conf_mail_about_virtual(const struct conf *conf, const struct conf_virtual_server *server);
bool conf_mail_about_real(const struct conf *conf, const struct conf_real_server *real);

/* There are a server and recipients, and something that is mailed about. */
bool conf_mail_is_sent(const struct conf *conf);

/* One argument of an SMTP command: printable ASCII without blanks and angle brackets, not too long.
 * NULL, or what is wrong, as the end of a sentence. */
const char *conf_mail_word(const char *word);

#endif
