/* Functions of your own for sluice: scalar, table and aggregate functions in C, in a shared object.
 *
 * An object exports one symbol, the data object `sluice_functions` of type sluice_library: its version, who made it and
 * a table of functions. sluice loads every *.so file of its extension directory at its start; nothing needs to be
 * linked against. What a function may do comes to it as sluice_call: reading arguments, writing the result, memory, and
 * reporting an error. The inline functions below are all of it.
 *
 *   static int shout(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
 *     size_t len;
 *     const char *text = sluice_text(call, args[0], &len);
 *     ...
 *     return sluice_set_text(call, out, loud, len);
 *   }
 *   static const sluice_overload SHOUT[] = {{.signature = "(VARCHAR text) -> VARCHAR", .eval = shout}, {0}};
 *   static const sluice_function FUNCTIONS[] = {{.name = "SHOUT", .kind = SLUICE_SCALAR, .overloads = SHOUT}, {0}};
 *   SLUICE_EXPORT const sluice_library sluice_functions = {.version = SLUICE_UDF_VERSION, .functions = FUNCTIONS};
 *
 * Rules
 * - Callbacks run on many threads at once. What one call site may change is its instance (instance_size) alone.
 * - A callback returns 0, or the result of sluice_fail. A scalar function that fails gives NULL, a table function no
 *   rows, both with an entry in the processing log; an aggregate that fails fails its query.
 * - Handles, and memory got from sluice_alloc, texts and bytes are valid until the callback returns.
 * - Reading or writing by another type than the signature's fails the call with a message that says so. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when the layout of a struct below changes; an object of another version is refused. */
#define SLUICE_UDF_VERSION 1

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#define SLUICE_PRINTF __attribute__((format(printf, 2, 3)))
#else
#define SLUICE_EXPORT
#define SLUICE_PRINTF
#endif

/* An argument, or a part of one, and a place for a result. Pass them on, do not look inside. */
typedef struct sluice_value {
  const void *data, *type;
} sluice_value;
typedef struct sluice_result {
  void *data;
  const void *type;
} sluice_result;

typedef enum sluice_type {
  SLUICE_NULL, /* a NULL literal without a type */
  SLUICE_BOOLEAN,
  SLUICE_INTEGER,
  SLUICE_BIGINT,
  SLUICE_DECIMAL,
  SLUICE_DOUBLE,
  SLUICE_STRING,
  SLUICE_BYTES,
  SLUICE_TIME,      /* milliseconds of the day */
  SLUICE_DATE,      /* days since 1970-01-01 */
  SLUICE_TIMESTAMP, /* milliseconds since 1970-01-01 UTC */
  SLUICE_ARRAY,
  SLUICE_MAP,
  SLUICE_STRUCT
} sluice_type;

/* One call in progress. Everything but the host belongs to sluice. */
typedef struct sluice_call {
  const struct sluice_host *host;
} sluice_call;

/* ---- what an object declares ---- */

typedef enum sluice_kind { SLUICE_SCALAR, SLUICE_TABLE, SLUICE_AGGREGATE } sluice_kind;

enum {
  SLUICE_NULLS = 1,   /* called with NULL arguments, too; without it any NULL gives NULL and eval is not called */
  SLUICE_VOLATILE = 2 /* two calls with the same arguments may differ: not evaluated ahead */
};

/* A scalar function writes its result to out, a table function an ARRAY of rows. out starts as NULL. */
typedef int (*sluice_eval)(sluice_call *call, const sluice_value *args, int count, sluice_result out);
/* Adds a row to a state, or takes it back. args are the columns, NULLs included; out starts as the old state. */
typedef int (*sluice_step)(sluice_call *call, const sluice_value *args, int count, sluice_value state,
                           sluice_result out);

/* One signature: "(TYPE name, ...) -> TYPE".
 *
 *   types       BOOLEAN INT BIGINT DOUBLE VARCHAR BYTES TIME DATE TIMESTAMP DECIMAL DECIMAL(p, s)
 *               ARRAY<T> MAP<K, V> STRUCT<NAME TYPE, ...>
 *   T           a single capital letter is a type variable, the same type wherever it stands
 *   ANY         any type (parameters only)
 *   TYPE! name  a NULL for it is an error
 *   TYPE... name  any number of arguments; one parameter of a signature may be so
 *   ; TYPE name   aggregates: parameters after the semicolon are literals, see sluice_constant
 *
 * A DECIMAL result needs its numbers. The result of a table function is the type of one row. */
typedef struct sluice_overload {
  const char *signature;
  const char *description; /* may be NULL */
  unsigned flags;
  size_t instance_size; /* scalar functions: bytes, zeroed, of each call site on each thread, see sluice_instance */
  /* May be NULL. Runs when a statement is planned: checks constants; sluice_fail refuses the statement. What it gives
   * to sluice_set_prepared every call of the site gets from sluice_prepared, to read only; sluice_alloc memory of this
   * callback lives as long as the site. */
  int (*prepare)(sluice_call *call);
  sluice_eval eval; /* scalar and table functions */
  /* Aggregates. */
  const char *state; /* type of the state in the words of a signature; NULL: the result's */
  int (*init)(sluice_call *call, sluice_result state);
  sluice_step add;
  sluice_step undo;                                                                           /* NULL: not for tables */
  int (*merge)(sluice_call *call, sluice_value state, sluice_value other, sluice_result out); /* sessions */
  int (*result)(sluice_call *call, sluice_value state, sluice_result out); /* NULL: the state is the result */
} sluice_overload;

