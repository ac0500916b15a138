/* SQL types: static scalars, constructors, structural equality and the printed forms. A type never changes once made,
 * so one pointer may be shared by plans, schemas and values. */
#include "types/type.h"

const sl_type SL_TYPE_NULL = {.base = SL_NULL_TYPE}, SL_TYPE_BOOLEAN = {.base = SL_BOOLEAN},
              SL_TYPE_INTEGER = {.base = SL_INTEGER}, SL_TYPE_BIGINT = {.base = SL_BIGINT},
              SL_TYPE_DOUBLE = {.base = SL_DOUBLE}, SL_TYPE_STRING = {.base = SL_STRING},
              SL_TYPE_BYTES = {.base = SL_BYTES}, SL_TYPE_TIME = {.base = SL_TIME}, SL_TYPE_DATE = {.base = SL_DATE},
              SL_TYPE_TIMESTAMP = {.base = SL_TIMESTAMP}, SL_TYPE_INTERVAL_UNIT = {.base = SL_INTERVAL_UNIT};

/* What is known of a base type: its name, the name in format errors, and the static type of a scalar. */
static const struct base_row {
  const char *name;
  const char *format_name;
  const sl_type *type;
} BASES[SL_BASE_COUNT] = {
    [SL_NULL_TYPE] = {"NULL", "NULL", &SL_TYPE_NULL},
    [SL_BOOLEAN] = {"BOOLEAN", "BOOLEAN", &SL_TYPE_BOOLEAN},
    [SL_INTEGER] = {"INTEGER", "INT", &SL_TYPE_INTEGER},
    [SL_BIGINT] = {"BIGINT", "BIGINT", &SL_TYPE_BIGINT},
    [SL_DECIMAL] = {"DECIMAL", "DECIMAL", NULL},
    [SL_DOUBLE] = {"DOUBLE", "DOUBLE", &SL_TYPE_DOUBLE},
    [SL_STRING] = {"STRING", "VARCHAR", &SL_TYPE_STRING},
    [SL_BYTES] = {"BYTES", "BYTES", &SL_TYPE_BYTES},
    [SL_TIME] = {"TIME", "TIME", &SL_TYPE_TIME},
    [SL_DATE] = {"DATE", "DATE", &SL_TYPE_DATE},
    [SL_TIMESTAMP] = {"TIMESTAMP", "TIMESTAMP", &SL_TYPE_TIMESTAMP},
    [SL_ARRAY] = {"ARRAY", "ARRAY", NULL},
    [SL_MAP] = {"MAP", "MAP", NULL},
    [SL_STRUCT] = {"STRUCT", "STRUCT", NULL},
    [SL_LAMBDA] = {"LAMBDA", "LAMBDA", NULL},
    [SL_INTERVAL_UNIT] = {"INTERVALUNIT", "INTERVALUNIT", &SL_TYPE_INTERVAL_UNIT},
};

static const struct {
  const char *name;
  const sl_type *type;
} SPELLINGS[] = {
    {"BOOLEAN", &SL_TYPE_BOOLEAN}, {"INT", &SL_TYPE_INTEGER},         {"INTEGER", &SL_TYPE_INTEGER},
    {"BIGINT", &SL_TYPE_BIGINT},   {"DOUBLE", &SL_TYPE_DOUBLE},       {"VARCHAR", &SL_TYPE_STRING},
    {"STRING", &SL_TYPE_STRING},   {"BYTES", &SL_TYPE_BYTES},         {"TIME", &SL_TYPE_TIME},
    {"DATE", &SL_TYPE_DATE},       {"TIMESTAMP", &SL_TYPE_TIMESTAMP},
};

const char *sl_base_name(sl_base base) {
  return BASES[base].name;
}

const sl_type *sl_type_scalar(sl_base base) {
  return BASES[base].type;
}

const sl_type *sl_type_find(sl_str name) {
  for (size_t i = 0; i < sizeof SPELLINGS / sizeof *SPELLINGS; i++) {
    if (sl_str_eq_nocase(name, sl_str_of(SPELLINGS[i].name))) return SPELLINGS[i].type;
  }
  return NULL;
}

static sl_type *new_type(sl_arena *arena, sl_base base) {
  sl_type *type = sl_arena_zalloc(arena, sizeof *type);
  type->base = base;
  return type;
}

const sl_type *sl_type_decimal(sl_arena *arena, int precision, int scale) {
  sl_type *type = new_type(arena, SL_DECIMAL);
  type->precision = precision;
  type->scale = scale;
  return type;
}

int sl_type_check_decimal(int64_t precision, int64_t scale, sl_err *err) {
  const char *rule = NULL;
  if (precision < 1) {
    rule = "DECIMAL precision must be >= 1";
  } else if (scale < 0) {
    rule = "DECIMAL scale must be >= 0";
  } else if (precision < scale) {
    rule = "DECIMAL precision must be >= scale";
  } else if (precision > SL_DECIMAL_MAX_PRECISION) {
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "DECIMAL precision must be <= %d: DECIMAL(%lld,%lld)",
                      SL_DECIMAL_MAX_PRECISION, (long long)precision, (long long)scale);
  }
  if (!rule) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%s: DECIMAL(%lld,%lld)", rule, (long long)precision,
                    (long long)scale);
}

const sl_type *sl_type_array(sl_arena *arena, const sl_type *element) {
  sl_type *type = new_type(arena, SL_ARRAY);
  type->element = element;
  return type;
}

