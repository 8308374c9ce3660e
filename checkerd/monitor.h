/* Real and virtual servers of the configuration in force: runs their checkers, keeps what they
 * found in the state page, and tells parentd. */
#ifndef HOLDFAST_CHECKERD_MONITOR_H
#define HOLDFAST_CHECKERD_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include "checkerd/check_conf.h"
#include "proto/proto.h"

struct child;
struct state_page;
struct timers;

struct monitor;

/* page is the writable state page; it, tools and timers stay the caller's. Reads what a predecessor
 * left. Fatal when memory is out. */
struct monitor *monitor_new(
	const struct kind_tools *tools, struct state_page *page, struct timers *timers);

/* Messages go through this channel; to be set before anything is applied. */
void monitor_set_child(struct monitor *monitor, struct child *child);

/* Number of records of checkers left by a predecessor. */
size_t monitor_left(const struct monitor *monitor);

/* Has the kinds make what checkers of conf need that are new. After check_conf_commit(). Returns 0,
 * or -1 with a sentence in reason. */
int monitor_prepare(
	const struct monitor *monitor, struct check_conf *conf, char *reason, size_t size);

/* Takes over a committed and prepared configuration, which is empty then. A checker that was there
 * before goes on, also with the attempt that is under way; the others begin. Tells parentd all. */
void monitor_apply(struct monitor *monitor, struct check_conf *conf);

/* Tells parentd the states of all checkers, real servers and virtual servers. */
void monitor_tell_all(struct monitor *monitor);

/* From parentd: how the command of a MISC_CHECK ended, what a track_file holds, ha_suspend. What is
 * not waited for is passed over. */
void monitor_ran(struct monitor *monitor, const struct check_ran *ran);
void monitor_file_value(struct monitor *monitor, const struct check_file_value *value);
void monitor_suspend(struct monitor *monitor, const struct check_suspend *suspend);

#endif
