/* A configuration as parentd sends it: collected item by item, judged as a whole. No kernel, no
 * running state. */
#ifndef HOLDFAST_VRRPD_CONFIG_H
#define HOLDFAST_VRRPD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

/* One instance with its items. The items' instance number is zeroed, so that instances of two
 * configurations can be compared. */
struct config_instance {
	struct conf_vrrp_instance c;
	struct conf_vrrp_address *addresses;
	struct conf_vrrp_peer *peers;
	struct conf_vrrp_track_interface *tracks;
	struct conf_vrrp_track_script *script_tracks;
	struct conf_vrrp_track *things; /* tracked files and processes */
	/* collected so far; equal to the numbers in c once complete */
	uint16_t addresses_count;
	uint16_t peers_count;
	uint16_t tracks_count;
	uint16_t script_tracks_count;
	uint16_t things_count;
};

/* A sync group; members are places in the list of instances. */
struct config_group {
	struct conf_vrrp_group c;
	uint32_t *members;
	uint32_t members_count; /* collected so far; equal to the number in c once complete */
};

struct config {
	struct conf_vrrp_global global;
	struct conf_vrrp_script *scripts;
	size_t scripts_count;
	size_t scripts_room;
	struct conf_vrrp_tracked *tracked;
	size_t tracked_count;
	size_t tracked_room;
	struct config_instance **instances; /* apply takes elements out, leaving NULL */
	size_t count;
	size_t room;
	struct config_group *groups;
	size_t groups_count;
	size_t groups_room;
};

/* NULL with errno when memory is short. */
struct config *config_new(void);
void config_free(struct config *config);
void config_instance_free(struct config_instance *instance);

/* Adds one item. Returns 0, or -1 with a sentence in reason. */
int config_add(
	struct config *config, enum proto_type type, const void *body, char *reason, size_t size);

/* Judges the whole: numbers of items, ranges, no virtual router twice, no instance in two groups.
 * Returns 0, or -1 with a
 * sentence in reason. */
int config_check(const struct config *config, char *reason, size_t size);

/* True when both say the same. */
bool config_instance_equal(const struct config_instance *a, const struct config_instance *b);

/* Orders virtual routers by their key (interface, family, VRID). */
int config_key_compare(const struct conf_vrrp_instance *a, const struct conf_vrrp_instance *b);

/* For every address of to, the place in from of the same address (all but its flags), or
 * SIZE_MAX: match has to_count elements. Returns 0, or -1 with errno. */
int config_address_match(const struct conf_vrrp_address *from, size_t from_count,
	const struct conf_vrrp_address *to, size_t to_count, size_t *match);

/* The IPv4 address in network order; 0 when there is none. */
uint32_t config_ipv4(const struct proto_addr *address);

#endif
