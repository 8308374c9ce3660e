/* What is executed, or written to, when a state changes: every command and fifo of the
 * configuration in one walk, for whoever judges them and for whoever needs their users. */
#ifndef HOLDFAST_CONF_NOTIFY_H
#define HOLDFAST_CONF_NOTIFY_H

#include "conf/conf.h"

/* One of them. */
struct conf_notify {
	const char *keyword; /* "notify_master" */
	const char *of;      /* "vrrp_instance 'VI_1'"; lives as long as the call */
	const struct conf_command *command;
	bool is_fifo; /* command->line is the path of a fifo */
};

/* Calls take for each that is given and belongs to something that is run. */
void conf_notify_each(const struct conf *conf,
	void (*take)(const struct conf_notify *notify, void *arg), void *arg);

#endif