const sl_type *sl_type_map(sl_arena *arena, const sl_type *key, const sl_type *value) {
  sl_type *type = new_type(arena, SL_MAP);
  type->key = key;
  type->element = value;
  return type;
}

const sl_type *sl_type_struct(sl_arena *arena, const sl_field *fields, int count) {
  sl_type *type = new_type(arena, SL_STRUCT);
  sl_field *copies = sl_arena_calloc(arena, (size_t)count, sizeof *copies);
  for (int i = 0; i < count; i++) copies[i] = fields[i];
  type->fields = copies;
  type->field_count = count;
  return type;
}

const sl_type *sl_type_copy(sl_arena *arena, const sl_type *type) {
  if (!type) return NULL;
  if (BASES[type->base].type) return BASES[type->base].type;
  sl_type *copy = new_type(arena, type->base);
  *copy = *type;
  copy->key = sl_type_copy(arena, type->key);
  copy->element = sl_type_copy(arena, type->element);
  if (type->field_count) {
    sl_field *fields = sl_arena_calloc(arena, (size_t)type->field_count, sizeof *fields);
    for (int i = 0; i < type->field_count; i++) {
      fields[i].name = sl_str_dup(arena, type->fields[i].name);
      fields[i].type = sl_type_copy(arena, type->fields[i].type);
    }
    copy->fields = fields;
  }
  return copy;
}

static int deeper(int depth, const sl_type *type) {
  int other = type ? sl_type_depth(type) : 0;
  return other > depth ? other : depth;
}

int sl_type_depth(const sl_type *type) {
  int below = deeper(deeper(0, type->key), type->element);
  for (int i = 0; i < type->field_count; i++) below = deeper(below, type->fields[i].type);
  return below + 1;
}

bool sl_type_equal(const sl_type *a, const sl_type *b) {
  if (a == b) return true;
  if (!a || !b || a->base != b->base) return false;
  switch (a->base) {
  case SL_DECIMAL: return a->precision == b->precision && a->scale == b->scale;
  case SL_ARRAY: return sl_type_equal(a->element, b->element);
  case SL_MAP: return sl_type_equal(a->key, b->key) && sl_type_equal(a->element, b->element);
  case SL_STRUCT:
    if (a->field_count != b->field_count) return false;
    for (int i = 0; i < a->field_count; i++) {
      if (!sl_str_eq(a->fields[i].name, b->fields[i].name)) return false;
      if (!sl_type_equal(a->fields[i].type, b->fields[i].type)) return false;
    }
    return true;
  default: return true;
  }
}

int sl_type_field(const sl_type *type, sl_str name) {
  for (int i = 0; i < type->field_count; i++) {
    if (sl_str_eq(type->fields[i].name, name)) return i;
  }
  return -1;
}

void sl_print_quoted(sl_buf *out, sl_str name, char quote) {
  sl_buf_add_byte(out, (uint8_t)quote);
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] == quote) sl_buf_add_byte(out, (uint8_t)quote);
    sl_buf_add_byte(out, (uint8_t)name.ptr[i]);
  }
  sl_buf_add_byte(out, (uint8_t)quote);
}

static void print_struct(sl_buf *out, const sl_type *type, sl_type_style style) {
  if (!type->field_count) {
    sl_buf_add_z(out, "STRUCT< >");
    return;
  }
  sl_buf_add_z(out, "STRUCT<");
  for (int i = 0; i < type->field_count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    if (style == SL_TYPE_SQL) {
      sl_print_quoted(out, type->fields[i].name, '`');
    } else {
      sl_buf_add_str(out, type->fields[i].name);
    }
    sl_buf_add_byte(out, ' ');
    sl_type_print(out, type->fields[i].type, style);
  }
  sl_buf_add_byte(out, '>');
}

void sl_type_print(sl_buf *out, const sl_type *type, sl_type_style style) {
  switch (type->base) {
  case SL_NULL_TYPE: sl_buf_add_z(out, "null"); return;
  case SL_DECIMAL: sl_buf_printf(out, "DECIMAL(%d, %d)", type->precision, type->scale); return;
  case SL_ARRAY:
    sl_buf_add_z(out, "ARRAY<");
    sl_type_print(out, type->element, style);
    sl_buf_add_byte(out, '>');
    return;
  case SL_MAP:
    sl_buf_add_z(out, "MAP<");
    if (style == SL_TYPE_DESCRIBE) {
      sl_buf_add_z(out, "STRING");
    } else {
      sl_type_print(out, type->key, style);
    }
    sl_buf_add_z(out, ", ");
    sl_type_print(out, type->element, style);
    sl_buf_add_byte(out, '>');
    return;
  case SL_STRUCT: print_struct(out, type, style); return;
  case SL_STRING:
    if (style == SL_TYPE_DESCRIBE) {
      sl_buf_add_z(out, "VARCHAR(STRING)");
      return;
    }
    break;
  default: break;
  }
  sl_buf_add_z(out, style == SL_TYPE_FORMATS ? BASES[type->base].format_name : BASES[type->base].name);
}

const char *sl_type_text(sl_arena *arena, const sl_type *type) {
  sl_buf buf = {0};
  sl_type_print(&buf, type, SL_TYPE_SQL);
  char *text = sl_arena_dup(arena, buf.data, buf.len);
  sl_buf_done(&buf);
  return text;
}
