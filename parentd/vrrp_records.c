#include "parentd/vrrp_records.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "parentd/parent.h"

static int compare(const void *a, const void *b)
{
	const struct state_vrrp_instance *x = a;
	const struct state_vrrp_instance *y = b;

	return strncmp(x->name, y->name, sizeof(x->name));
}

struct vrrp_records vrrp_records_read(struct parent *parent)
{
	const struct state_page *page = parent_child_state(&parent->children[PROTO_VRRP]);
	struct vrrp_records records = {.list = calloc(STATE_VRRP_INSTANCES, sizeof(*records.list))};

	if (records.list == NULL)
		fatal("records of instances");
	for (uint32_t i = 0; page != NULL && i < STATE_VRRP_INSTANCES; i++) {
		struct state_vrrp_instance *record = &records.list[records.count];
		if (state_vrrp_load(page, i, record) != 1)
			continue;
		record->name[sizeof(record->name) - 1] = '\0';
		record->reason[sizeof(record->reason) - 1] = '\0';
		records.count++;
	}
	qsort(records.list, records.count, sizeof(*records.list), compare);
	return records;
}

void vrrp_records_free(struct vrrp_records *records)
{
	free(records->list);
	*records = (struct vrrp_records){0};
}

const struct state_vrrp_instance *vrrp_records_find(
	const struct vrrp_records *records, const char *name)
{
	struct state_vrrp_instance key = {0};

	proto_string_set(key.name, sizeof(key.name), name);
	return bsearch(&key, records->list, records->count, sizeof(key), compare);
}
