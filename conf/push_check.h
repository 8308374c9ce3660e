/* checkerd's part of conf_items(). */
#ifndef HOLDFAST_CONF_PUSH_CHECK_H
#define HOLDFAST_CONF_PUSH_CHECK_H

#include "conf/conf_push.h"

/* Scripts that are tracked and MISC_CHECKs are numbered together, the scripts first, as conf has
 * them. */
struct conf_item *conf_check_items(const struct conf *conf, size_t *count);

#endif
