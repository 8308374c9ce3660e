/* The runners of this parentd. */
#include "common/log.h"
#include "parentd/events.h"
#include "parentd/parent.h"
#include "parentd/runners.h"
#include "parentd/scripts.h"
#include "parentd/tracks.h"

static void tell(enum proto_type type, const void *body, void *arg)
{
	parent_tell_launcher(arg, type, 0, body);
}

static const char *user_of(struct parent *parent, int slot)
{
	return runners_info(parent->runners, slot)->user.name;
}

static void up(int slot, void *arg)
{
	const struct parent *parent = arg;

	log_debug("the runner of %s is there", user_of(arg, slot));
	events_runner_up(parent->events, slot);
	tracks_runner_up(parent->tracks, slot);
}

static void done(int slot, const struct runner_done *done, void *arg)
{
	const struct parent *parent = arg;

	if (!events_done(parent->events, slot, done) && !tracks_done(parent->tracks, slot, done))
		scripts_done(parent->scripts, slot, done);
}

static void lost(int slot, void *arg)
{
	const struct parent *parent = arg;

	log_debug("the runner of %s is gone", user_of(arg, slot));
	scripts_lost(parent->scripts, slot);
	events_runner_lost(parent->events, slot);
	tracks_runner_lost(parent->tracks, slot);
}

static void fifo(int slot, const struct runner_fifo_state *state, void *arg)
{
	const struct parent *parent = arg;

	events_fifo(parent->events, slot, state);
}

const struct runners_ops parent_runners_ops = {
	.tell = tell, .up = up, .done = done, .fifo = fifo, .lost = lost};
