/* Real files and processes: what is seen of them, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "conf/conf.h"
#include "parentd/track_files.h"
#include "parentd/track_processes.h"

#define PATIENCE_NS (20 * NSEC_PER_SEC)
#define ROUNDS      6

struct world {
	struct event_base *base;
	char folder[64];
	char path[128];
	char draft[128];
	int64_t value;   /* told last */
	unsigned told;   /* how often */
	bool never_zero; /* 0 must not be told */
	struct conf *conf;
	struct track_files *files;
	struct track_processes *processes;
};

static void file_changed(uint32_t file, int64_t value, void *arg)
{
	struct world *world = arg;

	assert_int_equal(file, 0);
	if (world->never_zero)
		assert_int_not_equal(value, 0);
	world->value = value;
	world->told++;
}

static void process_changed(uint32_t process, enum proto_verdict verdict, void *arg)
{
	struct world *world = arg;

	assert_int_equal(process, 0);
	world->value = verdict;
	world->told++;
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL)
		return -1;
	strlcpy(world->folder, "/tmp/hf-track-XXXXXX", sizeof(world->folder));
	if (mkdtemp(world->folder) == NULL)
		return -1;
	snprintf(world->path, sizeof(world->path), "%s/value", world->folder);
	snprintf(world->draft, sizeof(world->draft), "%s/draft", world->folder);
	world->base = loop_new();
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;

	unlink(world->path);
	unlink(world->draft);
	rmdir(world->folder);
	if (world->files != NULL)
		track_files_free(world->files);
	if (world->processes != NULL)
		track_processes_free(world->processes);
	event_base_free(world->base);
	conf_free(world->conf);
	free(world);
	return 0;
}

