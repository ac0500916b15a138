/* Examples of functions (functions/function.h says how they are written), taken apart. */
#pragma once
#include <string.h>
#include "base/str.h"

typedef struct function_example {
  sl_str call;
  sl_str columns[2]; /* values of x and y, comma-separated; of aggregates */
  int column_count;
  sl_str result; /* ptr NULL: none */
} function_example;

/* Cuts s at the first mark: what is before it; s becomes what is behind it, or stays as it is when there is none. */
static inline bool example_cut(sl_str *s, const char *mark, sl_str *before) {
  const char *hit = memmem(s->ptr, s->len, mark, strlen(mark));
  if (!hit) return false;
  *before = sl_str_n(s->ptr, (size_t)(hit - s->ptr));
  *s = sl_str_n(hit + strlen(mark), s->len - before->len - strlen(mark));
  return true;
}

/* A lambda has "=>" too, so the result is behind the last one. */
static inline function_example example_of(const char *text) {
  function_example e = {.call = sl_str_of(text)};
  for (const char *p = text, *hit; (hit = strstr(p, " => ")); p = hit + 1) {
    e.result = sl_str_of(hit + 4);
    e.call.len = (size_t)(hit - text);
  }
  sl_str rest = e.call, call;
  if (!example_cut(&rest, " over ", &call)) return e;
  e.call = call;
  while (example_cut(&rest, " and ", &e.columns[e.column_count])) e.column_count++;
  e.columns[e.column_count++] = rest;
  return e;
}
