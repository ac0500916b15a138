/* Records to try and to measure with. Record i of a kind is a function of (seed, i) alone, so a run can be repeated,
 * cut in pieces, or computed again by a program that checks a result. Thread: any, each with its own sl_generated. */
#pragma once
#include <stdint.h>
#include "base/buf.h"

typedef struct sl_generator sl_generator;

typedef struct sl_generated {
  const char *topic; /* the kind's own name for where it goes */
  int64_t timestamp; /* ms */
  uint8_t key[24];
  size_t key_len;    /* 0: no key */
  char key_text[24]; /* the key as people read it */
  sl_buf value;      /* JSON; sl_buf_done when all is done */
} sl_generated;

typedef struct sl_generator_kind {
  const char *name;
  const char *doc;
  const char *
      sql; /* statements that declare the topics; %s stands for the topic, %d for its partitions, NULL: see the parts */
  uint64_t keys;      /* distinct keys by default, 0: the kind decides */
  int64_t per_second; /* records per second of event time by default */
  void (*make)(const sl_generator *g, uint64_t i, sl_generated *out);
  const char *const *parts; /* kinds that this one mixes, each in a topic of its own; NULL-terminated */
} sl_generator_kind;

struct sl_generator {
  const sl_generator_kind *kind;
  uint64_t seed;
  uint64_t keys;
  int64_t start_ms;   /* timestamp of record 0 */
  int64_t per_second; /* records per second of event time */
};

/* All kinds, in order of name; *count of them. */
const sl_generator_kind *const *sl_generator_kinds(size_t *count);
const sl_generator_kind *sl_generator_kind_find(const char *name); /* NULL: there is none */
/* A generator with the kind's defaults, seed 1 and a fixed start. */
sl_generator sl_generator_of(const sl_generator_kind *kind);
/* Record number i; out is overwritten. */
static inline void sl_generate(const sl_generator *g, uint64_t i, sl_generated *out) {
  out->value.len = 0;
  out->key_len = 0;
  out->topic = g->kind->name;
  g->kind->make(g, i, out);
}
