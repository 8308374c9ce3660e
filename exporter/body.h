/* An answer that several clients are sent: it lives as long as one of them needs it. */
#ifndef HOLDFAST_EXPORTER_BODY_H
#define HOLDFAST_EXPORTER_BODY_H

#include <stddef.h>

struct body;
struct evbuffer;

/* Takes over text, in any case. NULL without memory. */
struct body *body_new(struct evbuffer *text);
struct body *body_hold(struct body *body);
void body_drop(struct body *body); /* NULL is fine */

size_t body_length(const struct body *body);
/* Adds it to a buffer without copying. Returns 0, or -1. */
int body_send(struct body *body, struct evbuffer *to);

#endif
