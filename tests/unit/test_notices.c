/* The queue of notices, what is kept of them, and the lines for fifos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parentd/fifos.h"
#include "parentd/notice_queue.h"
#include "parentd/notified.h"

/* ---- queue ---- */

static unsigned push(struct notice_queue *queue, uint64_t number, enum event_state state)
{
	struct notice *notice = notice_new(number, state);

	assert_non_null(notice);
	return notice_queue_push(queue, notice);
}

static void expect(struct notice_queue *queue, uint64_t number, enum event_state state)
{
	const struct notice *notice = notice_queue_current(queue);

	assert_non_null(notice);
	assert_int_equal(notice->number, number);
	assert_int_equal(notice->state, state);
	notice_queue_shift(queue);
}

static void test_queue_keeps_the_order(void **state)
{
	struct notice_queue queue;

	(void)state;
	notice_queue_init(&queue);
	assert_null(notice_queue_current(&queue));
	assert_int_equal(push(&queue, 1, EVENT_BACKUP), 0);
	assert_int_equal(push(&queue, 2, EVENT_MASTER), 0);
	const struct notice *first = notice_queue_current(&queue);
	assert_int_equal(push(&queue, 3, EVENT_FAULT), 0);
	assert_ptr_equal(notice_queue_current(&queue), first);
	expect(&queue, 1, EVENT_BACKUP);
	expect(&queue, 2, EVENT_MASTER);
	expect(&queue, 3, EVENT_FAULT);
	assert_null(notice_queue_current(&queue));
	assert_int_equal(queue.dropped, 0);
}

/* Behind a slow script: the oldest go, the latest stays. */
static void test_full_queue_keeps_the_latest(void **state)
{
	struct notice_queue queue;
	uint64_t number = 1;

	(void)state;
	notice_queue_init(&queue);
	push(&queue, number++, EVENT_MASTER);
	notice_queue_current(&queue);
	for (unsigned i = 0; i < NOTICES_WAITING; i++)
		assert_int_equal(push(&queue, number++, EVENT_BACKUP), 0);
	assert_int_equal(push(&queue, number++, EVENT_MASTER), 1);
	assert_int_equal(push(&queue, number++, EVENT_FAULT), 1);
	assert_int_equal(queue.dropped, 2);
	expect(&queue, 1, EVENT_MASTER);
	for (uint64_t i = 4; i < number - 2; i++)
		expect(&queue, i, EVENT_BACKUP);
	expect(&queue, number - 2, EVENT_MASTER);
	expect(&queue, number - 1, EVENT_FAULT);
	assert_null(notice_queue_current(&queue));
}

/* What does not last makes way for what does, and never takes its place. */
static void test_passing_notices_make_way(void **state)
{
	struct notice_queue queue;

	(void)state;
	notice_queue_init(&queue);
	push(&queue, 1, EVENT_MASTER);
	notice_queue_current(&queue);
	push(&queue, 0, EVENT_MASTER_RX_LOWER_PRI);
	assert_int_equal(push(&queue, 0, EVENT_MASTER_RX_LOWER_PRI), 0);
	assert_int_equal(queue.count, 1);
	push(&queue, 0, EVENT_MASTER_PRIORITY);
	for (uint64_t number = 2; queue.count < NOTICES_WAITING; number++)
		push(&queue, number, number % 2 == 0 ? EVENT_BACKUP : EVENT_MASTER);
	assert_int_equal(push(&queue, 100, EVENT_BACKUP), 1);
	assert_int_equal(push(&queue, 101, EVENT_MASTER), 1);
	assert_int_equal(push(&queue, 0, EVENT_MASTER_PRIORITY), 1);
	expect(&queue, 1, EVENT_MASTER);
	expect(&queue, 2, EVENT_BACKUP);
	assert_int_equal(notice_queue_clear(&queue), NOTICES_WAITING - 1);
	assert_null(notice_queue_current(&queue));
}

static void test_words_behind_a_command(void **state)
{
	struct notice *notice = notice_new(1, EVENT_MASTER);
	const struct runner_user user = {.uid = 7, .name = "somebody"};
	char much[NOTICE_ARGUMENTS];

	(void)state;
	assert_int_equal(notice_add(notice, "/bin/one", &user), 0);
	assert_int_equal(notice_add(notice, "/bin/two -x", &user), 0);
	notice_append(notice, "INSTANCE");
	notice_append(notice, "VI 1");
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	notice_append(notice, much);
	assert_int_equal(notice->commands[0].appended_count, 0);
	assert_int_equal(notice->commands[1].appended_count, 2);
	assert_memory_equal(notice->commands[1].appended, "INSTANCE\0VI 1", 14);
	assert_string_equal(notice->commands[1].line, "/bin/two -x");
	assert_int_equal(notice->commands[1].user.uid, 7);
	notice_free(notice);
}

/* ---- what is kept ---- */

static int make_page(void)
{
	int fd = memfd_create("page", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, (off_t)NOTIFIED_PAGE_SIZE), 0);
	return fd;
}

