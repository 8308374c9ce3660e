/* The VRRP daemon: advertisements in and out, virtual addresses, gratuitous ARP. */
#ifndef HOLDFAST_VRRPD_H
#define HOLDFAST_VRRPD_H

/* The whole life of the process; does not return. */
void vrrpd_run(int argc, char **argv) __attribute__((noreturn));

#endif
