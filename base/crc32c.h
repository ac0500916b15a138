/* CRC-32C (Castagnoli), the checksum of record batches. "123456789" gives 0xE3069283. Thread: any. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Goes on from seed, the checksum of what came before (0 at the start). */
uint32_t sl_crc32c(uint32_t seed, const void *data, size_t len);
/* The portable twin, the same by definition; the tests compare them. */
uint32_t sl_crc32c_portable(uint32_t seed, const void *data, size_t len);
