/* The quick JSON decoder: one pass over the bytes, straight into the columns. Members are expected in the order of the
 * last record, so a name costs one comparison; strings borrow from the text; numbers are converted while they are
 * scanned. Everything unusual gives up (NULL, false) and is left to json_exact.c: so this file holds no messages, and
 * what it accepts must decode exactly as there (a test compares the two on mutated records).
 *
 * Bounds: a document is only taken on when its last byte is a closing bracket. No number, blank or literal can run over
 * that byte, so the scans below need no end check; only what steps over a bracket or searches a quote does. */
#include "formats/formats_int.h"
#include "formats/json_int.h"
#include "base/json_scan.h"
#include "base/number.h"

typedef struct quick {
  const char *end;
  sl_arena *arena;
  sl_json_serde *json;
} quick;

enum { SKIP_DEPTH = 256 }; /* deeper text in an ignored value is left to the exact decoder */

static const char *value(quick *q, sl_json_node *node, const char *p, sl_value *out);

static inline const char *blanks(const char *p) {
  while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') p++;
  return p;
}
static inline const char *skip_blanks(const char *p) {
  return (uint8_t)*p <= ' ' ? blanks(p) : p;
}
static inline bool is_digit(char c) {
  return (uint8_t)(c - '0') <= 9;
}

static inline bool same_text(const char *a, const char *b, size_t len) {
  uint64_t x, y;
  if (len < 8) return !memcmp(a, b, len);
  for (size_t i = 0; i + 8 < len; i += 8) {
    memcpy(&x, a + i, 8);
    memcpy(&y, b + i, 8);
    if (x != y) return false;
  }
  memcpy(&x, a + len - 8, 8);
  memcpy(&y, b + len - 8, 8);
  return x == y;
}

/* ---- scalars ---- */

/* Finds the quote that closes the string whose content begins at p. NULL when there is none. */
static inline const char *string_end(const quick *q, const char *p, bool *escaped) {
  p = sl_scan_string(p, q->end);
  *escaped = false;
  while (p < q->end && *p == '\\') {
    *escaped = true;
    if (q->end - p < 2 || (uint8_t)p[1] < 0x20) return NULL;
    p = sl_scan_string(p + 2, q->end);
  }
  return p < q->end && *p == '"' ? p : NULL;
}

/* Reads the string that opens at p. */
static inline const char *string(const quick *q, const char *p, sl_str *out) {
  bool escaped;
  const char *close = string_end(q, p + 1, &escaped);
  if (!close) return NULL;
  *out = sl_str_n(p + 1, (size_t)(close - p - 1));
  if (escaped && !sl_json_unescape(q->arena, *out, out)) return NULL;
  return close + 1;
}

/* End of the number at p, or NULL. */
static const char *number_end(const char *p) {
  if (*p == '-') p++;
  if (*p == '0') {
    p++;
  } else {
    if (!is_digit(*p)) return NULL;
    while (is_digit(*p)) p++;
  }
  if (*p == '.') {
    if (!is_digit(*++p)) return NULL;
    while (is_digit(*p)) p++;
  }
  if (*p == 'e' || *p == 'E') {
    p++;
    if (*p == '+' || *p == '-') p++;
    if (!is_digit(*p)) return NULL;
    while (is_digit(*p)) p++;
  }
  return p;
}

static const char *literal(const quick *q, const char *p, sl_json_kind *kind) {
  static const struct {
    const char *text;
    size_t len;
    sl_json_kind kind;
  } words[] = {{"null", 4, SL_JSON_NULL}, {"true", 4, SL_JSON_TRUE}, {"false", 5, SL_JSON_FALSE}};
  for (int i = 0; i < 3; i++)
    if ((size_t)(q->end - p) >= words[i].len && !memcmp(p, words[i].text, words[i].len)) {
      *kind = words[i].kind;
      return p + words[i].len;
    }
  return NULL;
}

