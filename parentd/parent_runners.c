/* The runners of this parentd: what they tell goes to the log. */
#include "common/log.h"
#include "parentd/parent.h"
#include "parentd/runners.h"

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
	log_debug("the runner of %s is there", user_of(arg, slot));
}

static void done(int slot, const struct runner_done *done, void *arg)
{
	log_debug("a script of %s has ended after %llu us: outcome %u, status %d",
		user_of(arg, slot), (unsigned long long)done->duration_us, done->outcome,
		done->status);
}

static void lost(int slot, void *arg)
{
	log_debug("the runner of %s is gone", user_of(arg, slot));
}

const struct runners_ops parent_runners_ops = {.tell = tell, .up = up, .done = done, .lost = lost};
