#include "proto/checksum.h"

#include "proto/proto.h"

uint32_t proto_checksum(uint32_t seed, const void *data, size_t length)
{
	return ~checksum_run(~seed, data, length);
}
