/* CRC-32C on processors for which there is no faster way here. */
#include "proto/checksum.h"

uint32_t checksum_run(uint32_t crc, const uint8_t *bytes, size_t length)
{
	return checksum_by_table(crc, bytes, length);
}
