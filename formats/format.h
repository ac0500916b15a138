/* Formats: how key and value bytes become columns and back. One const sl_format per format, in one list.
 *
 * A serde is a format bound to columns, properties and wrapping. It is immutable after building except for its own
 * prediction caches, so a task has its own copy. Decoding borrows from the bytes where it can and takes the rest from
 * the arena. A column that is not needed is skipped when no value of its kind can fail, else checked and thrown away:
 * whether a record is good never depends on which columns a query reads.
 *
 * Messages of SL_E_DECODE and SL_E_ENCODE are chains: the error's text, then a line "Caused by: <text>" for each cause
 * that ksqlDB reports apart (the processing log's errorMessage and cause list). */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "types/schema.h"
#include "types/value.h"

enum {                          /* features */
       SL_FORMAT_INFERENCE = 1, /* schema registry inference and registration */
       SL_FORMAT_WRAP_SINGLES = 2,
       SL_FORMAT_UNWRAP_SINGLES = 4, /* may be asked to unwrap */
};

typedef struct sl_format_property {
  sl_str name; /* internal name: delimiter, fullSchemaName ... */
  sl_str value;
} sl_format_property;

typedef enum sl_wrapping { SL_WRAP_DEFAULT, SL_WRAP, SL_UNWRAP } sl_wrapping;

/* A format with its properties as a source or internal topic has it: part of the catalog and of plans. */
typedef struct sl_format_spec {
  sl_str name;                          /* upper case */
  const sl_format_property *properties; /* sorted by name */
  int property_count;
  sl_wrapping wrapping;
} sl_format_spec;

typedef struct sl_format sl_format;
typedef struct sl_serde sl_serde;

struct sl_format {
  const char *name;
  unsigned features;
  bool multi_column;                        /* more than one column possible */
  bool registered;                          /* exists today; false: known to the language, refused by name */
  const char *const *properties;            /* internal names accepted, NULL-terminated */
  const char *const *inheritable;           /* those a sink inherits, NULL-terminated */
  bool (*key_type_ok)(const sl_type *type); /* formats.md 1.1 supportsKeyType */
  /* Can it hold these columns? On failure err holds only the <reason> of formats.md 1.5. */
  int (*check)(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err);
  int (*serde_new)(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                   sl_serde **out, sl_err *err);
};

/* By name in any case; NULL when unknown ("Unknown format: <name>" is the caller's). */
const sl_format *sl_format_find(sl_str name);
const sl_format *const *sl_formats(void); /* NULL-terminated, by name */

/* Full check of a key or value side with the four-line message of formats.md 1.5 and the MAP-in-key rule. */
int sl_format_check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err);
/* Checks properties of a spec (names, blanks, delimiter text). Messages of sql.md 4.3. */
int sl_format_check_properties(const sl_format_spec *spec, bool is_key, sl_err *err);
/* The wrapping that is recorded for a side with count columns (formats.md 1.2). asked: WRAP_SINGLE_VALUE, config: the
 * setting ksql.persistence.wrap.single.values; NULL where not given. Keys take neither. */
int sl_format_choose_wrapping(const sl_format *format, bool is_key, int count, const bool *asked, const bool *config,
                              sl_wrapping *out, sl_err *err);

struct sl_serde {
  const struct sl_serde_class *cls;
  int count; /* columns */
};
typedef struct sl_serde_class {
  /* Decodes bytes (never NULL) into out[count]. needed: one flag per column or NULL for all; a column that is not
   * needed becomes NULL. SL_E_DECODE with the message of the format's section. */
  int (*decode)(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena, sl_value *out,
                sl_err *err);
  /* Appends the bytes of values[count] to out; *null is set (and nothing appended) when the format gives Kafka null.
   * SL_E_ENCODE. */
  int (*encode)(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err);
  void (*free)(sl_serde *serde);
} sl_serde_class;

/* columns must outlive the serde (a query arena). topic is for messages, copied. */
int sl_serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                 sl_serde **out, sl_err *err);
void sl_serde_free(sl_serde *serde); /* accepts NULL */
static inline int sl_serde_decode(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena,
                                  sl_value *out, sl_err *err) {
  return serde->cls->decode(serde, data, len, needed, arena, out, err);
}
static inline int sl_serde_encode(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  return serde->cls->encode(serde, values, out, null, err);
}
