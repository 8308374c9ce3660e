/* Dropping rights and proving it. Everything that is set here is read back from the kernel. */
#include "common/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/log.h"
#include "common/sandbox_tables.h"

#define DESCRIPTION_MAX 512

int sandbox_mode_parse(const char *word, enum sandbox_mode *mode)
{
	static const char *const words[] = {
		[SANDBOX_ENFORCE] = "enforce", [SANDBOX_LOG] = "log", [SANDBOX_OFF] = "off"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) == 0) {
			*mode = (enum sandbox_mode)i;
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

static void verify_ids(void)
{
	uid_t uids[3];
	gid_t gids[3];
	if (getresuid(&uids[0], &uids[1], &uids[2]) == -1 ||
		getresgid(&gids[0], &gids[1], &gids[2]) == -1)
		fatal("sandbox: reading the user and group ids");
	if (uids[0] == 0 || gids[0] == 0)
		fatalx("sandbox: running as user %u, group %u; neither may be root",
			(unsigned)uids[0], (unsigned)gids[0]);
	if (uids[0] != uids[1] || uids[0] != uids[2] || gids[0] != gids[1] || gids[0] != gids[2])
		fatalx("sandbox: real, effective and saved ids differ");
	int groups = getgroups(0, NULL);
	if (groups != 0)
		fatalx("sandbox: %d supplementary groups are left", groups);
}

static void verify_set(const char *name, uint64_t actual, uint64_t wanted)
{
	char have[DESCRIPTION_MAX];
	char want[DESCRIPTION_MAX];
	if (actual == wanted)
		return;
	caps_describe(actual, have, sizeof(have));
	caps_describe(wanted, want, sizeof(want));
	fatalx("sandbox: %s capabilities are %s and should be %s", name, have, want);
}

static void verify_capabilities(uint64_t wanted)
{
	struct caps_sets sets;
	if (caps_get(&sets) == -1)
		fatal("sandbox: reading the capabilities");
	verify_set("permitted", sets.permitted, wanted);
	verify_set("effective", sets.effective, wanted);
	verify_set("bounding", sets.bounding, wanted);
	verify_set("inheritable", sets.inheritable, 0);
	verify_set("ambient", sets.ambient, 0);
}

/* The launcher keeps CAP_SETUID to start its children; for everybody else the way back is shut. */
static void verify_no_way_back(uint64_t capabilities)
{
	if ((capabilities & CAPS_BIT(CAP_SETUID)) == 0 && setresuid(0, 0, 0) != -1)
		fatalx("sandbox: user 0 could be had back");
}

static void set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		fatal("sandbox: no_new_privs");
}

static void set_limit(__rlimit_resource_t resource, const char *name)
{
	const struct rlimit none = {0, 0};
	struct rlimit now;
	if (setrlimit(resource, &none) == -1 || getrlimit(resource, &now) == -1)
		fatal("sandbox: limit %s", name);
	if (now.rlim_cur != 0 || now.rlim_max != 0)
		fatalx("sandbox: limit %s did not hold", name);
}

static void verify_filter(void)
{
	int answer = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	/* Our filters refuse the question, with an error that the kernel itself has not for it. */
	if (answer != SECCOMP_MODE_FILTER && (answer != -1 || errno != EACCES))
		fatalx("sandbox: the system call filter is not in force");
}

static void load_filter(const struct sandbox_tables *tables, enum sandbox_mode mode)
{
	if (mode == SANDBOX_OFF) {
		log_warnx("sandbox: off: no system call filter, as the command line says");
		return;
	}
	if (sandbox_filter_load(tables, mode) == -1)
		fatal("sandbox: system call filter");
	verify_filter();
	if (mode == SANDBOX_LOG)
		log_warnx("sandbox: log: forbidden system calls are logged, not stopped");
}

static void enter(const struct sandbox_profile *profile, bool starts_processes)
{
	verify_ids();
	if (caps_set(profile->capabilities, profile->capabilities, 0) == -1 ||
		caps_clear_ambient() == -1)
		fatal("sandbox: setting the capabilities");
	verify_capabilities(profile->capabilities);
	verify_no_way_back(profile->capabilities);
	set_no_new_privs();
	set_limit(RLIMIT_CORE, "core");
	if (!starts_processes)
		set_limit(RLIMIT_NPROC, "nproc");
}

void sandbox_enter(const struct sandbox_profile *profile, enum sandbox_mode mode)
{
	struct sandbox_tables tables;
	sandbox_tables_own(&tables, profile);
	enter(profile, false);
	load_filter(&tables, mode);
}

uint32_t sandbox_enter_envelope(const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count, enum sandbox_mode mode,
	uint32_t in_force)
{
	struct sandbox_tables tables;
	sandbox_tables_envelope(&tables, own, children, count);
	uint32_t sum = sandbox_tables_sum(&tables, mode);
	enter(own, true);
	if (sum != in_force)
		load_filter(&tables, mode);
	else if (mode != SANDBOX_OFF)
		verify_filter();
	return sum;
}
