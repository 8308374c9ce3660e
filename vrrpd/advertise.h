/* The advertisements of an instance: encoded once, sent many times. */
#ifndef HOLDFAST_VRRPD_ADVERTISE_H
#define HOLDFAST_VRRPD_ADVERTISE_H

#include <stdint.h>

struct instance;
struct packet;

/* Queues one advertisement, or one for every unicast peer. */
void advertise_send(struct instance *instance, uint8_t priority);

/* For the transmission queue: an advertisement could not be sent. arg is the struct vrrpd. */
void advertise_failed(struct packet *packet, int error, void *arg);

void advertise_free(struct instance *instance);

#endif
