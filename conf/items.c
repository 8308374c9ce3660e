#include "conf/items.h"

#include <err.h>
#include <stdlib.h>

#include "conf/arena.h"
#include "conf/push.h"

union conf_body *conf_items_put(struct conf_items *items, enum proto_type type)
{
	size_t size = proto_rule_find((uint16_t)type)->size;

	if (items->count == items->room) {
		size_t room = items->room == 0 ? 64 : items->room * 2;
		struct conf_item *grown = reallocarray(items->list, room, sizeof(*grown));
		if (grown == NULL)
			err(1, "configuration");
		items->list = grown;
		items->room = room;
	}
	struct conf_item *item = &items->list[items->count++];
	*item = (struct conf_item){
		.type = type, .size = size, .body = conf_arena_alloc(items->bodies, size)};
	return item->body;
}

struct conf_items *conf_items_new(const struct conf *conf, enum proto_process process)
{
	struct conf_items *items = calloc(1, sizeof(*items));

	if (items == NULL)
		err(1, "configuration");
	items->bodies = conf_arena_new();
	if (process == PROTO_VRRP)
		conf_push_vrrp(conf, items);
	if (process == PROTO_CHECK)
		conf_push_check(conf, items);
	if (process == PROTO_IPVS)
		conf_push_ipvs(conf, items);
	return items;
}

void conf_items_free(struct conf_items *items)
{
	conf_arena_free(items->bodies);
	free(items->list);
	free(items);
}
