#include "parentd/parent.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "conf/command.h"
#include "conf/track_folder.h"
#include "parentd/balancing.h"
#include "parentd/beside.h"
#include "parentd/conf_kept.h"
#include "parentd/config_test.h"
#include "parentd/control.h"
#include "parentd/events.h"
#include "parentd/findings.h"
#include "parentd/ipvs_shows.h"
#include "parentd/mail.h"
#include "parentd/parentd_sandbox.h"
#include "parentd/runners.h"
#include "parentd/scripts.h"
#include "parentd/services.h"
#include "parentd/suspends.h"
#include "parentd/tracks.h"

#define PATHS_MAX               16
#define SUBNETS_MAX             1024
#define TRANSACTION_INTERVAL_MS 200

static uint32_t needs_of(const struct parent *parent, const struct conf *conf)
{
	uint32_t needs = 0;

	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++) {
		if ((process == PROTO_VRRP && parent->options.only_check) ||
			(process != PROTO_VRRP && parent->options.only_vrrp))
			continue;
		if (conf_needs(conf, (enum proto_process)process))
			needs |= UINT32_C(1) << process;
	}
	/* What it set up goes when the configuration does not want it any more, but would stay at
	 * a stop. */
	if (parent->options.keep_ipvs && parent->transaction.peers[PROTO_IPVS].wanted)
		needs |= UINT32_C(1) << PROTO_IPVS;
	return needs;
}

static struct conf *read_configuration(const struct parent *parent)
{
	const struct parent_options *options = &parent->options;
	const struct conf_options how = {
		.lenient = options->lenient, .config_id = options->config_id};
	struct conf_subnet *subnets = calloc(SUBNETS_MAX, sizeof(*subnets));
	struct conf_host host = {0};

	if (subnets != NULL) {
		host.subnets_count = conf_host_subnets(subnets, SUBNETS_MAX);
		host.subnets = subnets;
		host.known = host.subnets_count > 0;
	}
	struct conf *conf = conf_load(options->config, &how, &host);
	conf_validate_commands(conf, options->allow_root_scripts, parent->conf != NULL);
	/* what runs already goes on, whoever has come beside it since */
	if (!parent->taking_over && !options->only_check)
		beside_look(conf);
	free(subnets);
	return conf;
}

/* At the start the findings belong on the terminal, too, unless the log is there already. */
static void show_findings(const struct parent *parent, const struct conf *conf)
{
	findings_log(conf);
	if (!parent->started && !parent->options.replacement && !parent->options.stderr_is_log &&
		!TAILQ_EMPTY(&conf->findings))
		conf_report(conf, stderr, false);
	if (conf->unreadable)
		findings_log_permission(parent->options.config);
}

static void configuration_is_bad(struct parent *parent, const struct conf *conf)
{
	struct parent_conf_refused report = {
		.exit_status = 2, .at_start = !parent->started && !parent->options.replacement};

	findings_summary(conf, parent->options.config, parent->problem, sizeof(parent->problem));
	log_change(LOG_ERR,
		&(struct log_change){.kind = LOG_CONFIGURATION_REFUSED,
			.state = "refused",
			.reason = parent->problem},
		"configuration refused: %s%s", parent->problem,
		report.at_start ? "" : "; nothing changes");
	proto_string_set(report.problem, sizeof(report.problem), parent->problem);
	parent_tell_launcher(parent, PARENT_CONF_REFUSED, 0, &report);
	control_reload_done(parent->control, parent->transaction.last + 1, parent->problem);
}

static void tell_busy(struct parent *parent, bool busy)
{
	const struct process_busy body = {.busy = busy};

	parent_tell_launcher(parent, PROCESS_BUSY, 0, &body);
}

/* The file still says what is in force: nothing to do but to know the file's names for it. */
static bool unchanged(struct parent *parent, struct conf *conf)
{
	if (!parent->taking_over || !conf_kept_same(parent->conf, conf))
		return false;
	conf_free(parent->conf);
	parent->conf = conf;
	events_adopt(parent->events);
	services_adopt(parent->services);
	return true;
}

static void load(struct parent *parent)
{
	struct conf *conf = read_configuration(parent);

	show_findings(parent, conf);
	if (conf_exit_status(conf) != 0) {
		configuration_is_bad(parent, conf);
		conf_free(conf);
	} else if (!unchanged(parent, conf)) {
		parent->candidate = conf;
		transaction_begin(&parent->transaction, needs_of(parent, conf), clock_now_ns());
	}
	parent->taking_over = false;
}

struct conf *parent_read(struct parent *parent)
{
	tell_busy(parent, true);
	struct conf *conf = read_configuration(parent);
	tell_busy(parent, false);
	return conf;
}

void parent_load(struct parent *parent)
{
	if (parent->stopping)
		return;
	if (transaction_busy(&parent->transaction)) {
		parent->reload_again = true;
		return;
	}
	tell_busy(parent, true);
	load(parent);
	tell_busy(parent, false);
}

