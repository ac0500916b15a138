/* Reads types and schemas back from the text that sl_type_print and sl_schema_print write: the stored form of the
 * catalog. Not the SQL parser: names are always back-quoted, spelling is exact. */
#include "types/schema.h"

#include <ctype.h>

typedef struct reader {
  const char *p;
  const char *end;
  sl_arena *arena;
  int depth;
} reader;

static void skip_space(reader *r) {
  while (r->p < r->end && *r->p == ' ') r->p++;
}

static bool accept(reader *r, const char *word) {
  skip_space(r);
  size_t len = strlen(word);
  if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0) return false;
  r->p += len;
  return true;
}

/* A name between quote characters, doubled inside. */
static bool read_quoted(reader *r, char quote, sl_str *out) {
  skip_space(r);
  if (r->p >= r->end || *r->p != quote) return false;
  char *text = sl_arena_alloc(r->arena, (size_t)(r->end - r->p));
  size_t len = 0;
  for (r->p++; r->p < r->end; r->p++) {
    if (*r->p == quote) {
      if (r->p + 1 < r->end && r->p[1] == quote) {
        r->p++;
      } else {
        r->p++;
        *out = sl_str_n(text, len);
        return true;
      }
    }
    text[len++] = *r->p;
  }
  return false;
}

static bool read_number(reader *r, int *out) {
  skip_space(r);
  const char *start = r->p;
  while (r->p < r->end && isdigit((unsigned char)*r->p)) r->p++;
  int64_t v;
  if (!sl_str_int64(sl_str_n(start, (size_t)(r->p - start)), &v) || v > INT32_MAX) return false;
  *out = (int)v;
  return true;
}

static bool read_type(reader *r, const sl_type **out);

static bool read_struct(reader *r, const sl_type **out) {
  sl_field *fields = NULL;
  int count = 0, cap = 0;
  if (!accept(r, ">")) {
    do {
      if (count == cap) {
        int grown = cap ? cap * 2 : 8;
        sl_field *more = sl_arena_calloc(r->arena, (size_t)grown, sizeof *more);
        if (count) memcpy(more, fields, (size_t)count * sizeof *more);
        fields = more;
        cap = grown;
      }
      if (!read_quoted(r, '`', &fields[count].name) || !read_type(r, &fields[count].type)) return false;
      count++;
    } while (accept(r, ","));
    if (!accept(r, ">")) return false;
  }
  *out = sl_type_struct(r->arena, fields, count);
  return true;
}

static bool read_composite(reader *r, const sl_type **out) {
  const sl_type *key, *element;
  int precision, scale;
  if (accept(r, "ARRAY<")) {
    if (!read_type(r, &element) || !accept(r, ">")) return false;
    *out = sl_type_array(r->arena, element);
    return true;
  }
  if (accept(r, "MAP<")) {
    if (!read_type(r, &key) || !accept(r, ",") || !read_type(r, &element) || !accept(r, ">")) return false;
    *out = sl_type_map(r->arena, key, element);
    return true;
  }
  if (accept(r, "STRUCT<")) return read_struct(r, out);
  if (accept(r, "DECIMAL(")) {
    if (!read_number(r, &precision) || !accept(r, ",") || !read_number(r, &scale) || !accept(r, ")")) return false;
    *out = sl_type_decimal(r->arena, precision, scale);
    return true;
  }
  skip_space(r);
  const char *start = r->p;
  while (r->p < r->end && isupper((unsigned char)*r->p)) r->p++;
  *out = sl_type_find(sl_str_n(start, (size_t)(r->p - start)));
  return *out != NULL;
}

static bool read_type(reader *r, const sl_type **out) {
  if (++r->depth > SL_TYPE_MAX_DEPTH) return false;
  bool ok = read_composite(r, out);
  r->depth--;
  return ok;
}

bool sl_type_parse(sl_arena *arena, sl_str text, const sl_type **out) {
  reader r = {text.ptr, text.ptr + text.len, arena, 0};
  if (!read_type(&r, out)) return false;
  skip_space(&r);
  return r.p == r.end;
}

static bool read_column(reader *r, sl_column *column) {
  *column = (sl_column){.kind = SL_COLUMN_VALUE};
  if (!read_quoted(r, '`', &column->name) || !read_type(r, &column->type)) return false;
  if (accept(r, "KEY")) {
    column->kind = SL_COLUMN_KEY;
  } else if (accept(r, "HEADERS")) {
    column->kind = SL_COLUMN_HEADERS;
  } else if (accept(r, "HEADER(")) {
    column->kind = SL_COLUMN_HEADERS;
    return read_quoted(r, '\'', &column->header_key) && accept(r, ")");
  }
  return true;
}

bool sl_schema_parse(sl_arena *arena, sl_str text, sl_schema *out) {
  reader r = {text.ptr, text.ptr + text.len, arena, 0};
  sl_column *columns = NULL;
  int count = 0, cap = 0;
  skip_space(&r);
  while (r.p < r.end) {
    if (count == cap) {
      int grown = cap ? cap * 2 : 16;
      sl_column *more = sl_arena_calloc(arena, (size_t)grown, sizeof *more);
      if (count) memcpy(more, columns, (size_t)count * sizeof *more);
      columns = more;
      cap = grown;
    }
    if (!read_column(&r, &columns[count])) return false;
    count++;
    if (!accept(&r, ",")) break;
  }
  skip_space(&r);
  if (r.p != r.end) return false;
  *out = (sl_schema){columns, count};
  return true;
}
