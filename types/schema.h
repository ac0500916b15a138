/* A source's columns: each in a namespace (key, value, headers), kept in declared order. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "types/type.h"

typedef enum sl_source_kind { SL_STREAM, SL_TABLE } sl_source_kind;
typedef enum sl_window_kind { SL_WINDOW_NONE, SL_WINDOW_TUMBLING, SL_WINDOW_HOPPING, SL_WINDOW_SESSION } sl_window_kind;
typedef enum sl_column_kind { SL_COLUMN_KEY, SL_COLUMN_VALUE, SL_COLUMN_HEADERS } sl_column_kind;

typedef struct sl_column {
  sl_str name;
  const sl_type *type;
  sl_column_kind kind;
  sl_str header_key; /* HEADER('k'); ptr NULL for HEADERS (whole list) and other kinds */
} sl_column;

typedef struct sl_schema {
  const sl_column *columns; /* declared order */
  int count;
} sl_schema;

int sl_schema_find(const sl_schema *schema, sl_str name); /* index or -1 */
int sl_schema_count(const sl_schema *schema, sl_column_kind kind);
/* The n-th column of a kind; NULL past the end. */
const sl_column *sl_schema_nth(const sl_schema *schema, sl_column_kind kind, int n);
sl_schema sl_schema_copy(sl_arena *arena, const sl_schema *schema); /* deep */
bool sl_schema_equal(const sl_schema *a, const sl_schema *b);
void sl_column_print(sl_buf *out, const sl_column *column); /* one column of the text below */
/* `K` STRING KEY, `V` INTEGER, `H` BYTES HEADER('k') */
void sl_schema_print(sl_buf *out, const sl_schema *schema);
/* Reads what sl_schema_print wrote (types in SL_TYPE_SQL); false when it is not that. */
bool sl_schema_parse(sl_arena *arena, sl_str text, sl_schema *out);
bool sl_type_parse(sl_arena *arena, sl_str text, const sl_type **out); /* one type, the whole text */
const char *sl_schema_text(sl_arena *arena, const sl_schema *schema);
/* ROWTIME ROWPARTITION ROWOFFSET WINDOWSTART WINDOWEND */
bool sl_is_system_column(sl_str name);
bool sl_is_pseudo_column(sl_str name); /* the first three */
