/* Making, mapping and judging a state page as a whole; its records are in state_records.c and
 * state_changes.c. */
#include "proto/state_page.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/state_layout.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static_assert(sizeof(struct state_header) == 40, "state page header");
static_assert(sizeof(struct state_header) <= STATE_MAP_AT, "header overlaps the map");
static_assert(STATE_MAILS_AT >= sizeof(struct state_header), "number of mails overlaps the header");
static_assert(
	STATE_MAILS_AT + sizeof(uint64_t) <= STATE_MAP_AT, "number of mails overlaps the map");
static_assert(STATE_MAP_AT + STATE_MAP_SIZE <= STATE_INSTANCES_AT, "map overlaps the records");
static_assert(STATE_MAP_AT + STATE_CHECK_MAP_SIZE <= STATE_CHECKS_AT, "map overlaps the records");
static_assert(STATE_MAP_AT + STATE_IPVS_MAP_SIZE <= STATE_IPVS_AT, "map overlaps the records");

size_t state_page_size(enum proto_process process)
{
	switch (process) {
	case PROTO_VRRP:
		return STATE_VRRP_PAGE_SIZE;
	case PROTO_CHECK:
		return STATE_CHECK_PAGE_SIZE;
	case PROTO_IPVS:
		return STATE_IPVS_PAGE_SIZE;
	case PROTO_LAUNCHER:
	case PROTO_PARENT:
	case PROTO_RUNNER:
		break;
	}
	return 0;
}

int state_page_create(enum proto_process process)
{
	size_t size = state_page_size(process);
	if (size == 0) {
		errno = EINVAL;
		return -1;
	}
	int fd = memfd_create(proto_process_name(process), MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return -1;
	if (ftruncate(fd, (off_t)size) == -1 || fcntl(fd, F_ADD_SEALS, SEALS) == -1) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void header_make(struct state_header *header, enum proto_process process)
{
	bool vrrp = process == PROTO_VRRP;
	*header = (struct state_header){
		.magic = STATE_PAGE_MAGIC,
		.version = STATE_PAGE_VERSION,
		.process = (uint16_t)process,
		.size = (uint32_t)state_page_size(process),
		.instances = vrrp ? STATE_VRRP_INSTANCES : 0,
		.instance_size = vrrp ? sizeof(struct state_vrrp_instance) : 0,
		.addresses = vrrp ? STATE_VRRP_ADDRESSES : 0,
		.address_size = vrrp ? sizeof(struct state_vrrp_address) : 0,
		.changes = vrrp ? STATE_CHANGES : 0,
		.change_size = vrrp ? sizeof(struct state_change) : 0,
	};
	header->checksum = proto_checksum(0, header, offsetof(struct state_header, checksum));
}

static const char *header_check(const struct state_header *header, enum proto_process process)
{
	struct state_header wanted;
	header_make(&wanted, process);
	if (header->magic != wanted.magic)
		return "wrong magic";
	if (header->version != wanted.version)
		return "another version";
	if (header->process != wanted.process)
		return "page of another process";
	if (memcmp(header, &wanted, sizeof(wanted)) != 0)
		return "damaged header";
	return NULL;
}

/* A descriptor whose file could shrink under the mapping would let its other holder kill us. */
static const char *descriptor_check(int fd, size_t size)
{
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals == -1 || (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW))
		return "size not sealed";
	if (fstat(fd, &status) == -1 || (uint64_t)status.st_size != size)
		return "wrong size";
	return NULL;
}

static bool header_is_empty(const struct state_header *header)
{
	static const struct state_header empty;
	return memcmp(header, &empty, sizeof(empty)) == 0;
}

static const char *header_open(struct state_page *page, enum proto_process process)
{
	struct state_header header;
	memcpy(&header, page->bytes, sizeof(header));
	if (header_is_empty(&header) && page->writable) {
		header_make(&header, process);
		memcpy(page->bytes, &header, sizeof(header));
	}
	if (header_is_empty(&header))
		return "not written yet";
	return header_check(&header, process);
}

static void set_tallies(struct state_page *page, enum proto_process process)
{
	if (process == PROTO_VRRP) {
		page->tallies_at = STATE_VRRP_TALLIES_AT;
		page->tallies = STATE_VRRP_TALLIES;
	} else if (process == PROTO_CHECK) {
		page->tallies_at = STATE_CHECK_TALLIES_AT;
		page->tallies = STATE_CHECK_TALLIES;
	}
}

static struct state_page *page_new(enum proto_process process, size_t size, bool writable)
{
	struct state_page *page = calloc(1, sizeof(*page));
	if (page == NULL)
		return NULL;
	page->size = size;
	page->writable = writable;
	set_tallies(page, process);
	page->bytes = MAP_FAILED;
	if (writable)
		page->newest = calloc(STATE_RECORDS_MAX, sizeof(*page->newest));
	if (writable && page->newest == NULL) {
		free(page);
		return NULL;
	}
	return page;
}

struct state_page *state_page_open(
	enum proto_process process, int fd, bool writable, const char **why)
{
	size_t size = state_page_size(process);
	*why = size == 0 ? "process without a state page" : descriptor_check(fd, size);
	if (*why != NULL) {
		errno = EPROTO;
		return NULL;
	}
	struct state_page *page = page_new(process, size, writable);
	if (page == NULL) {
		*why = "no memory";
		return NULL;
	}
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	page->bytes = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (page->bytes == MAP_FAILED) {
		int saved = errno;
		*why = "cannot be mapped";
		state_page_close(page);
		errno = saved;
		return NULL;
	}
	*why = header_open(page, process);
	if (*why != NULL) {
		state_page_close(page);
		errno = EPROTO;
		return NULL;
	}
	return page;
}

int state_page_reset(enum proto_process process, int fd)
{
	size_t size = state_page_size(process);
	if (size == 0 || descriptor_check(fd, size) != NULL) {
		errno = EPROTO;
		return -1;
	}
	/* A hole reads as zeros, and a page of zeros is an empty one. */
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
}

void state_page_close(struct state_page *page)
{
	if (page == NULL)
		return;
	if (page->bytes != MAP_FAILED)
		munmap(page->bytes, page->size);
	free(page->newest);
	free(page);
}

bool state_map_test(const struct state_page *page, size_t offset)
{
	size_t unit = offset / STATE_UNIT;
	if (offset >= page->size)
		return false;
	return (page->bytes[STATE_MAP_AT + unit / 8] & (1U << (unit % 8))) != 0;
}

void state_map_set(struct state_page *page, size_t offset)
{
	size_t unit = offset / STATE_UNIT;
	if (!page->writable || offset >= page->size)
		abort();
	page->bytes[STATE_MAP_AT + unit / 8] |= (uint8_t)(1U << (unit % 8));
}
