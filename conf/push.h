/* What makes items of the model, a file for each process. */
#ifndef HOLDFAST_CONF_PUSH_H
#define HOLDFAST_CONF_PUSH_H

#include "conf/items.h"

/* One item more, all zero. Ends the process when memory is out. */
union conf_body *conf_items_put(struct conf_items *items, enum proto_type type);

void conf_push_vrrp(const struct conf *conf, struct conf_items *items);

/* Scripts that are tracked and MISC_CHECKs are numbered together, the scripts first, as conf has
 * them. */
void conf_push_check(const struct conf *conf, struct conf_items *items);

/* The last of checkerd's. The names of this host (sender, HELO) stay empty where they are not
 * given.
 */
void conf_push_mail(const struct conf *conf, struct conf_items *items);

void conf_push_ipvs(const struct conf *conf, struct conf_items *items);

#endif
