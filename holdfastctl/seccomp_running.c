/* What the kernel enforces, beside what the tables say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "holdfastctl/seccomp.h"
#include "holdfastctl/seccomp_kernel.h"
#include "holdfastctl/show.h"
#include "parentd/launcher_sandbox.h"
#include "runner/nursery_denials.h"

/* ---- what the tables build ---- */

/* One of the filters that a process should have. */
enum wanted { WANTED_ENVELOPE, WANTED_OWN, WANTED_SCRIPTS, WANTED_ROOT_SCRIPTS };

static int export_scripts(enum sandbox_mode mode, bool for_root, int fd)
{
	scmp_filter_ctx filter = nursery_filter_new(mode, for_root);

	if (filter == NULL)
		return -1;
	int result = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return result == 0 ? 0 : -1;
}

static int export_wanted(
	enum wanted wanted, enum proto_process process, enum sandbox_mode mode, int fd)
{
	switch (wanted) {
	case WANTED_ENVELOPE:
		return launcher_sandbox_export(mode, fd);
	case WANTED_OWN:
		return sandbox_export(suite_sandbox_profile(process), mode, fd);
	case WANTED_SCRIPTS:
		return export_scripts(mode, false, fd);
	case WANTED_ROOT_SCRIPTS:
		return export_scripts(mode, true, fd);
	}
	return -1;
}

static bool is_filter(const struct kernel_filter *filter, enum wanted wanted,
	enum proto_process process, enum sandbox_mode mode)
{
	struct sock_filter code[BPF_MAXINSNS];
	int fd = memfd_create("filter", MFD_CLOEXEC);
	bool same = false;

	if (fd == -1)
		return false;
	if (export_wanted(wanted, process, mode, fd) == 0) {
		size_t size = filter->count * sizeof(code[0]);
		same = lseek(fd, 0, SEEK_END) == (off_t)size &&
		       pread(fd, code, sizeof(code), 0) == (ssize_t)size &&
		       memcmp(code, filter->code, size) == 0;
	}
	close(fd);
	return same;
}

/* ---- the comparison ---- */

static bool all_match(
	const struct kernel_filters *filters, enum proto_process process, enum sandbox_mode mode)
{
	const struct kernel_filter *list = filters->list;

	if (process == PROTO_RUNNER)
		return filters->count == 1 &&
		       (is_filter(&list[0], WANTED_SCRIPTS, process, mode) ||
			       is_filter(&list[0], WANTED_ROOT_SCRIPTS, process, mode));
	/* After an upgrade there may be more than one of the launcher's. */
	size_t own = process == PROTO_LAUNCHER ? 0 : 1;
	return filters->count > own &&
	       is_filter(&list[filters->count - 1 - own], WANTED_ENVELOPE, process, mode) &&
	       (own == 0 || is_filter(&list[filters->count - 1], WANTED_OWN, process, mode));
}

static void verify(json_t *running, pid_t pid, enum proto_process process)
{
	static struct kernel_filters filters;
	char text[128];
	bool match = false;

	if (kernel_filters_read(pid, &filters) == -1) {
		snprintf(text, sizeof(text), "not possible: %s",
			errno == ENOSYS      ? "this kernel cannot tell"
			: errno == ETIMEDOUT ? "the process could not be stopped"
					     : strerror(errno));
	} else if (all_match(&filters, process, SANDBOX_ENFORCE)) {
		match = true;
		snprintf(text, sizeof(text), "what the tables build (stopped for %.0f us)",
			filters.stopped_us);
	} else if (all_match(&filters, process, SANDBOX_LOG)) {
		snprintf(text, sizeof(text), "violations are only logged (--sandbox=log)");
	} else {
		snprintf(text, sizeof(text), "NOT what this version's tables build");
	}
	json_object_set_new(running, "match", json_boolean(match));
	json_object_set_new(running, "verified", json_string(text));
	json_object_set_new(running, "stopped_us", json_real(filters.stopped_us));
}

static json_t *running_json(pid_t pid, enum proto_process process, bool read_back)
{
	struct kernel_sandbox sandbox;

	if (kernel_sandbox_read(pid, &sandbox) == -1)
		return NULL;
	json_t *running = json_pack("{s:i, s:i, s:i, s:i}", "pid", (int)pid, "seccomp",
		sandbox.mode, "filters", sandbox.filters, "no_new_privs", sandbox.no_new_privs);
	if (read_back)
		verify(running, pid, process);
	return running;
}

/* ---- which processes there are ---- */

static enum proto_process process_of(const char *name)
{
	int process = PROTO_LAUNCHER;

	while (process < PROTO_DAEMON_END &&
		strcmp(proto_process_name((enum proto_process)process), name) != 0)
		process++;
	return process < PROTO_DAEMON_END ? (enum proto_process)process : PROTO_RUNNER;
}

static json_t *find_table(json_t *tables, const char *name)
{
	json_t *table;
	size_t i;

	json_array_foreach(json_object_get(tables, "processes"), i, table)
	{
		if (strcmp(show_text(table, "name"), name) == 0)
			return table;
	}
	return NULL;
}

static void add(json_t *table, pid_t pid, enum proto_process process, bool read_back)
{
	json_t *running = running_json(pid, process, read_back);

	if (running != NULL)
		json_array_append_new(json_object_get(table, "running"), running);
}

static bool is_known(const json_t *table, pid_t pid)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(table, "running"), i, one)
	{
		if (show_number(one, "pid") == pid)
			return true;
	}
	return false;
}

static bool is_runner_program(pid_t pid)
{
	char path[64];
	char name[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	size_t length = fread(name, 1, sizeof(name) - 1, file);
	fclose(file);
	return length > 0 && strcmp(name, proto_process_name(PROTO_RUNNER)) == 0;
}

/* The suite itself does not list the nurseries: below the launcher, and the twin below the first.
 */
static void add_nurseries(json_t *table, pid_t parent, bool read_back, int depth)
{
	char path[64];
	char line[1024] = "";
	char *rest = line;
	char *word;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *file = depth > 0 ? fopen(path, "re") : NULL;
	if (file == NULL)
		return;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	fclose(file);
	while ((word = strsep(&rest, " ")) != NULL) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);
		if (pid == 0 || !is_runner_program(pid))
			continue;
		if (!is_known(table, pid))
			add(table, pid, PROTO_RUNNER, read_back);
		add_nurseries(table, pid, read_back, depth - 1);
	}
}

void seccomp_add_running(json_t *tables, const json_t *reply, bool read_back)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(reply, "processes"), i, one)
	{
		const char *name = show_text(one, "name");
		json_t *table = find_table(tables, name);
		pid_t pid = (pid_t)show_number(one, "pid");
		if (table != NULL && pid > 0)
			add(table, pid, process_of(name), read_back);
	}
	json_t *runners = find_table(tables, proto_process_name(PROTO_RUNNER));
	json_array_foreach(json_object_get(reply, "processes"), i, one)
	{
		if (runners != NULL && process_of(show_text(one, "name")) == PROTO_LAUNCHER)
			add_nurseries(runners, (pid_t)show_number(one, "pid"), read_back, 2);
	}
}
