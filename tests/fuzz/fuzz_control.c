/* What a control client may send: any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parentd/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_request request;
	const char *why = NULL;

	if (control_request_parse((const char *)data, size, &request, &why) == -1) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (memchr(request.name, '\0', sizeof(request.name)) == NULL)
		abort();
	(void)control_request_changes(&request);
	return 0;
}
