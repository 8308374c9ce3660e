/* Words as values. Every function returns NULL when the word is good, else what is wrong with it,
 * as the end of a sentence that begins with the word ("is not a number"). */
#ifndef HOLDFAST_CONF_VALUE_H
#define HOLDFAST_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

/* A decimal number without anything before or behind it; a sign only when min is negative. The
 * range is not looked at: see value_in_range. */
const char *value_number(const char *word, int64_t *number);

/* Seconds with a fraction, rounded to microseconds. */
const char *value_seconds(const char *word, uint64_t *microseconds);

/* true on yes false off no, in lower case. */
const char *value_bool(const char *word, bool *value);

/* The name of a network interface or an address label: 1 to 15 bytes. */
const char *value_ifname(const char *word, char name[PROTO_IFNAME_LEN]);

/* An IPv4 or IPv6 address. */
const char *value_address(const char *word, struct proto_addr *address);

/* ADDRESS[/PREFIX]; without prefix it is 32 or 128 and *given is false. A netmask in dots is
 * accepted as prefix, as in keepalived. */
const char *value_prefix(
	const char *word, struct proto_addr *address, uint8_t *prefixlen, bool *given);

/* Is it one of 224.0.0.0/4 or ff00::/8? */
bool value_is_multicast(const struct proto_addr *address);

bool value_address_equal(const struct proto_addr *a, const struct proto_addr *b);
/* Do the first prefixlen bits agree? */
bool value_address_within(
	const struct proto_addr *address, const struct proto_addr *net, unsigned prefixlen);

/* The address in text form; buf of INET6_ADDRSTRLEN bytes. Returns buf. */
#define VALUE_ADDRESS_LEN 46
const char *value_address_text(const struct proto_addr *address, char buf[VALUE_ADDRESS_LEN]);

/* Microseconds as seconds without superfluous zeros; buf of VALUE_SECONDS_LEN. Returns buf. */
#define VALUE_SECONDS_LEN 32
const char *value_seconds_text(uint64_t microseconds, char buf[VALUE_SECONDS_LEN]);

#endif