typedef struct sluice_function {
  const char *name;
  sluice_kind kind;
  const char *category;             /* as SHOW FUNCTIONS prints it; NULL: OTHER, TABLE, AGGREGATE */
  const char *description;          /* may be NULL */
  const sluice_overload *overloads; /* ends with one without signature */
} sluice_function;

typedef struct sluice_library {
  uint32_t version; /* SLUICE_UDF_VERSION; first in every version */
  uint32_t unused;
  const char *author, *library_version; /* for DESCRIBE FUNCTION; may be NULL */
  const sluice_function *functions;     /* ends with one without name */
} sluice_library;

extern SLUICE_EXPORT const sluice_library sluice_functions;

/* ---- what sluice offers: call it through the inline functions below ---- */

typedef struct sluice_host {
  uint32_t version, size; /* a later sluice may have more at the end */
  sluice_type (*type)(sluice_call *, sluice_value);
  bool (*is_null)(sluice_call *, sluice_value);
  bool (*boolean)(sluice_call *, sluice_value);
  int64_t (*integer)(sluice_call *, sluice_value);
  double (*number)(sluice_call *, sluice_value);
  const char *(*text)(sluice_call *, sluice_value, size_t *);
  const void *(*bytes)(sluice_call *, sluice_value, size_t *);
  const char *(*print)(sluice_call *, sluice_value, size_t *);
  size_t (*count)(sluice_call *, sluice_value);
  sluice_value (*item)(sluice_call *, sluice_value, size_t);
  sluice_value (*key)(sluice_call *, sluice_value, size_t);
  sluice_value (*field)(sluice_call *, sluice_value, const char *);
  int (*set_null)(sluice_call *, sluice_result);
  int (*set_boolean)(sluice_call *, sluice_result, bool);
  int (*set_integer)(sluice_call *, sluice_result, int64_t);
  int (*set_number)(sluice_call *, sluice_result, double);
  int (*set_text)(sluice_call *, sluice_result, const char *, size_t);
  int (*set_bytes)(sluice_call *, sluice_result, const void *, size_t);
  int (*set_decimal)(sluice_call *, sluice_result, const char *, size_t);
  int (*set_value)(sluice_call *, sluice_result, sluice_value);
  int (*set_items)(sluice_call *, sluice_result, size_t);
  int (*extend)(sluice_call *, sluice_result, sluice_value, size_t);
  sluice_result (*item_of)(sluice_call *, sluice_result, size_t);
  sluice_result (*key_of)(sluice_call *, sluice_result, size_t);
  sluice_result (*field_of)(sluice_call *, sluice_result, const char *);
  void *(*alloc)(sluice_call *, size_t);
  int (*report)(sluice_call *, const char *, va_list);
  int (*argument_count)(sluice_call *);
  sluice_value (*constant)(sluice_call *, int);
  void *(*instance)(sluice_call *);
  const void *(*prepared)(sluice_call *);
  void (*set_prepared)(sluice_call *, const void *);
  int64_t (*now)(sluice_call *);
  const char *(*setting)(sluice_call *, const char *);
} sluice_host;

/* ---- reading ---- */

static inline sluice_type sluice_type_of(sluice_call *call, sluice_value v) {
  return call->host->type(call, v);
}
static inline bool sluice_is_null(sluice_call *call, sluice_value v) {
  return call->host->is_null(call, v);
}
/* Each gives false, 0 or an empty text for a NULL. */
static inline bool sluice_boolean(sluice_call *call, sluice_value v) {
  return call->host->boolean(call, v);
}
/* INTEGER, BIGINT, TIME, DATE, TIMESTAMP. */
static inline int64_t sluice_integer(sluice_call *call, sluice_value v) {
  return call->host->integer(call, v);
}
/* DOUBLE, and INTEGER, BIGINT, DECIMAL as the nearest double. */
static inline double sluice_number(sluice_call *call, sluice_value v) {
  return call->host->number(call, v);
}
/* UTF-8, without a NUL at its end. */
static inline const char *sluice_text(sluice_call *call, sluice_value v, size_t *len) {
  return call->host->text(call, v, len);
}
static inline const void *sluice_bytes(sluice_call *call, sluice_value v, size_t *len) {
  return call->host->bytes(call, v, len);
}
/* Any value as CAST(v AS VARCHAR) prints it, with a NUL at its end: the exact way to read a DECIMAL. */
static inline const char *sluice_print(sluice_call *call, sluice_value v, size_t *len) {
  return call->host->print(call, v, len);
}
/* Items of an ARRAY, entries of a MAP, fields of a STRUCT; 0 for a NULL. */
static inline size_t sluice_count(sluice_call *call, sluice_value v) {
  return call->host->count(call, v);
}
/* Item i of an ARRAY, value of entry i of a MAP, field i of a STRUCT, from 0. Beyond the end: a NULL. */
static inline sluice_value sluice_item(sluice_call *call, sluice_value v, size_t i) {
  return call->host->item(call, v, i);
}
/* Key of entry i of a MAP. */
static inline sluice_value sluice_key(sluice_call *call, sluice_value v, size_t i) {
  return call->host->key(call, v, i);
}
/* The field of a STRUCT; the name in its exact case. */
static inline sluice_value sluice_field(sluice_call *call, sluice_value v, const char *name) {
  return call->host->field(call, v, name);
}

