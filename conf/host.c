#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "conf/conf.h"

static unsigned count_ones(const uint8_t *bytes, size_t length)
{
	unsigned ones = 0;
	for (size_t i = 0; i < length; i++)
		ones += (unsigned)__builtin_popcount(bytes[i]);
	return ones;
}

static bool take(const struct ifaddrs *entry, struct conf_subnet *subnet)
{
	if (entry->ifa_addr == NULL || entry->ifa_netmask == NULL)
		return false;
	*subnet = (struct conf_subnet){0};
	proto_string_set(subnet->ifname, sizeof(subnet->ifname), entry->ifa_name);
	if (entry->ifa_addr->sa_family == AF_INET) {
		struct sockaddr_in address;
		struct sockaddr_in mask;
		memcpy(&address, entry->ifa_addr, sizeof(address));
		memcpy(&mask, entry->ifa_netmask, sizeof(mask));
		subnet->address.family = AF_INET;
		memcpy(subnet->address.bytes, &address.sin_addr, 4);
		subnet->prefixlen = (uint8_t)count_ones((const uint8_t *)&mask.sin_addr, 4);
		return true;
	}
	if (entry->ifa_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 address;
		struct sockaddr_in6 mask;
		memcpy(&address, entry->ifa_addr, sizeof(address));
		memcpy(&mask, entry->ifa_netmask, sizeof(mask));
		subnet->address.family = AF_INET6;
		memcpy(subnet->address.bytes, &address.sin6_addr, 16);
		subnet->prefixlen = (uint8_t)count_ones((const uint8_t *)&mask.sin6_addr, 16);
		return true;
	}
	return false;
}

size_t conf_host_subnets(struct conf_subnet *buf, size_t max)
{
	struct ifaddrs *list;
	size_t count = 0;
	if (getifaddrs(&list) == -1)
		return 0;
	for (const struct ifaddrs *entry = list; entry != NULL && count < max;
		entry = entry->ifa_next)
		count += take(entry, &buf[count]);
	freeifaddrs(list);
	return count;
}
