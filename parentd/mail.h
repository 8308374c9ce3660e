/* Mail about changes of state: which of them are mailed, and in what words. checkerd sends it,
 * since that is the process that may talk to servers; until it works with the configuration in
 * force, as at the start, mail waits here. */
#ifndef HOLDFAST_MAIL_H
#define HOLDFAST_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "parentd/events.h"

struct conf_items;
struct mailing;
struct parent;

/* Asks for the name of this host, so before the sandbox closes. Fatal when memory is out. */
struct mailing *mailing_new(struct parent *parent);

/* Puts the name of this host where the items about mail lack a sender or a name for HELO. */
void mailing_fill_items(const struct mailing *mailing, const struct conf_items *items);

/* A change of state, which is news: mails it if the configuration wants that. */
void mailing_event(struct mailing *mailing, const struct state_event *event);

/* A checker changed its verdict, and with it nothing else: mailed unless no_checker_emails is set.
 * real is its server, both names as in struct state_event; checker is what it is called in words.
 */
void mailing_checker(struct mailing *mailing, const struct conf_real_server *real,
	const char *real_name, const char *virtual_name, const char *checker, bool up,
	const char *reason);

/* checkerd was told to apply the configuration in force, or is known to work with it: it gets what
 * waits.
 */
void mailing_flush(struct mailing *mailing);

#endif
