/* An address as the operator's JSON has it. */
#ifndef HOLDFAST_ADDRESS_JSON_H
#define HOLDFAST_ADDRESS_JSON_H

#include <jansson.h>

#include "proto/proto_types.h"

/* A new reference; null when there is none. */
json_t *address_json(const struct proto_addr *address);

#endif