static void load(struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void load(struct world *world, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	conf_free(world->conf);
	world->conf = conf_load_text("test", text, strlen(text), NULL, NULL);
	assert_int_equal(world->conf->errors, 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Runs the loop until this is what was told. */
static void await(struct world *world, int64_t value)
{
	uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;

	while (world->told == 0 || world->value != value) {
		assert_true(clock_now_ns() < give_up_ns);
		event_base_loop(world->base, EVLOOP_ONCE);
	}
}

static struct track_files *watch(struct world *world)
{
	struct track_files *files = track_files_new(world->base, file_changed, world);

	world->files = files;
	load(world, "track_file f {\nfile %s\n}\n", world->path);
	track_files_adopt(files, world->conf);
	return files;
}

static void test_file_written_and_replaced(void **state)
{
	struct world *world = *state;
	struct track_files *files = watch(world);

	assert_int_equal(track_files_value(files, 0), 0);
	write_file(world->path, "5\n");
	await(world, 5);
	write_file(world->draft, "-3 words\n");
	rename(world->draft, world->path);
	await(world, -3);
	assert_int_equal(track_files_value(files, 0), -3);
	unlink(world->path);
	await(world, 0);
	write_file(world->path, "6");
	await(world, 6);
}

/* Whoever removes or empties it before it writes is not caught at it. */
static void test_file_is_never_between(void **state)
{
	struct world *world = *state;

	write_file(world->path, "1\n");
	struct track_files *files = watch(world);
	assert_int_equal(track_files_value(files, 0), 1);
	world->never_zero = true;
	for (int i = 2; i < 50; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d\n", i);
		if (i % 2 == 0)
			unlink(world->path);
		event_base_loop(world->base, EVLOOP_NONBLOCK);
		write_file(world->path, "");
		event_base_loop(world->base, EVLOOP_NONBLOCK);
		write_file(world->path, text);
		await(world, i);
	}
}

static void test_folder_comes_and_goes(void **state)
{
	struct world *world = *state;
	char aside[128];

	rmdir(world->folder);
	watch(world);
	mkdir(world->folder, 0755);
	write_file(world->path, "4");
	await(world, 4);
	/* another folder in its place */
	snprintf(aside, sizeof(aside), "%s-aside", world->folder);
	rename(world->folder, aside);
	mkdir(world->folder, 0755);
	write_file(world->path, "8");
	await(world, 8);
	write_file(world->path, "9");
	await(world, 9);
	strlcat(aside, "/value", sizeof(aside));
	unlink(aside);
	*strrchr(aside, '/') = '\0';
	rmdir(aside);
}

/* None of these is waited for, read or followed. */
static void test_file_that_is_none(void **state)
{
	struct world *world = *state;
	char big[10000];

	mkfifo(world->path, 0600);
	struct track_files *files = watch(world);
	assert_int_equal(track_files_value(files, 0), 0);
	unlink(world->path);
	write_file(world->draft, "5");
	assert_int_equal(symlink(world->draft, world->path), 0);
	track_files_adopt(files, world->conf);
	assert_int_equal(track_files_value(files, 0), 0);
	unlink(world->path);
	memset(big, ' ', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	big[sizeof(big) - 2] = '5';
	write_file(world->path, big);
	track_files_adopt(files, world->conf);
	assert_int_equal(track_files_value(files, 0), 0);
}

static void test_file_is_assumed(void **state)
{
	struct world *world = *state;
	struct track_files *files = watch(world);

	track_files_assume(files, 0, 3);
	assert_int_equal(track_files_value(files, 0), 3);
	track_files_adopt(files, world->conf);
	assert_int_equal(track_files_value(files, 0), 3);
	track_files_look(files, 0);
	assert_int_equal(world->told, 1);
	assert_int_equal(track_files_value(files, 0), 0);
}

/* ---- processes ---- */

/* A process of this name, which no other test run has. */
static pid_t start(const struct world *world)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, world->folder + strlen("/tmp/"));
		if (write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static struct track_processes *track(struct world *world, const char *more)
{
	struct track_processes *processes =
		track_processes_new(world->base, process_changed, world);

	world->processes = processes;
	load(world, "vrrp_track_process p {\nprocess %s\n%s\n}\n", world->folder + strlen("/tmp/"),
		more);
	track_processes_adopt(processes, world->conf, false);
	return processes;
}

/* At once, and not by the scan of every second: that would take half a second on average. */
static void test_process_ends_and_comes_back(void **state)
{
	struct world *world = *state;
	pid_t pid = start(world);
	struct track_processes *processes = track(world, "");
	uint64_t took_ns = 0;

	assert_int_equal(track_processes_verdict(processes, 0), VERDICT_UP);
	assert_int_equal(track_processes_count(processes, 0), 1);
	for (int i = 0; i < ROUNDS; i++) {
		kill(pid, SIGKILL); /* it stays, as a zombie that nobody reaps */
		uint64_t killed_ns = clock_now_ns();
		await(world, VERDICT_DOWN);
		took_ns += clock_now_ns() - killed_ns;
		pid = start(world);
		await(world, VERDICT_UP);
		assert_int_equal(track_processes_count(processes, 0), 1);
	}
	kill(pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_true(took_ns <= ROUNDS * NSEC_PER_SEC / 4);
}

static void test_quorum_of_processes(void **state)
{
	struct world *world = *state;
	pid_t pids[3];

	for (int i = 0; i < 3; i++)
		pids[i] = start(world);
	struct track_processes *processes = track(world, "quorum 2\nquorum_max 3");
	assert_int_equal(track_processes_verdict(processes, 0), VERDICT_UP);
	assert_int_equal(track_processes_count(processes, 0), 3);
	kill(pids[0], SIGKILL);
	kill(pids[1], SIGKILL);
	await(world, VERDICT_DOWN);
	kill(pids[2], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A configuration that says the same of them, and a parentd that follows another. */
static void test_processes_over_configurations(void **state)
{
	struct world *world = *state;
	enum proto_verdict verdict;
	struct track_processes *processes = track(world, "terminate_delay 3600");

	assert_int_equal(track_processes_verdict(processes, 0), VERDICT_DOWN);
	pid_t pid = start(world);
	await(world, VERDICT_UP);
	kill(pid, SIGKILL);
	while (track_processes_count(processes, 0) != 0)
		event_base_loop(world->base, EVLOOP_ONCE);
	track_processes_adopt(processes, world->conf, false);
	track_processes_foresee(processes, world->conf, &verdict);
	assert_int_equal(track_processes_verdict(processes, 0), VERDICT_UP);
	assert_int_equal(verdict, VERDICT_UP);

	struct track_processes *next = track_processes_new(world->base, process_changed, world);
	track_processes_foresee(next, world->conf, &verdict);
	assert_int_equal(verdict, VERDICT_DOWN);
	track_processes_adopt(next, world->conf, true);
	assert_int_equal(track_processes_verdict(next, 0), VERDICT_UNKNOWN);
	track_processes_free(next);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file_written_and_replaced, begin, end),
		cmocka_unit_test_setup_teardown(test_file_is_never_between, begin, end),
		cmocka_unit_test_setup_teardown(test_folder_comes_and_goes, begin, end),
		cmocka_unit_test_setup_teardown(test_file_that_is_none, begin, end),
		cmocka_unit_test_setup_teardown(test_file_is_assumed, begin, end),
		cmocka_unit_test_setup_teardown(test_process_ends_and_comes_back, begin, end),
		cmocka_unit_test_setup_teardown(test_quorum_of_processes, begin, end),
		cmocka_unit_test_setup_teardown(test_processes_over_configurations, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
