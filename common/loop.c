#include "common/loop.h"

#include <event2/event.h>

#include "common/log.h"

struct event_base *loop_new(void)
{
	struct event_config *config = event_config_new();
	if (config == NULL)
		fatalx("event loop: no memory");
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL)
		fatalx("event loop: cannot be set up");
	return base;
}

void loop_run(struct event_base *base)
{
	event_base_dispatch(base);
	fatal("event loop ended");
}