/* ---- writing: 0, or the failure to return ---- */

static inline int sluice_set_null(sluice_call *call, sluice_result out) {
  return call->host->set_null(call, out);
}
static inline int sluice_set_boolean(sluice_call *call, sluice_result out, bool v) {
  return call->host->set_boolean(call, out, v);
}
/* INTEGER, BIGINT, TIME, DATE, TIMESTAMP; out of the type's range fails. */
static inline int sluice_set_integer(sluice_call *call, sluice_result out, int64_t v) {
  return call->host->set_integer(call, out, v);
}
static inline int sluice_set_number(sluice_call *call, sluice_result out, double v) {
  return call->host->set_number(call, out, v);
}
/* Copies; UTF-8. */
static inline int sluice_set_text(sluice_call *call, sluice_result out, const char *text, size_t len) {
  return call->host->set_text(call, out, text, len);
}
static inline int sluice_set_bytes(sluice_call *call, sluice_result out, const void *bytes, size_t len) {
  return call->host->set_bytes(call, out, bytes, len);
}
/* From its text, "-12.50"; rounded half up to the scale of the type. */
static inline int sluice_set_decimal(sluice_call *call, sluice_result out, const char *text, size_t len) {
  return call->host->set_decimal(call, out, text, len);
}
/* An argument, or a part of one, of the same type. */
static inline int sluice_set_value(sluice_call *call, sluice_result out, sluice_value v) {
  return call->host->set_value(call, out, v);
}
/* Makes an ARRAY of count items or a MAP of count entries, all NULL; for a STRUCT with all fields NULL count is 0. Of
 * entries with equal keys the last one counts. */
static inline int sluice_set_items(sluice_call *call, sluice_result out, size_t count) {
  return call->host->set_items(call, out, count);
}
/* Makes an ARRAY or MAP with the items of another of its type and then NULLs, or fewer, count in all. */
static inline int sluice_extend(sluice_call *call, sluice_result out, sluice_value from, size_t count) {
  return call->host->extend(call, out, from, count);
}
/* The places inside: item of an ARRAY, value of a MAP's entry, field of a STRUCT; key of an entry; field by name. */
static inline sluice_result sluice_item_of(sluice_call *call, sluice_result out, size_t i) {
  return call->host->item_of(call, out, i);
}
static inline sluice_result sluice_key_of(sluice_call *call, sluice_result out, size_t i) {
  return call->host->key_of(call, out, i);
}
static inline sluice_result sluice_field_of(sluice_call *call, sluice_result out, const char *name) {
  return call->host->field_of(call, out, name);
}

/* ---- the call ---- */

/* Memory until the callback returns; 64 MiB at most for a call, then NULL, and the call has failed. */
static inline void *sluice_alloc(sluice_call *call, size_t size) {
  return call->host->alloc(call, size);
}
SLUICE_PRINTF static inline int sluice_fail(sluice_call *call, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int code = call->host->report(call, format, args);
  va_end(args);
  return code;
}
/* All arguments of the call site, the literal parameters of an aggregate included. */
static inline int sluice_argument_count(sluice_call *call) {
  return call->host->argument_count(call);
}
/* Argument i of the call site if it is constant, else a NULL. */
static inline sluice_value sluice_constant(sluice_call *call, int i) {
  return call->host->constant(call, i);
}
/* instance_size bytes, 16-byte aligned; NULL without them and while planning. */
static inline void *sluice_instance(sluice_call *call) {
  return call->host->instance(call);
}
static inline const void *sluice_prepared(sluice_call *call) {
  return call->host->prepared(call);
}
static inline void sluice_set_prepared(sluice_call *call, const void *prepared) {
  call->host->set_prepared(call, prepared);
}
/* Milliseconds since 1970-01-01 UTC by the clock of the server; 0 in aggregates. */
static inline int64_t sluice_now(sluice_call *call) {
  return call->host->now(call);
}
/* Configuration: the value of ksql.functions._global_.<key>, else of ksql.functions.<function>.<key>, else NULL. */
static inline const char *sluice_setting(sluice_call *call, const char *key) {
  return call->host->setting(call, key);
}

#ifdef __cplusplus
}
#endif
