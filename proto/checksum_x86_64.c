/* CRC-32C with the instruction that SSE 4.2 brought, where the processor has it. */
#include <nmmintrin.h>
#include <string.h>

#include "proto/checksum.h"

__attribute__((target("sse4.2"))) static uint32_t checksum_by_instruction(
	uint32_t crc, const uint8_t *bytes, size_t length)
{
	uint64_t wide = crc;
	for (; length >= sizeof(uint64_t); length -= sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, bytes, sizeof(word));
		wide = _mm_crc32_u64(wide, word);
		bytes += sizeof(word);
	}
	crc = (uint32_t)wide;
	for (; length > 0; length--)
		crc = _mm_crc32_u8(crc, *bytes++);
	return crc;
}

uint32_t checksum_run(uint32_t crc, const uint8_t *bytes, size_t length)
{
	if (__builtin_cpu_supports("sse4.2"))
		return checksum_by_instruction(crc, bytes, length);
	return checksum_by_table(crc, bytes, length);
}
