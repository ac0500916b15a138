/* Schemas: look-up by name and by kind, copies, equality, and the text form that messages, headers and the catalog use.
 */
#include "types/schema.h"

int sl_schema_find(const sl_schema *schema, sl_str name) {
  for (int i = 0; i < schema->count; i++) {
    if (sl_str_eq(schema->columns[i].name, name)) return i;
  }
  return -1;
}

int sl_schema_count(const sl_schema *schema, sl_column_kind kind) {
  int count = 0;
  for (int i = 0; i < schema->count; i++) count += schema->columns[i].kind == kind;
  return count;
}

const sl_column *sl_schema_nth(const sl_schema *schema, sl_column_kind kind, int n) {
  for (int i = 0; i < schema->count; i++) {
    if (schema->columns[i].kind == kind && n-- == 0) return &schema->columns[i];
  }
  return NULL;
}

sl_schema sl_schema_copy(sl_arena *arena, const sl_schema *schema) {
  sl_column *columns = sl_arena_calloc(arena, (size_t)schema->count, sizeof *columns);
  for (int i = 0; i < schema->count; i++) {
    const sl_column *from = &schema->columns[i];
    columns[i] = *from;
    columns[i].name = sl_str_dup(arena, from->name);
    columns[i].type = sl_type_copy(arena, from->type);
    if (from->header_key.ptr) {
      columns[i].header_key =
          sl_str_n(sl_arena_dup(arena, from->header_key.ptr, from->header_key.len), from->header_key.len);
    }
  }
  return (sl_schema){columns, schema->count};
}

static bool column_equal(const sl_column *a, const sl_column *b) {
  return a->kind == b->kind && sl_str_eq(a->name, b->name) && sl_type_equal(a->type, b->type) &&
         !a->header_key.ptr == !b->header_key.ptr && sl_str_eq(a->header_key, b->header_key);
}

bool sl_schema_equal(const sl_schema *a, const sl_schema *b) {
  if (a->count != b->count) return false;
  for (int i = 0; i < a->count; i++) {
    if (!column_equal(&a->columns[i], &b->columns[i])) return false;
  }
  return true;
}

void sl_column_print(sl_buf *out, const sl_column *column) {
  sl_print_quoted(out, column->name, '`');
  sl_buf_add_byte(out, ' ');
  sl_type_print(out, column->type, SL_TYPE_SQL);
  if (column->kind == SL_COLUMN_KEY) {
    sl_buf_add_z(out, " KEY");
  } else if (column->kind == SL_COLUMN_HEADERS && column->header_key.ptr) {
    sl_buf_add_z(out, " HEADER(");
    sl_print_quoted(out, column->header_key, '\'');
    sl_buf_add_byte(out, ')');
  } else if (column->kind == SL_COLUMN_HEADERS) {
    sl_buf_add_z(out, " HEADERS");
  }
}

void sl_schema_print(sl_buf *out, const sl_schema *schema) {
  for (int i = 0; i < schema->count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    sl_column_print(out, &schema->columns[i]);
  }
}

const char *sl_schema_text(sl_arena *arena, const sl_schema *schema) {
  sl_buf buf = {0};
  sl_schema_print(&buf, schema);
  char *text = sl_arena_dup(arena, buf.data, buf.len);
  sl_buf_done(&buf);
  return text;
}

/* The pseudo columns come first. */
static const char *const SYSTEM_COLUMNS[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"};
enum { PSEUDO_COLUMNS = 3, SYSTEM_COLUMN_COUNT = 5 };

static bool among_first(sl_str name, int count) {
  for (int i = 0; i < count; i++) {
    if (sl_str_eq_z(name, SYSTEM_COLUMNS[i])) return true;
  }
  return false;
}

bool sl_is_system_column(sl_str name) {
  return among_first(name, SYSTEM_COLUMN_COUNT);
}

bool sl_is_pseudo_column(sl_str name) {
  return among_first(name, PSEUDO_COLUMNS);
}
