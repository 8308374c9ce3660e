/* Sends mail: finds the server, delivers what waits, one mail after the other, each over a
 * connection of its own, and says in the log what became of it. Never blocks: names are resolved by
 * evdns. */
#ifndef HOLDFAST_CHECKERD_MAILER_H
#define HOLDFAST_CHECKERD_MAILER_H

#include "checkerd/mail_settings.h"
#include "proto/proto.h"

struct event_base;
struct mailer;
struct state_page;
struct timers;

/* To be called before the sandbox closes: resolv.conf and hosts are read here and never again, and
 * the sockets to the name servers are opened. All that is passed stays the caller's. page has the
 * number of mails that wait: says how many were lost with a predecessor. Fatal when memory is out.
 */
struct mailer *mailer_new(struct event_base *base, struct timers *timers, struct state_page *page);

/* A configuration comes into force. When it says the same as before, nothing happens; otherwise
 * what waits is tried anew with it, or is lost when nobody is to be mailed any more. */
void mailer_apply(struct mailer *mailer, const struct mail_settings *settings);

/* To be mailed to everybody. */
void mailer_add(struct mailer *mailer, const struct check_mail *what);

/* The process ends: says how many mails are lost by that. */
void mailer_stop(const struct mailer *mailer);

#endif
