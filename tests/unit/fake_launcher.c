#include "fake_launcher.h"

void fake_launcher_init(struct launcher *launcher)
{
	for (int process = 0; process < PROTO_PROCESS_END; process++) {
		launcher->children[process] =
			(struct launcher_child){.process = (enum proto_process)process,
				.link = {.fd = -1},
				.page_fd = -1,
				.page_read_fd = -1,
				.program_fd = -1,
				.pid_file_fd = -1,
				.starting_fd = -1};
	}
}
