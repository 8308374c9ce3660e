/* The sockets that advertisements come and go through. */
#ifndef HOLDFAST_VRRPD_VRRP_SOCKET_H
#define HOLDFAST_VRRPD_VRRP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A raw socket that receives VRRP on one interface (ifname empty: on all), unfragmented packets
 * only, IP header first, groups as joined. What arrived before it was bound is discarded. Returns
 * the descriptor, or -1 with errno. */
int vrrp_socket_open_receive(const char *ifname);

/* Room for bursts of this many instances. Best effort. */
void vrrp_socket_receive_buffer(int fd, size_t instances);

/* Joins or leaves a multicast group on an interface. Returns 0, or -1 with errno. */
int vrrp_socket_membership(int fd, int ifindex, uint32_t group, bool join);

/* For whole IPv4 packets with the destination and, in IP_PKTINFO, the interface per message. */
int vrrp_socket_open_send(void);

/* For whole Ethernet frames with the interface per message; receives nothing. Multicast goes out
 * here: it costs a third less than the way through IP, and a firewall being reloaded does not stop
 * it. */
int vrrp_socket_open_frames(void);

#endif