static void transaction_due(int fd, short events, void *arg)
{
	struct parent *parent = arg;

	(void)fd;
	(void)events;
	transaction_tick(&parent->transaction, clock_now_ns());
	ipvs_shows_tick(parent->shows, clock_now_ns());
}

/* Landlock: the configuration with all it includes, what the C library reads, /proc for the table
 * of processes, the folders that tracked files may lie in (/etc is one of them); one directory to
 * write dumps to. */
static void hide_files(const struct parent *parent, enum sandbox_mode mode)
{
	char dump[PATH_MAX];
	char folder[PATH_MAX];
	char target[PATH_MAX];

	snprintf(dump, sizeof(dump), "%s/dump", parent->options.runtime_dir);
	strlcpy(folder, parent->options.config, sizeof(folder));
	/* Where the file really is, when it is a link. */
	if (realpath(parent->options.config, target) == NULL)
		strlcpy(target, folder, sizeof(target));
	*strrchr(folder, '/') = '\0';
	*strrchr(target, '/') = '\0';
	struct sandbox_path paths[PATHS_MAX] = {
		{.path = "/proc"},
		{.path = "/usr/share/zoneinfo"},
		{.path = folder[0] != '\0' ? folder : "/"},
		{.path = target[0] != '\0' ? target : "/"},
		{.path = dump, .write = true},
	};
	size_t count = 5;
	size_t tracked;
	const char *const *tracks = conf_track_folders(&tracked);
	for (size_t i = 0; i < tracked && count < PATHS_MAX; i++)
		paths[count++].path = tracks[i];
	if (sandbox_landlock(mode, paths, count) == -1)
		fatal("Landlock");
}

static void open_channels(struct parent *parent)
{
	static const struct timeval interval = {.tv_usec = TRANSACTION_INTERVAL_MS * 1000L};

	parent->base = loop_new();
	if (event_base_priority_init(parent->base, CONTROL_PRIORITIES) == -1)
		fatalx("event loop: priorities");
	parent->launcher = channel_new(parent->base, child_launcher_fd(), PROTO_PARENT,
		PROTO_LAUNCHER, &parent_launcher_handlers, parent);
	parent->transaction_timer =
		event_new(parent->base, -1, EV_PERSIST, transaction_due, parent);
	if (parent->launcher == NULL || parent->transaction_timer == NULL ||
		event_add(parent->transaction_timer, &interval) == -1)
		fatal("channel to the launcher");
	parent->runners = runners_new(parent->base, &parent_runners_ops, parent);
	parent->scripts = scripts_new(parent);
	parent->services = services_new(parent);
	parent->balancing = balancing_new(parent);
	parent->beside = beside_watch_new(parent->base, parent);
	parent->shows = ipvs_shows_new(parent->services, &parent_shows_ops, parent);
	parent->suspends = suspends_new(parent);
	parent->events = events_new(parent);
	parent->tracks = tracks_new(parent);
	parent->mailing = mailing_new(parent);
	parent->control = control_new(parent->base, FD_CONTROL, parent);
	if (parent->control == NULL || parent->shows == NULL)
		fatal("control socket");
}

/* What the parentd before this one put into force stays, whatever became of the file since: a
 * process that died together with it gets that, at once. */
static void take_over(struct parent *parent)
{
	parent->conf = conf_kept_load(FD_CONFIGURATION, parent->options.lenient);
	if (parent->conf == NULL)
		return;
	parent_adopt(parent);
	parent->taking_over = true;
	transaction_restore(&parent->transaction, parent->options.generation,
		needs_of(parent, parent->conf), clock_now_ns());
	parent_ask_services(parent);
	tracks_tell_vrrpd(parent->tracks);
	balancing_tell(parent->balancing);
}

/* The first load waits for the loop, so that what the launcher says about processes that run
 * already comes before it. */
static void first_load(int fd, short events, void *arg)
{
	struct parent *parent = arg;

	(void)fd;
	(void)events;
	if (parent->options.replacement)
		take_over(parent);
	parent_load(parent);
}

void parentd_run(int argc, char **argv)
{
	static struct parent parent;
	static const struct timeval at_once = {0};
	struct child_options options;

	child_init(PROTO_PARENT, argc, argv, &options);
	child_probe(&options, parentd_sandbox_profile());
	/* getopt left its mark at the "--" before what is for parentd alone. */
	argv[optind - 1] = argv[0];
	parent_options_parse(argc - optind + 1, argv + optind - 1, &parent.options);
	parent.options.stderr_is_log |= options.log.console;
	for (int process = 0; process < PROTO_DAEMON_END; process++) {
		parent.children[process].parent = &parent;
		parent.children[process].process = (enum proto_process)process;
		parent.children[process].page_fd = -1;
	}
	transaction_init(
		&parent.transaction, &parent_transaction_ops, &parent, parent.options.generation);
	open_channels(&parent);
	hide_files(&parent, options.sandbox);
	sandbox_enter(parentd_sandbox_profile(), options.sandbox);
	if (event_base_once(parent.base, -1, EV_TIMEOUT, first_load, &parent, &at_once) == -1)
		fatal("event");
	loop_run(parent.base);
}
