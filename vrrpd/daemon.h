/* What the parts of the daemon share. */
#ifndef HOLDFAST_VRRPD_DAEMON_H
#define HOLDFAST_VRRPD_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/timers.h"
#include "proto/state_page.h"
#include "vrrpd/interface.h"

struct addresses;
struct changes;
struct child;
struct config;
struct event_base;
struct garp;
struct groups;
struct instance;
struct page;
struct receive;
struct rtnl;
struct transmit;

struct vrrpd {
	struct event_base *base;
	struct child *child; /* NULL until everything is open */
	struct timers *timers;
	struct rtnl *rtnl;
	struct interfaces interfaces;
	struct transmit *transmit;
	struct receive *receive;
	struct addresses *addresses;
	struct garp *garp;
	struct page *page;
	struct changes *changes;
	struct groups *groups; /* NULL: none */
	struct timer housekeeping;
	struct timer release; /* release.c */

	struct config *pending; /* between CONF_BEGIN and CONF_APPLY */
	struct conf_vrrp_global global;
	struct conf_vrrp_script *scripts; /* what instances track by number */
	size_t scripts_count;
	struct conf_vrrp_tracked *tracked; /* files and processes */
	size_t tracked_count;
	bool configured; /* a configuration was applied */
	bool releasing;  /* release.c */
	uint64_t started_ns;
	uint64_t stall_logged_ns; /* stall.c */
	/* The running instances by the number of their record in the state page. */
	struct instance *instances[STATE_VRRP_INSTANCES];
	size_t instances_count;
};

/* Carries out what the state machines asked for since the last time, in the order in which it
 * matters: advertisements, addresses, gratuitous ARP, then log lines and reports. Called at the end
 * of everything that may have caused an action. */
void vrrpd_flush(struct vrrpd *vrrpd);

#endif
