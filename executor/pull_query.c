/* A pull query on a table: rows that another query keeps, through the query's own filter and projection. What was built
 * for one execution serves the next: a lookup parses, plans and allocates nothing. */
#include "base/heap.h"
#include "executor/chain.h"
#include "executor/executor_int.h"

struct sl_pull_query {
  sl_plan *plan;
  const sl_plan_state_scan *state;
  sl_chain chain;
  /* keys as the keeper's store has them */
  sl_plan *kept_by;
  sl_plan_codec codec_plan;
  sl_codec *codec;
  sl_str *keys; /* in key_bytes */
  sl_buf key_bytes;
  sl_value key; /* in place of the plan's only one */
  bool has_key, stale_keys;
  /* the execution at hand */
  sl_pull_place place;
  int64_t left; /* rows that LIMIT allows */
  sl_pull_row take;
  void *ctx;
  sl_err *err;
  int rc;
};

static int64_t limit_of(const sl_plan *plan) {
  const sl_plan_response *response = (const sl_plan_response *)plan->last;
  return response->has_limit ? response->limit : INT64_MAX;
}

/* Rows of the result. */
static bool answer(void *ctx, const sl_row *rows, const uint16_t *sel, int count, const sl_layout *layout) {
  sl_pull_query *query = ctx;
  for (int i = 0; i < count && query->left > 0; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    if (row->flags & SL_ROW_VALUE_ABSENT) continue;
    query->left--;
    query->take(query->ctx, row, layout);
  }
  return query->left > 0;
}

sl_pull_query *sl_pull_query_new(sl_plan *plan, sl_err *err) {
  sl_pull_query *query = sl_heap_zalloc(sizeof *query);
  query->plan = sl_plan_ref(plan);
  query->state = plan->state;
  if (sl_chain_init(&query->chain, &plan->state->base, plan->last, NULL, err)) {
    sl_pull_query_free(query);
    return NULL;
  }
  query->chain.take = answer;
  query->chain.ctx = query;
  return query;
}

void sl_pull_query_free(sl_pull_query *query) {
  if (!query) return;
  sl_chain_done(&query->chain);
  sl_codec_free(query->codec);
  sl_plan_unref(query->kept_by);
  sl_heap_free(query->keys);
  sl_buf_done(&query->key_bytes);
  sl_plan_unref(query->plan);
  sl_heap_free(query);
}

void sl_pull_query_begin(sl_pull_query *query, const sl_value *key) {
  query->stale_keys |= key || query->has_key;
  query->has_key = key;
  if (key) query->key = *key;
  query->place = (sl_pull_place){0};
  query->left = limit_of(query->plan);
  query->chain.stop = false;
}

/* ---- keys ---- */

static int encode_keys(sl_pull_query *query, sl_err *err) {
  const sl_plan_access *access = &query->state->access;
  size_t count = (size_t)access->key_count;
  size_t *ends = NULL, one_end;
  if (!query->keys) query->keys = sl_heap_zalloc((count + 1) * sizeof *query->keys);
  ends = count > 1 ? sl_heap_zalloc(count * sizeof *ends) : &one_end;
  sl_buf_reset(&query->key_bytes);
  int rc = 0;
  for (size_t i = 0; !rc && i < count; i++) {
    bool null;
    rc = sl_codec_encode_key(query->codec, query->has_key ? &query->key : access->keys[i], &query->key_bytes, &null,
                             err);
    ends[i] = query->key_bytes.len;
  }
  for (size_t i = 0, from = 0; !rc && i < count; from = ends[i++])
    query->keys[i] = sl_str_n((const char *)query->key_bytes.data + from, ends[i] - from);
  if (count > 1) sl_heap_free(ends);
  query->stale_keys = rc != 0;
  return rc;
}

