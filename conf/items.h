/* The model as a sequence of messages for a child: a pure translation, no I/O. */
#ifndef HOLDFAST_CONF_ITEMS_H
#define HOLDFAST_CONF_ITEMS_H

#include "conf/conf.h"
#include "proto/proto.h"

/* What an item says. There is memory only for what its type has. */
union conf_body {
	struct conf_vrrp_global global;
	struct conf_vrrp_instance instance;
	struct conf_vrrp_address address;
	struct conf_vrrp_peer peer;
	struct conf_vrrp_track_interface track_interface;
	struct conf_vrrp_script script;
	struct conf_vrrp_track_script track_script;
	struct conf_vrrp_group group;
	struct conf_vrrp_member member;
	struct conf_vrrp_tracked tracked;
	struct conf_vrrp_track track;
	struct conf_check_script check_script;
	struct conf_check_virtual check_virtual;
	struct conf_check_real check_real;
	struct conf_check_checker check_checker;
	struct conf_check_url check_url;
	struct conf_check_bytes check_bytes;
	struct conf_check_mail check_mail;
	struct conf_check_recipient check_recipient;
	struct conf_ipvs_global ipvs_global;
	struct conf_ipvs_virtual ipvs_virtual;
	struct conf_ipvs_entry ipvs_entry;
	struct conf_ipvs_real ipvs_real; /* also of CONF_IPVS_SORRY */
};

struct conf_item {
	enum proto_type type;
	size_t size; /* of its body, exactly what proto/ demands */
	union conf_body *body;
};

struct conf_arena;

struct conf_items {
	struct conf_item *list;
	size_t count;
	size_t room;
	struct conf_arena *bodies;
};

/* The items for a process in the order in which they are to be sent; there may be none. Scripts
 * that are tracked are numbered in the order of conf->scripts; their verdicts are left unknown, as
 * are the values of files (0) and processes. All files are numbered in the order of
 * conf->track_files, the processes behind them. The caller frees them. Ends the process when memory
 * is out, as reading the configuration does. */
struct conf_items *conf_items_new(const struct conf *conf, enum proto_process process);
void conf_items_free(struct conf_items *items);

#endif
