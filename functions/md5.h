/* MD5 (RFC 1321), for the function of that name; not for anything that must be safe. Thread: any. */
#pragma once
#include <stdint.h>
#include "base/str.h"

enum { SL_MD5_SIZE = 16 };
void sl_md5(sl_str data, uint8_t out[SL_MD5_SIZE]);
