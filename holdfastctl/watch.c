/* The status, live. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "holdfastctl/command.h"
#include "holdfastctl/request.h"
#include "holdfastctl/screen.h"

/* A daemon that does not answer must not keep a key waiting. */
#define ANSWER_LIMIT_S 2

struct watch {
	const struct ctl_call *call;
	struct screen screen;
	int signals; /* signalfd */
	int interval_ms;
	json_t *reply;     /* the latest there was; NULL: none yet */
	double replied_at; /* when, by monotonic(); without one: when watching began */
	char why[4352];    /* why it cannot be reached; empty: it can */
	bool ended;
};

static double monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ask(struct watch *watch)
{
	json_t *reply = ctl_request_within(ANSWER_LIMIT_S, watch->call->runtime_dir, "status", NULL,
		watch->why, sizeof(watch->why));

	if (reply == NULL)
		return;
	show_clean(reply);
	if (!json_is_true(json_object_get(reply, "ok"))) {
		strlcpy(watch->why, show_text(reply, "error"), sizeof(watch->why));
		json_decref(reply);
		return;
	}
	json_decref(watch->reply);
	watch->reply = reply;
	watch->replied_at = monotonic();
	watch->why[0] = '\0';
}

/* What is to be on the screen; to be freed. */
static char *text_of(const struct watch *watch, int columns)
{
	char *text = NULL, since[48];
	size_t size = 0;
	struct view view = {
		.out = open_memstream(&text, &size), .color = watch->call->color, .width = columns};

	if (view.out == NULL)
		return NULL;
	if (watch->why[0] != '\0') {
		show_duration(monotonic() - watch->replied_at, since, sizeof(since));
		show_word(&view, TONE_BAD, 0, "Cannot reach the daemon");
		fprintf(view.out, " for %s\n", since);
		show_wrapped(&view, TONE_PLAIN, 0, 2, watch->why);
		if (watch->reply != NULL)
			fprintf(view.out, "\nWhat it said before:\n");
	}
	if (watch->reply != NULL)
		show_status(&view, watch->reply);
	fclose(view.out);
	return text;
}

/* All at once, so that nothing half is ever seen. */
static void write_all(struct watch *watch, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);
		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1) {
			watch->ended = true; /* the terminal is gone */
			return;
		}
		bytes += written;
		length -= (size_t)written;
	}
}

static void draw(struct watch *watch)
{
	int rows, columns;
	char foot[80];
	size_t length = 0;

	screen_size(&rows, &columns);
	snprintf(foot, sizeof(foot), "every %g s; q ends", watch->interval_ms / 1000.0);
	char *text = text_of(watch, columns);
	char *bytes = text == NULL
			      ? NULL
			      : screen_change(&watch->screen, rows, columns, text, foot, &length);
	if (bytes != NULL)
		write_all(watch, bytes, length);
	free(bytes);
	free(text);
}

static void enter(struct watch *watch)
{
	screen_forget(&watch->screen);
	if (screen_enter() == -1)
		err(CTL_UNREACHABLE, "the terminal");
}

static void take_signal(struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGWINCH:
		return;
	case SIGTSTP:
		screen_leave();
		raise(SIGSTOP);
		enter(watch);
		return;
	default:
		watch->ended = true;
	}
}

static void take_keys(struct watch *watch)
{
	char keys[64];
	ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));

	if (count == 0 || (count == -1 && errno != EINTR && errno != EAGAIN))
		watch->ended = true;
	for (ssize_t i = 0; i < count; i++)
		watch->ended |= keys[i] == 'q' || keys[i] == 'Q';
}

/* Until it is time to ask again, but looking at keys in any case. What is seen is drawn anew after
 * a signal: the size may be another one. */
static void wait_for_turn(struct watch *watch, double until)
{
	double left;

	do {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = watch->signals, .events = POLLIN}};
		left = until - monotonic();
		if (poll(fds, 2, left > 0 ? (int)(left * 1000) + 1 : 0) <= 0)
			continue;
		if (fds[0].revents != 0)
			take_keys(watch);
		if (fds[1].revents != 0) {
			take_signal(watch);
			if (!watch->ended)
				draw(watch);
		}
	} while (!watch->ended && left > 0);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int take_interval(const struct ctl_call *call)
{
	const char *text = ctl_option(call, "interval");
	char *end;
	double seconds = text != NULL ? strtod(text, &end) : 1;

	if (text == NULL || (end != text && *end == '\0' && seconds >= 0.1 && seconds <= 3600))
		return (int)(seconds * 1000);
	fprintf(stderr, "holdfastctl: --interval is from 0.1 to 3600 seconds, not '%s'\n", text);
	return -1;
}

static int run_watch(const struct ctl_call *call)
{
	struct watch watch = {.call = call, .replied_at = monotonic()};

	watch.interval_ms = take_interval(call);
	if (watch.interval_ms == -1)
		return CTL_UNREACHABLE;
	if (call->json || isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
		fprintf(stderr,
			"holdfastctl: watch draws on a terminal; `holdfastctl status%s` does "
			"without\n",
			call->json ? " --json" : "");
		return CTL_UNREACHABLE;
	}
	watch.signals = open_signals();
	if (watch.signals == -1)
		err(CTL_UNREACHABLE, "signals");
	enter(&watch);
	while (!watch.ended) {
		double until = monotonic() + watch.interval_ms / 1000.0;
		ask(&watch);
		draw(&watch);
		wait_for_turn(&watch, until);
	}
	screen_leave();
	screen_forget(&watch.screen);
	json_decref(watch.reply);
	close(watch.signals);
	return CTL_FINE;
}

static const struct ctl_option watch_options[] = {
	{"interval", 'n', "SECONDS", "how often it asks (default 1)"},
	{0},
};

const struct ctl_command watch_command = {
	.name = "watch",
	.arguments = "[-n S]",
	.summary = "the status, live in the terminal; q ends",
	.help = "While the daemon cannot be reached it says so, with what was known before, and "
		"goes on\n"
		"asking. Exit status: 0 it was ended, 2 there is no terminal.\n",
	.options = watch_options,
	.run = run_watch,
};
