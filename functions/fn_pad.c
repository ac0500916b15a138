/* LPAD and RPAD: a text or bytes brought to an exact length (functions.md 7). */
#include "functions/functions_int.h"
#include "functions/units.h"

static const char STRING[] = "STRING";

/* n units of padding, from its first unit on, again and again. */
static char *put_padding(char *to, sl_arena *arena, sl_str padding, size_t units, size_t n) {
  for (; n >= units; n -= units) to = mempcpy(to, padding.ptr, padding.len);
  sl_str rest = sl_units_slice(arena, padding, 0, n);
  return mempcpy(to, rest.ptr, rest.len);
}

static int pad_text(sl_call *call, const sl_value *args, bool left, sl_value *out) {
  sl_str s = sl_value_str(&args[0]), padding = sl_value_str(&args[2]);
  int64_t wanted = args[1].i64;
  if (wanted < 0 || !padding.len) return sl_give_null(out);
  size_t have = sl_units_len(s), unit = sl_units_len(padding);
  if ((size_t)wanted <= have) return sl_give(out, sl_of_str(sl_units_slice(call->arena, s, 0, (size_t)wanted)));
  if (wanted > SL_TEXT_MAX / 3) return sl_fail_size(call);
  size_t missing = (size_t)wanted - have;
  char *text = sl_arena_alloc(call->arena, s.len + (missing / unit + 1) * padding.len), *p = text;
  if (left) p = put_padding(p, call->arena, padding, unit, missing);
  p = mempcpy(p, s.ptr, s.len);
  if (!left) p = put_padding(p, call->arena, padding, unit, missing);
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

static int pad_bytes(sl_call *call, const sl_value *args, bool left, sl_value *out) {
  sl_str s = sl_value_str(&args[0]), padding = sl_value_str(&args[2]);
  int64_t wanted = args[1].i64;
  if (wanted < 0 || !padding.len) return sl_give_null(out);
  if ((size_t)wanted <= s.len) return sl_give(out, sl_of_str(sl_str_n(s.ptr, (size_t)wanted)));
  if (wanted > SL_TEXT_MAX) return sl_fail_size(call);
  size_t missing = (size_t)wanted - s.len;
  char *bytes = sl_arena_alloc(call->arena, (size_t)wanted);
  char *fill = left ? bytes : bytes + s.len;
  memcpy(left ? bytes + missing : bytes, s.ptr, s.len);
  for (size_t i = 0; i < missing; i++) fill[i] = padding.ptr[i % padding.len];
  return sl_give(out, sl_of_str(sl_str_n(bytes, (size_t)wanted)));
}

static int lpad_text(sl_call *call, const sl_value *args, sl_value *out) {
  return pad_text(call, args, true, out);
}
static int rpad_text(sl_call *call, const sl_value *args, sl_value *out) {
  return pad_text(call, args, false, out);
}
static int lpad_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  return pad_bytes(call, args, true, out);
}
static int rpad_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  return pad_bytes(call, args, false, out);
}

const sl_function sl_fn_pad[] = {
    {.name = "LPAD",
     .spelling = "LPad",
     .category = STRING,
     .doc = "Fills a text or bytes from the left to a length.",
     .example = "LPAD('foo', 7, 'Bar') => 'BarBfoo'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input, INT targetLen, VARCHAR padding) -> VARCHAR",
                                         .eval = lpad_text,
                                         .doc = "Longer input is cut."},
                                        {.signature = "(BYTES input, INT targetLen, BYTES padding) -> BYTES",
                                         .eval = lpad_bytes,
                                         .doc = "Longer input is cut."},
                                        {0}}},
    {.name = "RPAD",
     .spelling = "RPad",
     .category = STRING,
     .doc = "Fills a text or bytes from the right to a length.",
     .example = "RPAD('foo', 7, 'Bar') => 'fooBarB'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input, INT targetLen, VARCHAR padding) -> VARCHAR",
                                         .eval = rpad_text,
                                         .doc = "Longer input is cut."},
                                        {.signature = "(BYTES input, INT targetLen, BYTES padding) -> BYTES",
                                         .eval = rpad_bytes,
                                         .doc = "Longer input is cut."},
                                        {0}}},
    {0}};
