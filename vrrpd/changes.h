/* State changes on their way to the log, into the state page and to parentd: told after the
 * advertisements and addresses that they brought are out. */
#ifndef HOLDFAST_VRRPD_CHANGES_H
#define HOLDFAST_VRRPD_CHANGES_H

#include <stddef.h>

struct changes;
struct instance;
struct vrrp_action;
struct vrrpd;

struct changes *changes_new(struct vrrpd *vrrpd);
void changes_free(struct changes *changes);
void changes_push(
	struct changes *changes, struct instance *instance, const struct vrrp_action *action);
void changes_flush(struct changes *changes);
/* Something else has changed that parentd is to know: the next flush has it look at the records. */
void changes_announce(struct changes *changes, struct instance *instance);
/* How many the next flush tells. */
size_t changes_waiting(const struct changes *changes);

#endif
