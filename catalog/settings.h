/* Configuration properties: one row each {name, type, default, scope, doc}; SHOW PROPERTIES and validation use the
 * table. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

typedef enum sl_property_type {
  SL_PROP_BOOLEAN,
  SL_PROP_INT,
  SL_PROP_LONG,
  SL_PROP_STRING,
  SL_PROP_LIST
} sl_property_type;
typedef struct sl_property_row {
  const char *name;
  sl_property_type type;
  const char *default_value; /* NULL = unset */
  bool session;              /* may be overridden by SET and streamsProperties */
  bool secret;
  bool plan;  /* matters to plans: kept with each query */
  bool fixed; /* any value but the default is refused */
  const char *doc;
} sl_property_row;
const sl_property_row *sl_property_rows(size_t *count); /* sorted by name */
const sl_property_row *sl_property_find(sl_str name);   /* also finds ksql.streams.X by X; NULL if unknown */

/* A layered view: session overrides over server settings over defaults. Immutable once built; lives in its owner. */
typedef struct sl_settings {
  const struct sl_settings *parent; /* NULL: defaults follow */
  sl_map values;                    /* canonical name -> const char *, in arena */
  sl_arena arena;
} sl_settings; /* zero-initialised is empty and valid */
void sl_settings_done(sl_settings *settings);
/* Sets after checking the type; unknown names are accepted when they carry a Kafka prefix (ksql.streams., auto.offset
 * ...) or allow_unknown. Message: sql.md 6.13. value NULL removes. */
int sl_settings_set(sl_settings *settings, sl_str name, const sl_str *value, bool allow_unknown, sl_err *err);
sl_str sl_settings_str(const sl_settings *settings, const char *name); /* empty when unset */
bool sl_settings_bool(const sl_settings *settings, const char *name);
int64_t sl_settings_int(const sl_settings *settings, const char *name);
bool sl_settings_is_set(const sl_settings *settings, const char *name); /* somewhere above the default */
/* Canonical spelling: auto.offset.reset and ksql.streams.auto.offset.reset are one property. */
sl_str sl_property_canonical(sl_arena *arena, sl_str name);
/* May sessions and requests override it? "Cannot override properties: [<name>]" when not; "Unknown property: <name>"
 * for a name that sl_settings_set would refuse. */
int sl_property_check_override(sl_str name, sl_err *err);
