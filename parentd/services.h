/* Virtual servers, real servers and their checkers as checkerd tells of them: kept for the
 * operator, and passed on when they are news. */
#ifndef HOLDFAST_SERVICES_H
#define HOLDFAST_SERVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct parent;
struct services;

/* Fatal without memory. */
struct services *services_new(struct parent *parent);

/* Another configuration is in force from now on, parent->conf, or the same one in other memory.
 * What is known of a server of the same name stays. */
void services_adopt(struct services *services);

/* From checkerd, of the configuration of this generation. */
void services_real(
	struct services *services, uint32_t generation, const struct check_real_state *state);
void services_virtual(
	struct services *services, uint32_t generation, const struct check_virtual_state *state);
void services_checker(
	struct services *services, uint32_t generation, const struct check_checker_state *state);

/* checkerd works with the configuration in force, which this parentd has not pushed: it is asked
 * for all states. */
void services_ask(struct services *services);

/* The suite stops: with omega, servers that are up go down. */
void services_stop(struct services *services);

/* For the operator: [{"name", "address", …, "quorum_up", "real_servers": [{…, "checks"}]}]. Unless
 * name is empty, only virtual servers of that name or address. */
json_t *services_json(const struct services *services, const char *name);

#endif
