#include "vrrpd/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/child.h"
#include "common/log.h"
#include "proto/state_tally.h"
#include "vrrpd/instance.h"

enum slot_use { SLOT_FREE, SLOT_LEFT, SLOT_TAKEN };

/* Enough of a left record to find it again. */
struct left {
	char ifname[PROTO_IFNAME_LEN];
	uint8_t family;
	uint8_t vrid;
	uint32_t slot;
};

struct page {
	struct state_page *map;
	struct left *left; /* sorted by key */
	size_t left_count;
	uint32_t free_from; /* no slot below is free */
	uint64_t newest_change;
	uint8_t use[STATE_VRRP_INSTANCES];
};

static int left_compare(const void *a, const void *b)
{
	const struct left *x = a;
	const struct left *y = b;
	int order = strncmp(x->ifname, y->ifname, sizeof x->ifname);

	if (order == 0)
		order = (int)x->family - (int)y->family;
	if (order == 0)
		order = (int)x->vrid - (int)y->vrid;
	return order;
}

static void read_slot(struct page *page, uint32_t slot)
{
	struct state_vrrp_instance record;
	int found = state_vrrp_load(page->map, slot, &record);
	struct left *left;

	if (found == -1)
		log_warnx("record %u of the state page is damaged and ignored", slot);
	if (found != 1)
		return;
	left = &page->left[page->left_count++];
	*left = (struct left){.family = record.family, .vrid = record.vrid, .slot = slot};
	memcpy(left->ifname, record.ifname, sizeof left->ifname);
	page->use[slot] = SLOT_LEFT;
}

static void check_history(struct page *page)
{
	struct state_change *changes = calloc(STATE_CHANGES, sizeof *changes);
	size_t damaged;

	if (changes == NULL)
		fatal("state page");
	(void)state_changes_load(page->map, changes, &damaged);
	if (damaged > 0)
		log_warnx("%zu entries of the history in the state page are damaged and ignored",
			damaged);
	free(changes);
}

struct page *page_new(int fd)
{
	struct page *page = calloc(1, sizeof *page);

