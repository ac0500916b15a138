/* English abbreviations of time zones, which ICU does not give outside the United States. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/str.h"

typedef struct sl_zone_names {
  const char *name;                /* long standard name */
  const char *standard, *daylight; /* abbreviations */
  const char *region;              /* what these names stand for when they are read */
  const char *generic;             /* "PT", or NULL */
} sl_zone_names;

/* The row of a region, or else of a long standard name, or NULL. */
const sl_zone_names *sl_zone_names_of(const char *region, const char *standard_name);
/* The longest name that text starts with, any case: bytes and the region it stands for; 0 for none. */
size_t sl_zone_names_match(sl_str text, bool is_long, const char **region);
/* The name without regard to summer time: "PT", "Pacific Time". */
void sl_zone_add_generic(sl_buf *out, const char *region, const char *standard_name, const char *standard,
                         bool is_long);
