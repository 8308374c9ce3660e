/* Asks the suite for its metrics, over the control socket. */
#ifndef HOLDFAST_EXPORTER_FETCH_H
#define HOLDFAST_EXPORTER_FETCH_H

#include <stddef.h>

#include "exporter/http_request.h"

struct evbuffer;
struct event_base;
struct fetch;

#define FETCH_SECONDS  12                  /* ipvsd may take 10 */
#define FETCH_TEXT_MAX ((size_t)128 << 20) /* some 60,000 real servers */
#define FETCH_LINE_MAX ((size_t)1 << 20)   /* of one reply */

/* text is the callee's; NULL: problem says why there is none. The fetch is gone then. */
typedef void (*fetch_done_fn)(struct evbuffer *text, const char *problem, void *arg);

/* done() is called later, not from in here. NULL without memory. */
struct fetch *fetch_new(struct event_base *base, const char *socket_path,
	enum metrics_format format, fetch_done_fn done, void *arg);

#endif
