/* What ipvsd shows of the kernel's table, row by row, as the text of a JSON object: ten thousand
 * rows are never in memory as objects, nor made all at once. */
#ifndef HOLDFAST_IPVS_ROWS_H
#define HOLDFAST_IPVS_ROWS_H

#include <stddef.h>

#include "proto/proto.h"

struct ipvs_rows;
struct services;

/* Of a longer answer the rest is not kept. */
#define IPVS_ROWS_TEXT_MAX (15U << 20)

/* name is that of a virtual server or an address of one, what else there is is left out; empty:
 * all. It and services stay the caller's and as they are. Returns NULL without memory. */
struct ipvs_rows *ipvs_rows_new(const struct services *services, const char *name);
void ipvs_rows_free(struct ipvs_rows *rows);

/* Each returns 0, or -1: without memory, more than IPVS_ROWS_TEXT_MAX. */
int ipvs_rows_service(struct ipvs_rows *rows, const struct ipvs_shown_service *service);
/* A real server of the service before it; there must be one. */
int ipvs_rows_real(struct ipvs_rows *rows, const struct ipvs_shown_real *real);

/* Number of services so far that were not left out. */
size_t ipvs_rows_services(const struct ipvs_rows *rows);

/* The whole, {"ok": true, "services": […], "sync": …, "problem": …}, which lives as long as rows
 * do; nothing is added behind it. NULL as above. */
const char *ipvs_rows_end(struct ipvs_rows *rows, const struct ipvs_shown_end *end, size_t *length);

#endif
