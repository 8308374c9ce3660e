/* Gratuitous ARP (RFC 5227 §3): broadcast requests with the virtual address as sender and target,
 * so that hosts and switches learn where it is now. */
#ifndef HOLDFAST_VRRPD_GARP_H
#define HOLDFAST_VRRPD_GARP_H

#include <stddef.h>
#include <stdint.h>

struct garp;
struct instance;
struct interface;
struct vip;
struct vrrpd;

/* fd as from vrrp_socket_open_frames(); it stays the caller's. NULL with errno. */
struct garp *garp_new(struct vrrpd *vrrpd, int fd);
void garp_free(struct garp *garp);

/* vrrp_garp_interval: the least time between two on one interface, 0 none. */
void garp_set_interval(struct garp *garp, uint64_t interval_ns);

/* This many announcements of an address, with the next flush or, with an interval, from then on.
 * Interfaces without ARP are left out. */
void garp_push(struct garp *garp, struct vip *vip, uint32_t rounds);
void garp_flush(struct garp *garp);
/* How many addresses the next flush announces. */
size_t garp_waiting(const struct garp *garp);

/* Forgets what still waits for an instance. */
void garp_cancel(struct garp *garp, const struct instance *instance);
/* Forgets what still waits on an interface. */
void garp_cancel_interface(struct garp *garp, struct interface *interface);

#endif
