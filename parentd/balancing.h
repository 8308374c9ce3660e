/* What ipvsd has to know beyond its configuration: the states of servers as checkerd tells them,
 * and whether this host is the master of the instance that the sync daemon follows. And what ipvsd
 * cannot do, for the operator. */
#ifndef HOLDFAST_BALANCING_H
#define HOLDFAST_BALANCING_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct balancing;
struct conf_items;
struct parent;

/* Fatal without memory. */
struct balancing *balancing_new(struct parent *parent);

/* Puts what the command line says into ipvsd's items. */
void balancing_fill(const struct balancing *balancing, const struct conf_items *items);

/* Another configuration is in force from now on: what was about the servers of the one before is
 * forgotten. */
void balancing_adopt(struct balancing *balancing);

/* ipvsd was ordered to apply the configuration in force, or this parentd found it at work with it:
 * tells it all that is known, and that this is all. Nothing while it works with another one. */
void balancing_tell(struct balancing *balancing);

/* What is known of this server is another state than ipvsd was told: tells it at once. */
void balancing_real(struct balancing *balancing, uint32_t real);
void balancing_virtual(struct balancing *balancing, uint32_t virtual_server);

/* vrrpd's state page may say something else than before. */
void balancing_vrrp_look(struct balancing *balancing);

/* From ipvsd, of the configuration of this generation. */
void balancing_trouble(
	struct balancing *balancing, uint32_t generation, const struct ipvs_trouble *trouble);
/* It has ended. */
void balancing_gone(struct balancing *balancing);

/* What is wrong with a virtual server; NULL: nothing that ipvsd knows of. */
const char *balancing_problem(const struct balancing *balancing, size_t virtual_server);

/* For the operator: what concerns no single virtual server, ["sentence"…]. */
json_t *balancing_json(const struct balancing *balancing);

#endif
