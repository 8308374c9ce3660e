/* The Accept field of a request (RFC 9110 §12.5.1): which of two formats a client would rather
 * have. Free of I/O. */
#ifndef HOLDFAST_EXPORTER_ACCEPT_H
#define HOLDFAST_EXPORTER_ACCEPT_H

#include <stddef.h>

#include "exporter/http_request.h"

/* How much each is wanted, in thousandths. All zero at first. */
struct accept {
	unsigned open;  /* application/openmetrics-text */
	unsigned plain; /* text/plain, and whatever there is */
};

/* One field's value; what is no media range in it is passed over. */
void accept_take(struct accept *accept, const char *value, size_t length);

/* OpenMetrics only for who asks for it by name and does not like the other one better. */
enum metrics_format accept_format(const struct accept *accept);

#endif
