/* SPLIT and SPLIT_TO_MAP (functions.md 7): pieces of a text between literal delimiters, borrowed from it. */
#include "functions/functions_int.h"
#include "functions/units.h"

static const char STRING[] = "STRING";

/* One piece per UTF-16 unit, or per byte; none gives one empty piece. The halves of a surrogate pair have no UTF-8 form
 * and become '?', as everywhere. */
static int split_all(sl_call *call, sl_str s, bool bytes, sl_value *out) {
  if (s.len > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = sl_call_items(call, s.len + 1);
  uint32_t n = 0;
  for (size_t at = 0, len; at < s.len; at += len) {
    len = bytes ? 1 : sl_codepoint_len(s, at);
    sl_value piece = sl_of_str(len == 4 ? sl_str_n("?", 1) : sl_str_n(s.ptr + at, len));
    items[n++] = piece;
    if (len == 4) items[n++] = piece;
  }
  if (!n) items[n++] = sl_of_str(s);
  return sl_give(out, sl_of_items(items, n));
}

static int split_by(sl_call *call, sl_str s, sl_str by, sl_value *out) {
  const char *end = s.ptr + s.len;
  size_t count = 1;
  for (const char *p = s.ptr, *hit; (hit = memmem(p, (size_t)(end - p), by.ptr, by.len)); p = hit + by.len) count++;
  if (count > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = sl_call_items(call, count);
  uint32_t n = 0;
  const char *p = s.ptr;
  for (const char *hit; (hit = memmem(p, (size_t)(end - p), by.ptr, by.len)); p = hit + by.len)
    items[n++] = sl_of_str(sl_str_n(p, (size_t)(hit - p)));
  items[n++] = sl_of_str(sl_str_n(p, (size_t)(end - p)));
  return sl_give(out, sl_of_items(items, n));
}

static int split_text(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str by = sl_value_str(&args[1]);
  return by.len ? split_by(call, sl_value_str(&args[0]), by, out) : split_all(call, sl_value_str(&args[0]), false, out);
}

static int split_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str by = sl_value_str(&args[1]);
  return by.len ? split_by(call, sl_value_str(&args[0]), by, out) : split_all(call, sl_value_str(&args[0]), true, out);
}

/* Cuts s at the first by: *rest is what follows, or empty with false when by is not there. */
static bool cut(sl_str s, sl_str by, sl_str *first, sl_str *rest) {
  const char *hit = memmem(s.ptr, s.len, by.ptr, by.len);
  *first = hit ? sl_str_n(s.ptr, (size_t)(hit - s.ptr)) : s;
  *rest = hit ? sl_str_n(hit + by.len, s.len - first->len - by.len) : sl_str_n("", 0);
  return hit != NULL;
}

static int split_to_map(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]), by = sl_value_str(&args[1]), between = sl_value_str(&args[2]);
  if (!by.len || !between.len || sl_str_eq(by, between)) return sl_give_null(out);
  sl_value entries;
  int rc = split_by(call, s, by, &entries);
  if (rc) return rc;
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, &SL_TYPE_STRING, entries.len);
  for (uint32_t i = 0; i < entries.len; i++) {
    sl_str key, value, rest;
    if (!cut(sl_value_str(&entries.items[i]), between, &key, &rest)) continue;
    cut(rest, between, &value, &rest);
    sl_value k = sl_of_str(key), v = sl_of_str(value);
    sl_pairs_put(&pairs, &k, &v);
  }
  return sl_give(out, sl_of_items(pairs.items, pairs.count));
}

const sl_function sl_fn_split[] = {
    {.name = "SPLIT",
     .category = STRING,
     .doc = "Splits a text or bytes at a delimiter.",
     .example = "SPLIT('a,b', ',') => ['a', 'b']",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR string, VARCHAR delimiter) -> ARRAY<VARCHAR>",
                                         .eval = split_text,
                                         .doc = "Keeps empty pieces; an empty delimiter splits between characters."},
                                        {.signature = "(BYTES string, BYTES delimiter) -> ARRAY<BYTES>",
                                         .eval = split_bytes,
                                         .doc = "Keeps empty pieces; an empty delimiter splits between bytes."},
                                        {0}}},
    {.name = "SPLIT_TO_MAP",
     .category = STRING,
     .doc = "Splits a text into entries, and each entry into key and value.",
     .example = "SPLIT_TO_MAP('a=1;b=2', ';', '=') => {a=1, b=2}",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input, VARCHAR entryDelimiter, VARCHAR kvDelimiter) -> MAP<VARCHAR, VARCHAR>",
              .eval = split_to_map,
              .doc = "Entries without kvDelimiter are left out; the last of equal keys wins."},
             {0}}},
    {0}};
