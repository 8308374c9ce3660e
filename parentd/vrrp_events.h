/* What vrrpd's state page says, as events: its history, and where that does not reach, its records.
 */
#ifndef HOLDFAST_VRRP_EVENTS_H
#define HOLDFAST_VRRP_EVENTS_H

#include "proto/proto.h"

struct conf;
struct fifos;
struct notified;
struct parent;
struct vrrp_events;

/* Fatal without memory. */
struct vrrp_events *vrrp_events_new(struct parent *parent, struct notified *notified);

/* next will be in force: tells what of parent->conf is not in it any more. */
void vrrp_events_leave(struct vrrp_events *events, const struct conf *next);
/* parent->conf is in force. */
void vrrp_events_adopt(struct vrrp_events *events);

/* Tells what has changed since the last look, when vrrpd has the configuration in force: after it
 * said so, and when parentd knows what is in force. */
void vrrp_events_look(struct vrrp_events *events);

/* vrrpd has ended: it may have given its addresses up before. */
void vrrp_events_ended(struct vrrp_events *events);

/* From vrrpd. */
void vrrp_events_changed(struct vrrp_events *events, const struct vrrp_changed *changed);
void vrrp_events_heard_lower(struct vrrp_events *events, const struct vrrp_heard_lower *heard);

/* The state of every instance once more, to fifos alone. */
void vrrp_events_repeat(struct vrrp_events *events, struct fifos *fifos);

/* Every instance of which something was told stops. */
void vrrp_events_stop(struct vrrp_events *events);

#endif