	if (page == NULL)
		fatal("state page");
	page->left = calloc(STATE_VRRP_INSTANCES, sizeof *page->left);
	if (page->left == NULL)
		fatal("state page");
	page->map = child_page_open(PROTO_VRRP, fd);
	for (uint32_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		read_slot(page, slot);
	qsort(page->left, page->left_count, sizeof *page->left, left_compare);
	check_history(page);
	page->newest_change = state_change_newest(page->map);
	return page;
}

void page_free(struct page *page)
{
	if (page == NULL)
		return;
	state_page_close(page->map);
	free(page->left);
	free(page);
}

struct state_page *page_map(struct page *page)
{
	return page->map;
}

size_t page_records(const struct page *page)
{
	return page->left_count;
}

bool page_resume(struct page *page, const char *ifname, uint8_t family, uint8_t vrid,
	uint32_t *slot, struct state_vrrp_instance *record)
{
	struct left key = {.family = family, .vrid = vrid};
	const struct left *found;
	struct state_vrrp_clock clock;

	if (page->left == NULL)
		return false;
	memcpy(key.ifname, ifname, sizeof key.ifname);
	found = bsearch(&key, page->left, page->left_count, sizeof key, left_compare);
	if (found == NULL || page->use[found->slot] != SLOT_LEFT ||
		state_vrrp_load(page->map, found->slot, record) != 1)
		return false;
	if (state_clock_load(page->map, found->slot, &clock)) {
		record->timer_ns = clock.timer_ns;
		record->last_advert_ns = clock.last_advert_ns;
	}
	page->use[found->slot] = SLOT_TAKEN;
	*slot = found->slot;
	return true;
}

int page_allocate(struct page *page, uint32_t *slot)
{
	while (page->free_from < STATE_VRRP_INSTANCES && page->use[page->free_from] != SLOT_FREE)
		page->free_from++;
	if (page->free_from == STATE_VRRP_INSTANCES) {
		errno = ENOSPC;
		return -1;
	}
	*slot = page->free_from;
	page->use[*slot] = SLOT_TAKEN;
	state_tally_clear(page->map, TALLY_CAUSES + *slot);
	return 0;
}

void page_release(struct page *page, uint32_t slot)
{
	state_vrrp_clear(page->map, slot);
	state_tally_clear(page->map, TALLY_CAUSES + slot);
	page->use[slot] = SLOT_FREE;
	if (slot < page->free_from)
		page->free_from = slot;
}

void page_drop_leftovers(struct page *page)
{
	for (uint32_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (page->use[slot] == SLOT_LEFT)
			page_release(page, slot);
	free(page->left);
	page->left = NULL;
	page->left_count = 0;
}

static void store_address(struct proto_addr *to, uint32_t ipv4)
{
	if (ipv4 == 0)
		return;
	to->family = AF_INET;
	memcpy(to->bytes, &ipv4, sizeof ipv4);
}

void page_store(struct page *page, struct instance *instance)
{
	const struct conf_vrrp_instance *c = &instance->conf->c;
	const struct vrrp_fsm *fsm = &instance->fsm;
	struct state_vrrp_instance record;

	memset(&record, 0, sizeof record);
	proto_string_set(record.ifname, sizeof record.ifname, c->ifname);
	proto_string_set(record.name, sizeof record.name, c->name);
	proto_string_set(record.reason, sizeof record.reason, instance->reason);
	record.family = c->family;
	record.vrid = c->vrid;
	record.state = (uint8_t)fsm->state;
	record.effective_priority = instance->params.priority;
	record.last_from = instance->last_from;
	record.master_priority = fsm->master_priority;
	record.fault_reasons = fsm->fault_reasons;
	record.master_adver_interval_cs = fsm->master_adver_interval_cs;
	record.timer_ns = fsm->timer_ns;
	record.preempt_ns = fsm->preempt_ns;
	record.garp_ns = fsm->garp_ns;
	record.garp_left = fsm->garp_rounds;
	record.last_advert_ns = fsm->last_advert_ns;
	record.changed_ns = instance->changed_ns;
	record.changed_wall_s = instance->changed_wall_s;
	store_address(&record.master, fsm->master);
	memcpy(record.counters, instance->counters, sizeof record.counters);
	state_vrrp_store(page->map, instance->slot, &record);
	page_clock(page, instance);
	instance->dirty = false;
}

void page_clock(struct page *page, const struct instance *instance)
{
	const struct state_vrrp_clock clock = {
		.timer_ns = instance->fsm.timer_ns, .last_advert_ns = instance->fsm.last_advert_ns};

	state_clock_store(page->map, instance->slot, &clock);
}

void page_change(struct page *page, const struct state_change *change)
{
	state_change_add(page->map, change);
	page->newest_change++;
}

uint64_t page_newest_change(const struct page *page)
{
	return page->newest_change;
}

void page_restore(const struct state_vrrp_instance *record, struct instance *instance)
{
	struct vrrp_fsm *fsm = &instance->fsm;

	*fsm = (struct vrrp_fsm){
		.state = record->state < VRRP_STATES ? (enum vrrp_state)record->state : VRRP_INIT,
		.fault_reasons = record->fault_reasons,
		.master_adver_interval_cs = (uint16_t)record->master_adver_interval_cs,
		.master_priority = record->master_priority,
		.master = config_ipv4(&record->master),
		.timer_ns = record->timer_ns,
		.preempt_ns = record->preempt_ns,
		.garp_ns = record->garp_ns,
		.garp_rounds = record->garp_left,
		.last_advert_ns = record->last_advert_ns,
	};
	memcpy(instance->counters, record->counters, sizeof instance->counters);
	instance->last_from = record->last_from;
	instance->changed_ns = record->changed_ns;
	instance->changed_wall_s = record->changed_wall_s;
	memcpy(instance->reason, record->reason, sizeof instance->reason);
	instance->reason[sizeof instance->reason - 1] = '\0';
}

void page_remember_address(struct page *page, const struct conf_vrrp_address *address)
{
	if (state_address_add(page->map, address->ifname, &address->address, address->prefixlen) ==
		-1)
		log_warn("state page: address");
}

void page_forget_address(struct page *page, const struct conf_vrrp_address *address)
{
	state_address_remove(page->map, address->ifname, &address->address, address->prefixlen);
}
