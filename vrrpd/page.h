/* The state page as vrrpd uses it: what it left behind when it died, and what it writes down. */
#ifndef HOLDFAST_VRRPD_PAGE_H
#define HOLDFAST_VRRPD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/state_page.h"

struct instance;
struct page;
struct vrrpd;

/* Maps the page of descriptor fd and reads all records. A page that cannot be used is formatted
 * anew, with a log line. Fatal when there is none. */
struct page *page_new(int fd);
void page_free(struct page *page);
struct state_page *page_map(struct page *page);

/* Number of records left by a predecessor. */
size_t page_records(const struct page *page);

/* The record of a virtual router that a predecessor left and nobody has taken up: its slot and the
 * record itself; false when there is none. Taken up by this call. */
bool page_resume(struct page *page, const char *ifname, uint8_t family, uint8_t vrid,
	uint32_t *slot, struct state_vrrp_instance *record);

/* A slot for a new instance. Returns 0, or -1 when all are taken. */
int page_allocate(struct page *page, uint32_t *slot);
/* The instance is gone for good: its record is cleared and its slot free. */
void page_release(struct page *page, uint32_t slot);
/* Clears the records that nobody took up. */
void page_drop_leftovers(struct page *page);

/* An instance's state into and out of a record. */
void page_store(struct page *page, struct instance *instance);
void page_restore(const struct state_vrrp_instance *record, struct instance *instance);

/* What of it an advertisement has changed, between two page_store(). */
void page_clock(struct page *page, const struct instance *instance);

/* Adds to the history. */
void page_change(struct page *page, const struct state_change *change);
/* Number of what was added last; 0: nothing was. */
uint64_t page_newest_change(const struct page *page);

/* Remembered before it is added to the kernel, forgotten after it was removed. */
void page_remember_address(struct page *page, const struct conf_vrrp_address *address);
void page_forget_address(struct page *page, const struct conf_vrrp_address *address);

#endif
