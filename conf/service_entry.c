/* What a line of a group, or a virtual server itself, stands for. */
#include <sys/socket.h>

#include "conf/conf.h"

uint8_t conf_entry_family(
	const struct conf_virtual_server *server, const struct conf_group_entry *entry)
{
	const struct conf_group_entry *other;
	if (entry->first.family != 0)
		return entry->first.family;
	if (entry->family != 0)
		return entry->family;
	if (server->family != 0)
		return server->family;
	TAILQ_FOREACH(other, server->entries, entry)
	if (other->first.family != 0)
		return other->first.family;
	if (!TAILQ_EMPTY(&server->real_servers))
		return TAILQ_FIRST(&server->real_servers)->address.family;
	return AF_INET;
}

/* Eight bytes in network order. */
static uint64_t half(const uint8_t bytes[8])
{
	uint64_t number = 0;
	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

uint64_t conf_entry_count(const struct conf_group_entry *entry)
{
	const uint8_t *first = entry->first.bytes, *last = entry->last.bytes;
	uint64_t high = half(last) - half(first), low = half(last + 8) - half(first + 8);
	/* IPv4 stands in the first four of sixteen bytes. */
	if (entry->first.family == AF_INET)
		return (high >> 32) + 1;
	if (half(last + 8) < half(first + 8))
		high--;
	return high != 0 || low == UINT64_MAX ? UINT64_MAX : low + 1;
}
