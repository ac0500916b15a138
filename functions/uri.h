/* Parts of a URI (functions.md 17): RFC 2396 with the IPv6 hosts of RFC 2732, and any other visible character above
 * U+007F standing for itself. Parts borrow from the text and are as written: escapes are not yet decoded. Thread: any.
 */
#pragma once
#include <stdint.h>
#include "base/str.h"

/* A part that is absent has ptr NULL; one that is there and empty has not. */
typedef struct sl_uri {
  sl_str scheme;
  sl_str host;  /* of a server authority; an IPv6 one with its brackets */
  int64_t port; /* -1: none */
  sl_str path;  /* absent in an opaque URI (mailto:a@b) */
  sl_str query, fragment;
} sl_uri;

/* false when text is no URI. */
bool sl_uri_parse(sl_str text, sl_uri *out);
