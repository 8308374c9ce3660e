/* A DNS query and the judgement of what comes back (RFC 1035 §4). Free of I/O. Written by hand,
 * because evdns asks the resolver's servers only, and only for addresses and names. */
#ifndef HOLDFAST_CHECKERD_DNS_MESSAGE_H
#define HOLDFAST_CHECKERD_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY_MAX   (12 + 255 + 4) /* header, name, type and class */
#define DNS_TYPE_SOA    6
#define DNS_MESSAGE_MAX 4096 /* what is read of an answer */

/* Writes a query of class IN with recursion desired. name is dotted, "." or "" the root, a dot at
 * its end is allowed. Returns its length, or 0 with errno EINVAL when name is none (a label of more
 * than 63 bytes or of none, more than 255 in all). */
size_t dns_query_make(uint8_t query[DNS_QUERY_MAX], uint16_t id, uint16_t type, const char *name);

enum dns_answer {
	DNS_OTHERS, /* not the answer to this query: go on waiting */
	DNS_GOOD,
	DNS_BAD, /* the server says no */
};

/* Judges a datagram. *rcode is set unless DNS_OTHERS is returned. */
enum dns_answer dns_answer_judge(const uint8_t *query, size_t query_length, const uint8_t *bytes,
	size_t length, unsigned *rcode);

/* "SERVFAIL" (RFC 1035 §4.1.1, RFC 2136); "RCODE 11" for one without a name. */
const char *dns_rcode_name(unsigned rcode);

/* "SOA"; "TYPE257" in text for one without a name (RFC 3597). */
const char *dns_type_name(uint16_t type, char text[12]);

#endif
