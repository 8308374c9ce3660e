/* ipvsd's part of conf_items(). */
#ifndef HOLDFAST_CONF_PUSH_IPVS_H
#define HOLDFAST_CONF_PUSH_IPVS_H

#include "conf/conf_push.h"

/* As conf_items(). */
struct conf_item *conf_ipvs_items(const struct conf *conf, size_t *count);

#endif
