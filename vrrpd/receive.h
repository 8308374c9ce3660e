/* Advertisements on their way in: one socket for each interface, read in batches. */
#ifndef HOLDFAST_VRRPD_RECEIVE_H
#define HOLDFAST_VRRPD_RECEIVE_H

#include <stdint.h>

struct interface;
struct receive;
struct vrrpd;

struct receive *receive_new(void);
void receive_free(struct receive *receive);

/* Opens, reopens or closes the interface's socket as its state and its instances demand. After a
 * failure (logged) it has none. */
void receive_update(struct vrrpd *vrrpd, struct interface *interface);

/* One more, one less user of a multicast group on the interface. */
void receive_join(struct interface *interface, uint32_t group);
void receive_leave(struct interface *interface, uint32_t group);

/* Reads everything that waits and hands it to the instances. A second call with the same now_ns
 * does nothing. */
void receive_drain(struct vrrpd *vrrpd, struct interface *interface, uint64_t now_ns);

#endif