static void test_page_outlives_its_process(void **state)
{
	int fd = make_page();
	struct notified *notified = notified_open(fd, false);
	struct notified_entry *entry = notified_find(notified, EVENT_INSTANCE, "VI_1", NULL, true);
	const struct notified_progress half = {.handed = 1, .under_way = true, .run = 77};
	enum event_state told;
	uint8_t priority;

	(void)state;
	assert_int_equal(notified_told(entry, &told, &priority), 0);
	uint64_t number = notified_tell(notified, entry, EVENT_MASTER, 150);
	notified_set_progress(entry, number, &half);
	uint64_t run = notified_new_run(notified);
	notified_set_cursor(notified, 42);
	notified_set_fifo_run(notified, 1, 5, 6);
	notified_close(notified);

	notified = notified_open(fd, true);
	assert_false(notified_is_lost(notified));
	entry = notified_find(notified, EVENT_INSTANCE, "VI_1", NULL, false);
	assert_non_null(entry);
	assert_null(notified_find(notified, EVENT_GROUP, "VI_1", NULL, false));
	assert_null(notified_find(notified, EVENT_INSTANCE, "VI_1", "VI_1", false));
	assert_int_equal(notified_told(entry, &told, &priority), number);
	assert_int_equal(told, EVENT_MASTER);
	assert_int_equal(priority, 150);
	struct notified_progress progress = notified_progress(entry, number);
	assert_int_equal(progress.handed, 1);
	assert_true(progress.under_way);
	assert_int_equal(progress.run, 77);
	/* that of another notice counts for nothing */
	assert_int_equal(notified_progress(entry, number + 1).handed, 0);
	notified_set_priority(entry, 90);
	assert_int_equal(notified_told(entry, &told, &priority), number);
	assert_int_equal(priority, 90);
	assert_true(notified_new_run(notified) > run);
	assert_true((run & NOTIFIED_RUN) != 0);
	assert_int_equal(notified_cursor(notified), 42);
	assert_int_equal(notified_fifo_run(notified, 1), 5);
	assert_int_equal(notified_fifo_run_mark(notified, 1), 6);
	notified_close(notified);
	close(fd);
}

static void test_damaged_page_is_begun_anew(void **state)
{
	int fd = make_page();
	struct notified *notified = notified_open(fd, false);

	(void)state;
	notified_find(notified, EVENT_INSTANCE, "VI_1", NULL, true);
	notified_close(notified);
	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	notified = notified_open(fd, true);
	assert_true(notified_is_lost(notified));
	assert_null(notified_find(notified, EVENT_INSTANCE, "VI_1", NULL, false));
	notified_found_again(notified);
	assert_false(notified_is_lost(notified));
	notified_close(notified);
	close(fd);
	/* and without one */
	notified = notified_open(-1, false);
	assert_non_null(notified_find(notified, EVENT_INSTANCE, "VI_1", NULL, true));
	notified_close(notified);
}

static void test_page_is_full_and_forgets(void **state)
{
	struct notified *notified = notified_open(-1, false);
	char name[32];

	(void)state;
	for (unsigned i = 0; i < NOTIFIED_ENTRIES; i++) {
		snprintf(name, sizeof(name), "VI_%u", i);
		assert_non_null(notified_find(notified, EVENT_INSTANCE, name, NULL, true));
	}
	assert_null(notified_find(notified, EVENT_INSTANCE, "more", NULL, true));
	struct notified_entry *entry = notified_find(notified, EVENT_INSTANCE, "VI_5", NULL, false);
	notified_tell(notified, entry, EVENT_FAULT, 1);
	notified_forget(entry);
	assert_null(notified_find(notified, EVENT_INSTANCE, "VI_5", NULL, false));
	enum event_state told;
	uint8_t priority;
	entry = notified_find(notified, EVENT_INSTANCE, "more", NULL, true);
	assert_non_null(entry);
	assert_int_equal(notified_told(entry, &told, &priority), 0);
	assert_non_null(notified_find(notified, EVENT_INSTANCE, "VI_32767", NULL, false));
	notified_close(notified);
}

/* ---- lines ---- */

static void expect_line(const struct state_event *event, const char *wanted)
{
	char text[PROTO_LINE_LEN];

	fifos_text(event, text);
	assert_string_equal(text, wanted);
}

static void test_lines(void **state)
{
	(void)state;
	expect_line(&(struct state_event){.kind = EVENT_INSTANCE,
			    .state = EVENT_MASTER,
			    .name = "VI_1",
			    .priority = 100},
		"INSTANCE \"VI_1\" MASTER 100\n");
	expect_line(&(struct state_event){.kind = EVENT_INSTANCE,
			    .state = EVENT_BACKUP_PRIORITY,
			    .name = "VI_1",
			    .priority = 80},
		"INSTANCE \"VI_1\" BACKUP_PRIORITY 80\n");
	expect_line(&(struct state_event){.kind = EVENT_GROUP, .state = EVENT_BACKUP, .name = "G1"},
		"GROUP \"G1\" BACKUP 0\n");
	expect_line(&(struct state_event){.kind = EVENT_VIRTUAL_SERVER,
			    .state = EVENT_UP,
			    .name = "[10.0.0.1]:tcp:80"},
		"VS [10.0.0.1]:tcp:80 UP\n");
	expect_line(&(struct state_event){.kind = EVENT_REAL_SERVER,
			    .state = EVENT_DOWN,
			    .name = "[10.0.0.2]:tcp:80",
			    .virtual_server = "[10.0.0.1]:tcp:80"},
		"RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_keeps_the_order),
		cmocka_unit_test(test_full_queue_keeps_the_latest),
		cmocka_unit_test(test_passing_notices_make_way),
		cmocka_unit_test(test_words_behind_a_command),
		cmocka_unit_test(test_page_outlives_its_process),
		cmocka_unit_test(test_damaged_page_is_begun_anew),
		cmocka_unit_test(test_page_is_full_and_forgets),
		cmocka_unit_test(test_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
