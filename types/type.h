/* SQL types: immutable, compared by structure. A type lives in the arena it was made in; scalars are static. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef enum sl_base {
  SL_NULL_TYPE, /* an untyped NULL literal */
  SL_BOOLEAN,
  SL_INTEGER, /* int32 */
  SL_BIGINT,  /* int64 */
  SL_DECIMAL,
  SL_DOUBLE,
  SL_STRING,
  SL_BYTES,
  SL_TIME,      /* int32 milliseconds of the day, in i64 */
  SL_DATE,      /* days since 1970, in i64 */
  SL_TIMESTAMP, /* milliseconds since 1970 UTC, in i64 */
  SL_ARRAY,
  SL_MAP,
  SL_STRUCT,
  SL_LAMBDA,        /* function parameters only */
  SL_INTERVAL_UNIT, /* a bare time unit as an argument (DAYS ...) */
  SL_BASE_COUNT
} sl_base;

typedef struct sl_type sl_type;

typedef struct sl_field {
  sl_str name;
  const sl_type *type;
} sl_field;

struct sl_type {
  sl_base base;
  int precision, scale;   /* DECIMAL */
  const sl_type *key;     /* MAP */
  const sl_type *element; /* ARRAY element, MAP value */
  const sl_field *fields; /* STRUCT, in declared order */
  int field_count;
};

extern const sl_type SL_TYPE_NULL, SL_TYPE_BOOLEAN, SL_TYPE_INTEGER, SL_TYPE_BIGINT, SL_TYPE_DOUBLE, SL_TYPE_STRING,
    SL_TYPE_BYTES, SL_TYPE_TIME, SL_TYPE_DATE, SL_TYPE_TIMESTAMP, SL_TYPE_INTERVAL_UNIT;

const sl_type *sl_type_scalar(sl_base base); /* static; not for DECIMAL and containers */
/* Primitive by its SQL spelling in any case (INT, VARCHAR ...); NULL if it is none (then maybe a custom type). */
const sl_type *sl_type_find(sl_str name);
const sl_type *sl_type_decimal(sl_arena *arena, int precision, int scale);
/* More digits than any DECIMAL may have: keeps every exact result bounded. */
enum { SL_DECIMAL_MAX_PRECISION = 10000 };
/* The checks of sql.md 3.1 on a DECIMAL(p,s) that a user wrote; SL_E_STATEMENT with the message there. */
int sl_type_check_decimal(int64_t precision, int64_t scale, sl_err *err);
const sl_type *sl_type_array(sl_arena *arena, const sl_type *element);
const sl_type *sl_type_map(sl_arena *arena, const sl_type *key, const sl_type *value);
const sl_type *sl_type_struct(sl_arena *arena, const sl_field *fields, int count); /* fields copied */
const sl_type *sl_type_copy(sl_arena *arena, const sl_type *type);                 /* deep */
bool sl_type_equal(const sl_type *a, const sl_type *b);
enum { SL_TYPE_MAX_DEPTH = 200 /* levels of a type that is kept: sl_type_parse reads no more */ };
int sl_type_depth(const sl_type *type);              /* levels: 1 for a scalar */
int sl_type_field(const sl_type *type, sl_str name); /* index of a struct field by exact name, -1 if none */
static inline bool sl_type_is_numeric(const sl_type *t) {
  return t->base >= SL_INTEGER && t->base <= SL_DOUBLE;
}
static inline bool sl_type_is_time(const sl_type *t) {
  return t->base >= SL_TIME && t->base <= SL_TIMESTAMP;
}

/* How a type prints (sql.md 3.1). */
typedef enum sl_type_style {
  SL_TYPE_SQL,      /* STRING, INTEGER, STRUCT<`A` INTEGER>: schema texts and messages */
  SL_TYPE_UNQUOTED, /* same, struct fields without back-quotes */
  SL_TYPE_DESCRIBE, /* DESCRIBE: VARCHAR(STRING), struct fields unquoted */
  SL_TYPE_FORMATS,  /* format errors: INT, VARCHAR (formats.md 5.2) */
} sl_type_style;
void sl_type_print(sl_buf *out, const sl_type *type, sl_type_style style);
const char *sl_type_text(sl_arena *arena, const sl_type *type); /* SL_TYPE_SQL */
const char *sl_base_name(sl_base base);                         /* BOOLEAN INTEGER ... */
/* A name between quote characters, with those inside doubled. */
void sl_print_quoted(sl_buf *out, sl_str name, char quote);
