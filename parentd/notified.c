#include "parentd/notified.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define MAGIC   UINT64_C(0x3130444c4f54464e) /* with the version of the layout */
#define RUNS    ((UINT64_C(1) << 47) - 1)
#define NO_KEY  0
#define OLD_KEY 1

struct page {
	_Atomic uint64_t magic;
	_Atomic uint64_t notices; /* numbers given */
	_Atomic uint64_t runs;    /* numbers given */
	_Atomic uint64_t cursor;
	_Atomic uint64_t fifo_made[CONF_FIFOS];
	_Atomic uint64_t fifo_run[CONF_FIFOS];
	_Atomic uint64_t fifo_run_mark[CONF_FIFOS];
	_Atomic uint64_t waiting; /* notices in queues */
	_Alignas(4096) struct notified_entry entries[NOTIFIED_ENTRIES];
};

_Static_assert(sizeof(struct page) == NOTIFIED_PAGE_SIZE, "page of parentd");

struct notified {
	struct page *page;
	bool lost;
};

/* ---- the page ---- */

static struct page *map(int fd)
{
	struct stat status;

	if (fstat(fd, &status) == -1 || status.st_size != (off_t)NOTIFIED_PAGE_SIZE)
		return NULL;
	void *mapped = mmap(NULL, NOTIFIED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return mapped == MAP_FAILED ? NULL : mapped;
}

static struct page *own_memory(void)
{
	void *mapped = mmap(NULL, NOTIFIED_PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mapped == MAP_FAILED)
		fatal("page of what was told");
	return mapped;
}

struct notified *notified_open(int fd, bool replacement)
{
	struct notified *notified = calloc(1, sizeof(*notified));

	if (notified == NULL)
		fatal("page of what was told");
	notified->page = map(fd);
	if (notified->page == NULL) {
		log_warnx("there is no page to keep what was told");
		notified->page = own_memory();
	}
	if (notified->page->magic == MAGIC)
		return notified;
	notified->lost = replacement;
	if (replacement)
		log_warnx("what was told before is not known: what does not change is not told");
	memset(notified->page, 0, NOTIFIED_PAGE_SIZE);
	notified->page->magic = MAGIC;
	return notified;
}

void notified_close(struct notified *notified)
{
	munmap(notified->page, NOTIFIED_PAGE_SIZE);
	free(notified);
}

bool notified_is_lost(const struct notified *notified)
{
	return notified->lost;
}

void notified_found_again(struct notified *notified)
{
	notified->lost = false;
}

/* ---- entries ---- */

/* FNV-1a, 64 bits. */
uint64_t notified_mark(uint64_t seed, const char *text)
{
	uint64_t mark = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (; *text != '\0'; text++)
		mark = (mark ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return mark > OLD_KEY ? mark : mark + 2;
}

uint64_t notified_key(enum event_kind kind, const char *name, const char *virtual_server)
{
	uint64_t key = notified_mark((uint64_t)kind << 56, name);

	return virtual_server == NULL ? key : notified_mark(key, virtual_server);
}

struct notified_entry *notified_find(struct notified *notified, enum event_kind kind,
	const char *name, const char *virtual_server, bool add)
{
	struct notified_entry *free_entry = NULL;
	uint64_t key = notified_key(kind, name, virtual_server);

	for (size_t i = 0; i < NOTIFIED_ENTRIES; i++) {
		struct notified_entry *entry =
			&notified->page->entries[(key + i) % NOTIFIED_ENTRIES];
		if (entry->key == key)
			return entry;
		if (entry->key <= OLD_KEY && free_entry == NULL)
			free_entry = entry;
		if (entry->key == NO_KEY)
			break;
	}
	if (!add || free_entry == NULL)
		return NULL;
	free_entry->told = 0;
	free_entry->handed = 0;
	free_entry->run = 0;
	free_entry->key = key;
	return free_entry;
}

void notified_forget(struct notified_entry *entry)
{
	entry->key = OLD_KEY;
}

uint64_t notified_told(
	const struct notified_entry *entry, enum event_state *state, uint8_t *priority)
{
	uint64_t told = entry->told;

	*state = (enum event_state)(told >> 8 & 0xff);
	*priority = (uint8_t)told;
	return told >> 16;
}

static void set_told(
	struct notified_entry *entry, uint64_t number, enum event_state state, uint8_t priority)
{
	entry->told = number << 16 | (uint64_t)state << 8 | priority;
}

uint64_t notified_tell(struct notified *notified, struct notified_entry *entry,
	enum event_state state, uint8_t priority)
{
	uint64_t number = ++notified->page->notices;

	set_told(entry, number, state, priority);
	return number;
}

void notified_set_priority(struct notified_entry *entry, uint8_t priority)
{
	enum event_state state;
	uint8_t before;
	uint64_t number = notified_told(entry, &state, &before);

	set_told(entry, number, state, priority);
}

struct notified_progress notified_progress(const struct notified_entry *entry, uint64_t number)
{
	uint64_t handed = entry->handed;

	if (handed >> 8 != number)
		return (struct notified_progress){0};
	return (struct notified_progress){.handed = (unsigned)(handed & 0xff) >> 1,
		.under_way = (handed & 1) != 0,
		.run = entry->run};
}

/* The run first: what says that it is under way comes last. */
void notified_set_progress(
	struct notified_entry *entry, uint64_t number, const struct notified_progress *progress)
{
	entry->run = progress->run;
	entry->handed = number << 8 | (uint64_t)progress->handed << 1 | progress->under_way;
}

/* ---- numbers ---- */

uint64_t notified_new_run(struct notified *notified)
{
	return NOTIFIED_RUN | (++notified->page->runs & RUNS);
}

uint64_t notified_cursor(const struct notified *notified)
{
	return notified->page->cursor;
}

void notified_set_cursor(struct notified *notified, uint64_t number)
{
	notified->page->cursor = number;
}

uint64_t notified_waiting(const struct notified *notified)
{
	return notified->page->waiting;
}

void notified_set_waiting(struct notified *notified, uint64_t waiting)
{
	notified->page->waiting = waiting;
}

/* ---- fifos ---- */

uint64_t notified_fifo_made(const struct notified *notified, int fifo)
{
	return notified->page->fifo_made[fifo];
}

void notified_set_fifo_made(struct notified *notified, int fifo, uint64_t mark)
{
	notified->page->fifo_made[fifo] = mark;
}

uint64_t notified_fifo_run(const struct notified *notified, int fifo)
{
	return notified->page->fifo_run[fifo];
}

uint64_t notified_fifo_run_mark(const struct notified *notified, int fifo)
{
	return notified->page->fifo_run_mark[fifo];
}

void notified_set_fifo_run(struct notified *notified, int fifo, uint64_t run, uint64_t mark)
{
	notified->page->fifo_run_mark[fifo] = 0;
	notified->page->fifo_run[fifo] = run;
	notified->page->fifo_run_mark[fifo] = mark;
}