/* The keys' bytes in the format of the keeper's store; again only when the keeper has another plan. */
static int bind(sl_pull_query *query, const sl_running *running, sl_err *err) {
  if (query->kept_by == running->plan) return query->stale_keys ? encode_keys(query, err) : 0;
  if (!sl_schema_equal(&running->plan->schema, &query->state->table))
    return sl_err_set(err, SL_E_NOT_READY, SL_NO_POS, "The table is being replaced. Please try again later.");
  const sl_plan_store *store = sl_keeper_store(running->keeper);
  sl_codec_free(query->codec);
  sl_plan_unref(query->kept_by);
  query->codec = NULL;
  query->kept_by = sl_plan_ref(running->plan);
  query->codec_plan = (sl_plan_codec){.key_format = store->key_format,
                                      .key_columns = store->key_columns,
                                      .key_count = store->key_count,
                                      .native = true};
  int rc = sl_codec_new(&query->codec_plan, sl_str_of(store->name), false, &query->codec, err);
  if (!rc) rc = encode_keys(query, err);
  if (rc) {
    sl_plan_unref(query->kept_by);
    query->kept_by = NULL;
  }
  return rc;
}

/* ---- rows of the table ---- */

static sl_value slot_of(const sl_pull_query *query, const sl_source_slot *slot, const sl_row *row, int header) {
  switch (slot->origin) {
  case SL_SLOT_KEY: return row->values[slot->column];
  case SL_SLOT_VALUE: return row->values[query->state->key_count + slot->column];
  case SL_SLOT_HEADER: return row->values[query->state->key_count + query->state->value_count + header];
  case SL_SLOT_ROWTIME: return sl_of_i64(row->timestamp);
  case SL_SLOT_WINDOWSTART: return sl_of_i64(row->window_start);
  case SL_SLOT_WINDOWEND: return sl_of_i64(row->window_end);
  case SL_SLOT_ROWPARTITION:
  case SL_SLOT_ROWOFFSET: break; /* refused when the query was planned */
  }
  return sl_null();
}

/* Rows as the keeper has them become rows of the query's first node. */
static bool from_table(void *ctx, const sl_row *rows, const uint16_t *sel, int count, const sl_layout *layout) {
  (void)layout;
  sl_pull_query *query = ctx;
  sl_operator *head = &query->chain.head;
  int slots = head->node->layout.count;
  sl_arena_reset(&query->chain.arena);
  sl_row *out = sl_op_rows(head, count, slots);
  int n = 0;
  for (int i = 0; i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    if (row->flags & SL_ROW_VALUE_ABSENT) continue; /* left out by a filter of the keeper */
    sl_value *values = out[n].values;
    out[n] = (sl_row){.timestamp = row->timestamp, .values = values};
    for (int s = 0; s < slots; s++)
      if (query->state->slots[s].needed)
        values[s] = slot_of(query, &query->state->slots[s], row, query->state->slots[s].column);
    n++;
  }
  query->rc = sl_op_emit(head, out, NULL, n, query->err);
  return !query->rc && !query->chain.stop;
}

int sl_pull_query_step(sl_pull_query *query, sl_running *running, sl_pull_row take, void *ctx, bool *done,
                       sl_err *err) {
  const sl_plan_access *access = &query->state->access;
  *done = true;
  if (!running->keeper)
    return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The query keeps no table that could be read.");
  if (query->left <= 0) return 0;
  int rc = bind(query, running, err);
  if (rc) return rc;
  query->take = take;
  query->ctx = ctx;
  query->err = err;
  query->rc = 0;
  query->chain.env.now_ms = sl_clock_wall_ms(running->executor->options.clock);
  const sl_pull pull = {.keys = query->keys,
                        .key_count = (size_t)access->key_count,
                        .scan = access->scan,
                        .start_from = access->start_from,
                        .start_to = access->start_to,
                        .end_from = access->end_from,
                        .end_to = access->end_to};
  rc = sl_running_pull(running, &pull, &query->place, from_table, query, err);
  if (!rc) rc = query->rc;
  *done = rc || query->place.done;
  return rc;
}

void sl_pull_query_end(sl_pull_query *query) {
  sl_pull_place_done(&query->place);
}
