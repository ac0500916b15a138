/* The two ways in which sl_utf8_valid (json.h) checks what is not ASCII; the tests compare them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool sl_utf8_valid_portable(const uint8_t *p, size_t len);
bool sl_utf8_valid_wide(const uint8_t *p, size_t len); /* AVX2 where the processor has it */
