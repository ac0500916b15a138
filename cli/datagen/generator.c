/* The list of kinds, and keys as Kafka's serializers write them. */
#include "cli/datagen/generator.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/datagen/generator_int.h"

enum { SEED = 1 };
static const int64_t START_MS = 1700000000000;

static const sl_generator_kind *const KINDS[] = {&sl_kind_auction,   &sl_kind_bid,     &sl_kind_clickstream,
                                                 &sl_kind_events,    &sl_kind_nexmark, &sl_kind_orders,
                                                 &sl_kind_pageviews, &sl_kind_person,  &sl_kind_users};

const sl_generator_kind *const *sl_generator_kinds(size_t *count) {
  *count = sizeof KINDS / sizeof *KINDS;
  return KINDS;
}

const sl_generator_kind *sl_generator_kind_find(const char *name) {
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (strcmp(KINDS[i]->name, name) == 0) return KINDS[i];
  return NULL;
}

sl_generator sl_generator_of(const sl_generator_kind *kind) {
  return (sl_generator){
      .kind = kind, .seed = SEED, .keys = kind->keys, .start_ms = START_MS, .per_second = kind->per_second};
}

void sl_key_int32(sl_generated *out, int32_t key) {
  sl_put_u32(out->key, (uint32_t)key);
  out->key_len = 4;
  snprintf(out->key_text, sizeof out->key_text, "%d", key);
}

void sl_key_int64(sl_generated *out, int64_t key) {
  sl_put_u64(out->key, (uint64_t)key);
  out->key_len = 8;
  snprintf(out->key_text, sizeof out->key_text, "%lld", (long long)key);
}

void sl_key_text(sl_generated *out, const char *key) {
  out->key_len = (size_t)snprintf(out->key_text, sizeof out->key_text, "%s", key);
  memcpy(out->key, out->key_text, out->key_len);
}
