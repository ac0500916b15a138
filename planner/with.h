/* WITH (...) properties: parsed, type-checked, and written back as properties of a formatted statement. */
#pragma once
#include "planner/planner.h"

typedef enum sl_with_id {
#define SL_WITH(name, where, type, check) SL_WITH_##name,
#include "planner/with.def"
#undef SL_WITH
  SL_WITH_COUNT
} sl_with_id;

typedef enum sl_with_where { SL_WITH_IN_CREATE = 1, SL_WITH_IN_CREATE_AS = 2, SL_WITH_IN_INSERT = 4 } sl_with_where;

typedef struct sl_with_value {
  bool present;
  bool boolean;
  int64_t number;
  sl_str text;
} sl_with_value;

typedef struct sl_with {
  sl_with_value values[SL_WITH_COUNT];
  sl_str timestamp;      /* TIMESTAMP as a column name; empty if not given */
  sl_window_kind window; /* WINDOW_TYPE */
  int64_t window_size;   /* WINDOW_SIZE in ms */
} sl_with;

/* Checks of sql.md 4.1 in its order. Messages carry "Failed to prepare statement: ". */
int sl_with_parse(const sl_planning *planning, const sl_properties *properties, sl_with_where where, sl_with *out,
                  sl_err *err);
static inline bool sl_with_has(const sl_with *with, sl_with_id id) {
  return with->values[id].present;
}
static inline sl_str sl_with_text(const sl_with *with, sl_with_id id) {
  return with->values[id].text;
}

/* A property list to print: names ascending, as the formatter shows them. */
typedef struct sl_with_list {
  sl_arena *arena;
  sl_property *items;
  int count, cap;
} sl_with_list;
void sl_with_add_text(sl_with_list *list, const char *name, sl_str value);
void sl_with_add_number(sl_with_list *list, const char *name, int64_t value);
void sl_with_add_bool(sl_with_list *list, const char *name, bool value);
/* Adds what was given for id under its own name; nothing when it was not. */
void sl_with_add_given(sl_with_list *list, const sl_with *with, sl_with_id id);
sl_properties sl_with_properties(sl_with_list *list);
