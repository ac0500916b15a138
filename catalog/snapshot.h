/* Snapshots from the inside: reference-counted objects in reference-counted lists. See catalog.h for the outside. */
#pragma once
#include <stdatomic.h>
#include "catalog/catalog.h"

/* One immutable object with the memory it lives in. */
typedef struct sl_object {
  atomic_int refs;
  sl_arena arena;
  union {
    sl_source source;
    sl_query_entry query;
    sl_custom_type type;
  };
} sl_object;

typedef struct sl_objects {
  sl_object **items;
  size_t count;
} sl_objects;

struct sl_snapshot {
  atomic_int refs;
  uint64_t sequence;
  sl_objects sources;  /* current versions, by name */
  sl_objects retained; /* older versions that a query names */
  sl_objects queries;  /* by number */
  sl_objects types;    /* by name */
};

sl_snapshot *sl_snapshot_new(void);
