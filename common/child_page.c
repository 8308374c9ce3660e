/* What a predecessor left. */
#include "common/child.h"
#include "proto/state_page.h"

struct state_page *child_page_open(enum proto_process self, int fd)
{
	const char *why;
	struct state_page *page = state_page_open(self, fd, true, &why);

	if (page != NULL)
		return page;
	log_warnx("the state page cannot be used, starting without: %s", why);
	if (state_page_reset(self, fd) == -1)
		fatal("state page");
	page = state_page_open(self, fd, true, &why);
	if (page == NULL)
		fatalx("state page: %s", why);
	return page;
}
