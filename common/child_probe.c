/* `--probe`: an upgrade tries whether a program can be executed, may make the system calls that it
 * needs to start, and is of a version that fits. */
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/fds.h"
#include "proto/state_page.h"

int child_probe_answer(int fd)
{
	struct {
		struct proto_header header;
		struct process_probed body;
	} record = {.body = {.state_page_version = STATE_PAGE_VERSION}};

	proto_header_make(&record.header, PROCESS_PROBED, 0, 1);
	proto_string_set(record.body.version, sizeof(record.body.version), HOLDFAST_VERSION);
	return write(fd, &record, sizeof(record)) == (ssize_t)sizeof(record) ? 0 : 1;
}

void child_probe(const struct child_options *options, const struct sandbox_profile *profile)
{
	if (!options->probe)
		return;
	sandbox_enter(profile, options->sandbox);
	_exit(child_probe_answer(FD_LAUNCHER));
}
