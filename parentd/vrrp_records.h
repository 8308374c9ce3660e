/* What vrrpd's state page says of its instances. */
#ifndef HOLDFAST_VRRP_RECORDS_H
#define HOLDFAST_VRRP_RECORDS_H

#include <stddef.h>

#include "proto/state_page.h"

struct parent;

struct vrrp_records {
	struct state_vrrp_instance *list; /* in the order of the names; strings end with a NUL */
	size_t count;
};

/* All that are whole; none while there is no page. Fatal without memory. */
struct vrrp_records vrrp_records_read(struct parent *parent);
void vrrp_records_free(struct vrrp_records *records);

/* NULL when vrrpd does not know the instance (yet). */
const struct state_vrrp_instance *vrrp_records_find(
	const struct vrrp_records *records, const char *name);

#endif
