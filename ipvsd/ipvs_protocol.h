/* Whether the kernel's IPVS knows a protocol. It takes services of every protocol, and never
 * schedules one that it was built without; only /proc/net/ip_vs shows which those are: by their
 * number. */
#ifndef HOLDFAST_IPVS_PROTOCOL_H
#define HOLDFAST_IPVS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens that file, which stays readable in the sandbox. -1 when there is no IPVS (yet). */
int ipvs_protocol_open(void);

enum ipvs_protocol_answer {
	IPVS_PROTOCOL_KNOWN,
	IPVS_PROTOCOL_UNKNOWN,
	IPVS_PROTOCOL_NO_ANSWER, /* the file cannot be read */
};

/* Looks for a service of the protocol that is shown by its number. */
enum ipvs_protocol_answer ipvs_protocol_ask(int fd, uint16_t protocol);

/* The same in a text that may come in pieces: *place is 0 at first, and where it is inside a line
 * afterwards. Returns whether a line begins with the number. Free of I/O. */
bool ipvs_protocol_find(const char *text, size_t length, uint16_t protocol, size_t *place);

#endif
