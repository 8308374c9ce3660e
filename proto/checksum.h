/* The ways to compute CRC-32C; private to this folder. Registers go in and out as they are, without
 * the inversions before and after that proto_checksum adds. */
#ifndef HOLDFAST_CHECKSUM_H
#define HOLDFAST_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t checksum_by_table(uint32_t crc, const uint8_t *bytes, size_t length);

/* The fastest way of the processor that this runs on. */
uint32_t checksum_run(uint32_t crc, const uint8_t *bytes, size_t length);

#endif
