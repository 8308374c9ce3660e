/* What comes back from a DNS server: the first bytes are the query's name, the rest is the
 * datagram. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t query[DNS_QUERY_MAX];
	char name[512];
	unsigned rcode = 16;

	if (size < 1 || size - 1 < data[0])
		return 0;
	size_t name_length = data[0];
	memcpy(name, data + 1, name_length);
	name[name_length] = '\0';
	size_t length = dns_query_make(query, 0x4846, DNS_TYPE_SOA, name);
	if (length == 0)
		return 0;
	require(length >= 17 && length <= sizeof(query));
	const uint8_t *bytes = data + 1 + name_length;
	size_t count = size - 1 - name_length;
	enum dns_answer found = dns_answer_judge(query, length, bytes, count, &rcode);
	if (found == DNS_OTHERS)
		return 0;
	require(count >= 12 && rcode < 16 && (found == DNS_GOOD) == (rcode == 0));
	require(dns_rcode_name(rcode) != NULL);
	require(found == DNS_BAD || count >= length);
	return 0;
}
