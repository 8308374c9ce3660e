#include "parentd/address_json.h"

#include <arpa/inet.h>

json_t *address_json(const struct proto_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (address->family == 0 ||
		inet_ntop(address->family, address->bytes, text, sizeof(text)) == NULL)
		return json_null();
	return json_string(text);
}
