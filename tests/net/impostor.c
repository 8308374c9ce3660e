/* Stands in the place of a program of the suite while an upgrade is tried. Built three times: one
 * speaks a version of the protocol that nobody knows, the other one says all the right things when
 * it is only tried and dies as soon as it has to work, the third one is tried for ever. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/fds.h"
#include "proto/state_page.h"

static int is_tried(char **arguments)
{
	while (*arguments != NULL) {
		if (strcmp(*arguments++, "--probe") == 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct {
		struct proto_header header;
		struct process_probed body;
	} record = {.body = {.state_page_version = STATE_PAGE_VERSION}};

	(void)argc;
	if (!is_tried(argv))
		_exit(1); /* what a sanitizer does at exit(3), the filter does not allow */
	if (IMPOSTOR_SILENT)
		return ppoll(NULL, 0, NULL, NULL);
	proto_header_make(&record.header, PROCESS_PROBED, 0, 1);
	record.header.version += IMPOSTOR_AHEAD;
	_exit(write(FD_LAUNCHER, &record, sizeof(record)) == (ssize_t)sizeof(record) ? 0 : 1);
}