/* Any scalar, by the shared table. */
static const char *scalar(quick *q, const sl_json_node *node, const char *p, sl_value *out) {
  sl_json_kind kind;
  sl_str text = {p, 0};
  if (*p == '"') {
    kind = SL_JSON_STRING;
    p = string(q, p, &text);
  } else if (is_digit(*p) || *p == '-') {
    kind = SL_JSON_NUMBER;
    p = number_end(p);
    if (p) text.len = (size_t)(p - text.ptr);
  } else {
    p = literal(q, p, &kind);
  }
  if (!p || sl_json_scalar(node, kind, text, q->arena, out, NULL)) return NULL;
  return p;
}

static inline const char *integral(quick *q, const sl_json_node *node, const char *p, sl_value *out) {
  const char *start = p;
  bool negative = *p == '-';
  p += negative;
  if (!is_digit(*p)) return scalar(q, node, start, out);
  uint64_t v = (uint64_t)(*p++ - '0');
  if (v)
    while (is_digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0'); /* wraps to the low 64 bits, as the rules want */
  else if (is_digit(*p))
    return NULL;
  if (*p == '.' || *p == 'e' || *p == 'E') return scalar(q, node, start, out);
  int64_t i = (int64_t)(negative ? 0 - v : v);
  if (node->base == SL_INTEGER) i = (int32_t)i;
  if (node->base == SL_TIME && (i < 0 || i > SL_MILLIS_PER_DAY)) return NULL;
  if (node->base == SL_DATE) i = sl_days_clamp(i);
  *out = sl_of_i64(i);
  return p;
}

/* A number of at most 18 digits without exponent: value = (negative) digits / 10^fraction. */
typedef struct short_number {
  uint64_t digits;
  int fraction;
  bool negative;
} short_number;

/* Reads one; NULL when the text is longer or no such number. */
static inline const char *short_number_read(const char *p, short_number *out) {
  const char *start;
  out->negative = *p == '-';
  p += out->negative;
  start = p;
  if (!is_digit(*p)) return NULL;
  uint64_t v = (uint64_t)(*p++ - '0');
  if (v)
    while (is_digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
  out->fraction = 0;
  if (*p == '.') {
    const char *point = ++p;
    while (is_digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
    out->fraction = (int)(p - point);
    if (p == point || p - start > 19) return NULL;
  } else if (p - start > 18 || is_digit(*p)) {
    return NULL;
  }
  if (*p == 'e' || *p == 'E') return NULL;
  out->digits = v;
  return p;
}

static inline const char *floating(quick *q, const sl_json_node *node, const char *p, sl_value *out) {
  short_number n;
  const char *next = short_number_read(p, &n);
  if (!next || n.digits > (uint64_t)1 << 53) return scalar(q, node, p, out);
  double d = (double)n.digits; /* exact, and so is the power: one rounding, the right one */
  if (n.fraction) d /= SL_POW10_F64[n.fraction];
  *out = sl_of_f64(n.negative && n.digits ? -d : d);
  return next;
}

static inline const char *decimal(quick *q, const sl_json_node *node, const char *p, sl_value *out) {
  short_number n;
  const sl_type *type = node->type;
  const char *next = short_number_read(p, &n);
  int shift = next ? type->scale - n.fraction : -1;
  if (shift < 0 || shift > 18 || n.digits > (uint64_t)SL_POW10_I64[18 - shift] - 1) return scalar(q, node, p, out);
  int64_t v = (int64_t)n.digits * SL_POW10_I64[shift];
  if (type->precision < 18 && v >= SL_POW10_I64[type->precision]) return NULL;
  *out = sl_of_i64(n.negative ? -v : v);
  return next;
}

static inline const char *boolean(quick *q, const char *p, sl_value *out) {
  sl_json_kind kind;
  const char *next = literal(q, p, &kind);
  if (!next) return NULL;
  *out = kind == SL_JSON_NULL ? sl_null() : sl_of_bool(kind == SL_JSON_TRUE);
  return next;
}

/* ---- values nobody wants ---- */

static const char *skip_scalar(quick *q, const char *p) {
  sl_json_kind kind;
  if (*p == '"') {
    bool escaped;
    const char *close = string_end(q, p + 1, &escaped);
    if (close && escaped) { /* the escapes must be good ones */
      sl_arena_point mark = sl_arena_mark(q->arena);
      sl_str text = sl_str_n(p + 1, (size_t)(close - p - 1));
      bool good = sl_json_unescape(q->arena, text, &text);
      sl_arena_rewind(q->arena, mark);
      if (!good) return NULL;
    }
    return close ? close + 1 : NULL;
  }
  return is_digit(*p) || *p == '-' ? number_end(p) : literal(q, p, &kind);
}

/* Skips a name and its colon; returns where the member's value begins. */
static const char *skip_name(quick *q, const char *p) {
  if (*p != '"' || !(p = skip_scalar(q, p))) return NULL;
  p = skip_blanks(p);
  return *p == ':' ? skip_blanks(p + 1) : NULL;
}

/* Skips one value of any kind, checking its grammar. */
static const char *skip(quick *q, const char *p) {
  bool in_object[SKIP_DEPTH];
  int depth = 0;
  for (;;) {
    if (*p == '{' || *p == '[') {
      bool object = *p == '{';
      p = skip_blanks(p + 1);
      if (*p != (object ? '}' : ']')) {
        if (depth == SKIP_DEPTH) return NULL;
        in_object[depth++] = object;
        if (object && !(p = skip_name(q, p))) return NULL;
        continue;
      }
      p++;
    } else if (!(p = skip_scalar(q, p))) {
      return NULL;
    }
    for (;;) { /* after a value: close what ends here */
      if (!depth) return p;
      if (p >= q->end) return NULL;
      p = skip_blanks(p);
      if (*p == ',') break;
      if (*p != (in_object[depth - 1] ? '}' : ']')) return NULL;
      depth--;
      p++;
    }
    p = skip_blanks(p + 1);
    if (in_object[depth - 1] && !(p = skip_name(q, p))) return NULL;
  }
}

static sl_json_kind kind_of(char c) {
  switch (c) {
  case '"': return SL_JSON_STRING;
  case '{': return SL_JSON_OBJECT;
  case '[': return SL_JSON_ARRAY;
  case 't': return SL_JSON_TRUE;
  case 'f': return SL_JSON_FALSE;
  case 'n': return SL_JSON_NULL;
  default: return SL_JSON_NUMBER;
  }
}

/* A column that no one reads: passed over if such a value always decodes, else decoded to see that it does. */
static const char *unneeded(quick *q, sl_json_node *node, const char *p, sl_value *out) {
  if (node->accepts >> kind_of(*p) & 1) {
    *out = sl_null();
    return skip(q, p);
  }
  sl_arena_point mark = sl_arena_mark(q->arena);
  p = value(q, node, p, out);
  sl_arena_rewind(q->arena, mark);
  *out = sl_null();
  return p;
}

/* ---- members ---- */

static void guess_set(quick *q, sl_json_node *node, int at, sl_str quoted, int field) {
  if (at == node->guess_cap) {
    int cap = at ? at * 2 : 16;
    sl_json_guess *grown;
    if (cap > SL_JSON_GUESS_MAX) return;
    grown = sl_arena_alloc(q->json->arena, (size_t)cap * sizeof *grown);
    if (at) memcpy(grown, node->guesses, (size_t)at * sizeof *grown);
    node->guesses = grown;
    node->guess_cap = cap;
  }
  sl_json_guess *g = &node->guesses[at];
  if (at == node->guess_count) node->guess_count++;
  memset(g, 0, sizeof *g);
  if (quoted.len > sizeof g->text) return; /* a length of 0 never matches */
  memcpy(g->text, quoted.ptr, quoted.len);
  g->len = (uint32_t)quoted.len;
  g->field = field;
}

static inline bool guess_matches(const quick *q, const sl_json_guess *g, const char *p) {
  return g->len && (size_t)(q->end - p) > g->len && same_text(p, g->text, g->len);
}

/* The member at p is not the one expected as number *at: looks it up and learns. */
static const char *find_member(quick *q, sl_json_node *node, const char *p, int *at, int *field) {
  enum { AHEAD = 8 };
  bool escaped;
  for (int i = *at + 1; i < node->guess_count && i <= *at + AHEAD; i++)
    if (guess_matches(q, &node->guesses[i], p)) {
      *at = i + 1;
      *field = node->guesses[i].field;
      return p + node->guesses[i].len;
    }
  const char *close = *p == '"' ? string_end(q, p + 1, &escaped) : NULL;
  if (!close) return NULL;
  sl_str name = {p + 1, (size_t)(close - p - 1)};
  if (escaped && !sl_json_unescape(q->arena, name, &name)) return NULL;
  *field = sl_json_field_match(q->arena, node, name);
  guess_set(q, node, *at, sl_str_n(p, (size_t)(close + 1 - p)), *field);
  if (*at < node->guess_count) ++*at;
  return close + 1;
}

/* Fields that no member filled are NULL; false when a twin in other letters might have been meant. */
static bool fill_missing(const sl_json_node *node, sl_value *out) {
  for (int f = 0; f < node->count; f++) {
    if (node->stamps[f] == node->generation) continue;
    if (node->twins) return false;
    out[f] = sl_null();
  }
  return true;
}

/* Reads the members of the object whose brace is before p. needed may be NULL. */
static const char *members(quick *q, sl_json_node *node, const char *p, const bool *needed, sl_value *out) {
  int at = 0, filled = 0;
  if (!++node->generation) {
    memset(node->stamps, 0, (size_t)node->count * sizeof *node->stamps);
    node->generation = 1;
  }
  p = skip_blanks(p);
  if (*p != '}') {
    for (;;) {
      int field;
      if (at < node->guess_count && guess_matches(q, &node->guesses[at], p)) {
        field = node->guesses[at].field;
        p += node->guesses[at++].len;
      } else if (!(p = find_member(q, node, p, &at, &field))) {
        return NULL;
      }
      if (*p != ':' && *(p = skip_blanks(p)) != ':') return NULL;
      p = skip_blanks(p + 1);
      if (field < 0) {
        p = skip(q, p);
      } else {
        if (node->stamps[field] == node->generation) return NULL; /* a duplicate */
        node->stamps[field] = node->generation;
        filled++;
        sl_json_node *target = &node->fields[field].node;
        p = needed && !needed[field] ? unneeded(q, target, p, &out[field]) : value(q, target, p, &out[field]);
      }
      if (!p || p >= q->end) return NULL;
      p = skip_blanks(p);
      if (*p == '}') break;
      if (*p != ',') return NULL;
      p = skip_blanks(p + 1);
    }
  }
  if (filled < node->count && !fill_missing(node, out)) return NULL;
  return p + 1;
}

/* ---- containers ---- */

/* Moves the values that were pushed since base into the arena. */
static sl_value *pop_values(quick *q, size_t base, size_t count) {
  sl_buf *stack = &q->json->stack;
  sl_value *items = sl_arena_alloc(q->arena, (count + 1) * sizeof *items);
  if (count) memcpy(items, stack->data + base, count * sizeof *items);
  stack->len = base;
  return items;
}

static const char *array(quick *q, sl_json_node *node, const char *p, sl_value *out) {
  size_t base = q->json->stack.len, count = 0;
  p = skip_blanks(p + 1);
  while (*p != ']') {
    sl_value item;
    p = value(q, node->element, p, &item);
    if (!p || p >= q->end) return NULL;
    sl_buf_add(&q->json->stack, &item, sizeof item);
    count++;
    p = skip_blanks(p);
    if (*p == ']') break;
    if (*p != ',') return NULL;
    p = skip_blanks(p + 1);
    if (*p == ']') return NULL;
  }
  *out = sl_of_items(pop_values(q, base, count), (uint32_t)count);
  return p + 1;
}

static const char *map(quick *q, sl_json_node *node, const char *p, sl_value *out) {
  size_t base = q->json->stack.len, count = 0;
  p = skip_blanks(p + 1);
  while (*p != '}') {
    sl_value pair[2];
    sl_str key;
    if (*p != '"' || !(p = string(q, p, &key)) || p >= q->end) return NULL;
    p = skip_blanks(p);
    if (*p != ':') return NULL;
    pair[0] = sl_of_str(key);
    p = value(q, node->element, skip_blanks(p + 1), &pair[1]);
    if (!p || p >= q->end) return NULL;
    sl_buf_add(&q->json->stack, pair, sizeof pair);
    count++;
    p = skip_blanks(p);
    if (*p == '}') break;
    if (*p != ',') return NULL;
    p = skip_blanks(p + 1);
    if (*p == '}') return NULL;
  }
  sl_value *pairs = pop_values(q, base, count * 2);
  *out = sl_of_items(pairs, sl_json_unique_keys(q->arena, pairs, (uint32_t)count));
  return p + 1;
}

/* An object or array for a STRING column becomes text. */
static const char *nested_text(quick *q, const char *p, sl_value *out) {
  const char *next = skip(q, p);
  sl_json *tree;
  if (!next || sl_json_parse(q->arena, sl_str_n(p, (size_t)(next - p)), 0, &tree, NULL)) return NULL;
  *out = sl_of_str(sl_json_text_of(q->arena, &q->json->text, tree));
  return next;
}

/* Reads one value of any kind into a column of node's type. */
static const char *value(quick *q, sl_json_node *node, const char *p, sl_value *out) {
  switch (node->base) {
  case SL_STRING: {
    if (*p == '{' || *p == '[') return nested_text(q, p, out);
    if (*p != '"') return scalar(q, node, p, out);
    sl_str text;
    p = string(q, p, &text);
    if (p) *out = sl_of_str(text);
    return p;
  }
  case SL_INTEGER:
  case SL_BIGINT:
  case SL_TIME:
  case SL_DATE:
  case SL_TIMESTAMP: return integral(q, node, p, out);
  case SL_DOUBLE: return floating(q, node, p, out);
  case SL_DECIMAL: return decimal(q, node, p, out);
  case SL_BOOLEAN: return boolean(q, p, out);
  case SL_ARRAY: return *p == '[' ? array(q, node, p, out) : scalar(q, node, p, out);
  case SL_MAP: return *p == '{' ? map(q, node, p, out) : scalar(q, node, p, out);
  case SL_STRUCT: {
    if (*p != '{') return scalar(q, node, p, out);
    sl_value *items = sl_arena_alloc(q->arena, ((size_t)node->count + 1) * sizeof *items);
    *out = sl_of_items(items, (uint32_t)node->count);
    return members(q, node, p + 1, NULL, items);
  }
  default: return scalar(q, node, p, out);
  }
}

/* ---- documents ---- */

/* A bare number, as keys have it: read from a copy that ends with a bracket. */
static bool bare_number(quick *q, sl_str text, sl_value *out) {
  char copy[32];
  if (text.len >= sizeof copy || q->json->root.base == SL_STRING) return false;
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = '}';
  quick inner = {copy + text.len + 1, q->arena, q->json};
  const char *p = value(&inner, &q->json->root, copy, out);
  return p == copy + text.len;
}

bool sl_json_decode_quick(sl_json_serde *json, sl_str text, const bool *needed, sl_arena *arena, sl_value *out) {
  const char *p = text.ptr, *end = p + text.len;
  while (p < end && (end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t')) end--;
  if (p == end || !sl_utf8_valid(p, (size_t)(end - p))) return false;
  quick q = {end, arena, json};
  json->stack.len = 0;
  char last = end[-1];
  if (json->wrapped) {
    if (last != '}') return false;
    p = skip_blanks(p);
    return *p == '{' && members(&q, &json->root, p + 1, needed, out) == end;
  }
  if (needed && !needed[0]) return false;
  if (last == '"' ? *p == '"' && end - p > 1 : last == '}' || last == ']')
    return value(&q, &json->root, skip_blanks(p), out) == end;
  return (is_digit(*p) || *p == '-') && bare_number(&q, sl_str_n(p, (size_t)(end - p)), out);
}
