/* What this process owns in the kernel, in its state page: a successor knows by it what to take
 * away when the configuration has changed meanwhile. */
#ifndef HOLDFAST_IPVS_PAGE_H
#define HOLDFAST_IPVS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_table.h"
#include "proto/state_page.h"

struct page;

/* Opens the page of this descriptor, which may be closed afterwards; one that cannot be used is
 * emptied. Fatal when that fails or memory is out. */
struct page *page_open(int fd);
void page_close(struct page *page);

/* Number of entries. */
size_t page_count(const struct page *page);

/* dest NULL: the service itself. */
bool page_has(
	const struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest);

/* To be called before the kernel is told. Without effect when it is there already. False when there
 * is no room: a successor would not know of it. */
bool page_add(struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest);

/* To be called after the kernel has done it. */
void page_remove(struct page *page, const struct ipvs_key *service, const struct ipvs_dest *dest);

/* Calls with the keys of all entries; they must not be added or removed inside. dest is NULL for a
 * service, else it has the key of the real server alone. */
typedef void page_each_fn(const struct ipvs_key *service, const struct ipvs_dest *dest, void *arg);
void page_each(const struct page *page, page_each_fn *call, void *arg);

/* Marks that concern no entry: STATE_IPVS_STARTED, _SYNC_MASTER, _SYNC_BACKUP, _KEEP. */
bool page_marked(const struct page *page, enum state_ipvs_kind mark);
void page_mark(struct page *page, enum state_ipvs_kind mark, bool on);

#endif
