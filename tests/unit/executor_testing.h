/* Helpers of the executor tests: a log in memory, a clock that stands, plans built by hand from SQL expressions, topics
 * written and read back as text. A record reads "key|value@timestamp"; null is "-". */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/fs.h"
#include "executor/executor.h"
#include "parser/parser.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

/* ---- the rig: log, clock, executor ---- */
typedef struct rig {
  sl_fs *fs;
  sl_clock_manual clock;
  sl_log *log;
  sl_executor *executor;
  sl_executor_options options;
  sl_arena arena; /* names and texts */
  sl_running *running;
} rig;

static inline void rig_start(rig *r) {
  sl_log_options lo = {.fs = r->fs, .clock = &r->clock.clock, .dir = "/log", .flush = SL_FLUSH_NEVER, .seed = 7};
  ok(sl_embedded_log_open(&lo, &r->log, &err));
  r->options.log = r->log;
  r->options.clock = &r->clock.clock;
  r->executor = sl_executor_new(&r->options);
}

static inline void make_topic(rig *r, const char *name, int32_t partitions, bool compact);

static inline void rig_open_on(rig *r, int batch, sl_fs *fs) {
  memset(r, 0, sizeof *r);
  r->fs = fs;
  sl_clock_manual_init(&r->clock, 1000000);
  sl_arena_init(&r->arena, 0);
  r->options = (sl_executor_options){
      .workers = 2, .commit_interval_ms = -1, .batch = batch, .processing_topic = "log", .processing_rows = true};
  rig_start(r);
  make_topic(r, "log", 1, false);
}

static inline void rig_open(rig *r, int batch) {
  rig_open_on(r, batch, sl_fs_memory_new());
}

static inline void rig_settle(rig *r) {
  ok(sl_executor_run_until_quiet(r->executor, &err));
}

/* Stops the query; with clean false as a crash would: nothing is committed on the way. */
static inline void rig_stop(rig *r) {
  if (r->running) ok(sl_executor_stop(r->executor, r->running, false, &err));
  r->running = NULL;
  sl_executor_free(r->executor);
  ok(sl_log_close(r->log, &err));
}

static inline void rig_close(rig *r) {
  rig_stop(r);
  sl_fs_free(r->fs);
  sl_arena_done(&r->arena);
}

/* ---- topics ---- */
static inline sl_topic *topic_of(rig *r, const char *name) {
  sl_topic *topic = sl_log_topic_find(r->log, sl_str_of(name));
  assert_non_null(topic);
  return topic;
}

static inline void make_topic(rig *r, const char *name, int32_t partitions, bool compact) {
  sl_topic *old = sl_log_topic_find(r->log, sl_str_of(name));
  if (old) {
    sl_topic_unref(old);
    return;
  }
  const sl_topic_setting setting = {sl_str_of("cleanup.policy"), sl_str_of("compact")};
  sl_topic_spec spec = {
      .name = sl_str_of(name), .partitions = partitions, .settings = &setting, .setting_count = compact};
  sl_topic *topic;
  ok(sl_log_topic_create(r->log, &spec, &topic, &err));
  sl_topic_unref(topic);
}

static inline void produce_at(rig *r, const char *name, int32_t partition, const char *key, const char *value,
                              int64_t ts) {
  sl_topic *topic = topic_of(r, name);
  sl_staging *staging = sl_staging_new();
  ok(sl_staging_append(staging, sl_topic_partition(topic, partition), ts, key, key ? strlen(key) : 0, value,
                       value ? strlen(value) : 0, NULL, &err));
  sl_part part = {.staging = staging};
  sl_commit_result result;
  ok(sl_log_commit(r->log, &part, 1, &result, &err));
  sl_staging_free(staging);
  sl_topic_unref(topic);
}

static inline void produce(rig *r, const char *name, const char *key, const char *value, int64_t ts) {
  produce_at(r, name, 0, key, value, ts);
}

/* All records of a topic, "key|value@ts", separated by blanks; partitions one after the other. */
static inline const char *dump(rig *r, const char *name) {
  sl_topic *topic = topic_of(r, name);
  sl_buf out = {0};
  for (int32_t p = 0; p < sl_topic_partitions(topic); p++) {
    sl_partition *partition = sl_topic_partition(topic, p);
    int64_t at = sl_partition_start(partition);
    while (at < sl_partition_visible(partition)) {
      sl_fetch *fetch;
      ok(sl_log_fetch(partition, at, 1 << 20, 1000, SL_READ_VISIBLE, &fetch, &err));
      for (size_t i = 0; i < fetch->count; i++) {
        const sl_record *rec = &fetch->records[i];
        sl_buf_printf(&out, "%s%.*s|%.*s@%lld", out.len ? " " : "", rec->key ? (int)rec->key_len : 1,
                      rec->key ? (const char *)rec->key : "-", rec->value ? (int)rec->value_len : 1,
                      rec->value ? (const char *)rec->value : "-", (long long)rec->timestamp);
      }
      at = fetch->next_offset;
      sl_fetch_unref(fetch);
    }
  }
  sl_topic_unref(topic);
  const char *text = sl_arena_dup(&r->arena, out.data ? (const void *)out.data : "", out.len);
  sl_buf_done(&out);
  return text;
}

static inline int64_t topic_count(rig *r, const char *name) {
  sl_topic *topic = topic_of(r, name);
  int64_t n = 0;
  for (int32_t p = 0; p < sl_topic_partitions(topic); p++) n += sl_partition_visible(sl_topic_partition(topic, p));
  sl_topic_unref(topic);
  return n;
}

/* Entries of the processing log. */
static inline int64_t entries(rig *r) {
  return topic_count(r, "log");
}
static inline bool has_entry(rig *r, const char *text) {
  return strstr(dump(r, "log"), text) != NULL;
}

/* ---- plans ---- */
typedef struct plan_maker {
  rig *r;
  sl_plan *plan;
  sl_arena *arena;
  sl_subtopology *subs;
  const sl_program *programs[64];
  int stores;
} plan_maker;

static inline plan_maker plan_begin(rig *r, uint64_t number, bool persistent) {
  plan_maker m = {.r = r, .arena = sl_arena_new(0)};
  m.plan = sl_arena_zalloc(m.arena, sizeof *m.plan);
  m.plan->arena = m.arena;
  m.plan->refs = 1;
  m.plan->query_id = sl_str_printf(m.arena, "Q_%llu", (unsigned long long)number);
  m.plan->query_number = number;
  m.plan->persistent = persistent;
  m.subs = sl_arena_calloc(m.arena, 4, sizeof *m.subs);
  m.plan->subs = m.subs;
  m.plan->programs = sl_arena_calloc(m.arena, 64, sizeof(sl_program *));
  return m;
}

static inline const sl_plan_topic *plan_topic(plan_maker *m, const char *name, bool internal) {
  sl_plan_topic *t = sl_arena_zalloc(m->arena, sizeof *t);
  sl_topic *topic = topic_of(m->r, name);
  t->name = sl_str_dup(m->arena, sl_str_of(name));
  t->id = *sl_topic_get_id(topic);
  t->internal = internal;
  t->partitions = sl_topic_partitions(topic);
  sl_topic_unref(topic);
  return t;
}

static inline const sl_type *type_named(plan_maker *m, sl_str name) {
  const sl_ast_type *ast;
  const sl_type *type = NULL;
  ok(sl_parse_type(m->arena, name, &ast, &err));
  ok(sl_resolve_type(m->arena, ast, NULL, &type, &err));
  return type;
}

/* "A STRING, B INTEGER": the first keys columns are the key. Types hold no commas here. */
static inline sl_layout layout_of(plan_maker *m, const char *text, int keys) {
  sl_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  int n = 0;
  for (const char *p = text; *p;) {
    const char *comma = strchr(p, ','), *end = comma ? comma : p + strlen(p), *blank = strchr(p, ' ');
    slots[n].name = sl_str_dup(m->arena, sl_str_n(p, (size_t)(blank - p)));
    slots[n++].type = type_named(m, sl_str_n(blank + 1, (size_t)(end - blank - 1)));
    p = comma ? comma + 2 : end;
  }
  return (sl_layout){slots, n, keys};
}

static inline sl_column *columns_of(plan_maker *m, const sl_layout *layout, int from, int to, sl_column_kind kind) {
  sl_column *c = sl_arena_calloc(m->arena, 16, sizeof *c);
  for (int i = from; i < to; i++)
    c[i - from] = (sl_column){.name = layout->slots[i].name, .type = layout->slots[i].type, .kind = kind};
  return c;
}

static inline sl_plan_codec codec_for(plan_maker *m, const sl_layout *layout, const char *values, bool native) {
  sl_plan_codec c = {
      .key_format = {.name = sl_str_of("KAFKA")}, .value_format = {.name = sl_str_of(values)}, .native = native};
  c.key_columns = columns_of(m, layout, 0, layout->key_count, SL_COLUMN_KEY);
  c.key_count = layout->key_count;
  c.value_columns = columns_of(m, layout, layout->key_count, layout->count, SL_COLUMN_VALUE);
  c.value_count = layout->count - layout->key_count;
  return c;
}

static inline void *node_new(plan_maker *m, sl_plan_kind kind, size_t size, const char *name, sl_plan_node *input) {
  sl_plan_node *node = sl_arena_zalloc(m->arena, size);
  node->kind = kind;
  node->name = name;
  if (!input) return node;
  node->table = input->table;
  node->windowed = input->windowed;
  node->layout = input->layout;
  const sl_plan_node **next = sl_arena_calloc(m->arena, (size_t)input->next_count + 1, sizeof *next);
  for (int i = 0; i < input->next_count; i++) next[i] = input->next[i];
  next[input->next_count++] = node;
  input->next = next;
  return node;
}

static inline void sub_source(plan_maker *m, int sub, const sl_plan_source *source) {
  sl_subtopology *s = &m->subs[sub];
  const sl_plan_source **list = sl_arena_calloc(m->arena, (size_t)s->source_count + 1, sizeof *list);
  for (int i = 0; i < s->source_count; i++) list[i] = s->sources[i];
  list[s->source_count++] = source;
  s->sources = list;
  if (source->topic->partitions > s->tasks) s->tasks = source->topic->partitions;
  if (sub >= m->plan->sub_count) m->plan->sub_count = sub + 1;
}

static inline sl_plan_node *add_source(plan_maker *m, int sub, const char *topic, const char *columns, bool table) {
  sl_plan_source *s = node_new(m, SL_PLAN_SOURCE, sizeof *s, "Source", NULL);
  s->base.layout = layout_of(m, columns, 1);
  s->base.table = table;
  s->topic = plan_topic(m, topic, false);
  s->source_version = 1;
  s->codec = codec_for(m, &s->base.layout, "DELIMITED", false);
  sl_source_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  for (int i = 0; i < s->base.layout.count; i++)
    slots[i] =
        (sl_source_slot){.origin = i < 1 ? SL_SLOT_KEY : SL_SLOT_VALUE, .column = i < 1 ? i : i - 1, .needed = true};
  s->slots = slots;
  s->reset = SL_RESET_EARLIEST;
  s->timestamp_slot = -1;
  sub_source(m, sub, s);
  return &s->base;
}

static inline const sl_typed *typed_of(plan_maker *m, const sl_layout *layout, const char *text) {
  const sl_expr *expr;
  const sl_typed *typed = NULL;
  sl_typing typing = {.layout = layout, .nested_null = true, .lambdas_enabled = true};
  ok(sl_parse_expr(m->arena, sl_str_of(text), &expr, &err));
  ok(sl_typed_build(m->arena, expr, &typing, &typed, &err));
  return typed;
}

static inline const sl_program *program_of(plan_maker *m, const sl_typed *const *exprs, int count) {
  const sl_program *program = NULL;
  if (!count) return NULL;
  ok(sl_program_build(m->arena, exprs, count, &program, &err));
  m->plan->programs[m->plan->program_count++] = program;
  return program;
}

static inline sl_plan_node *add_filter(plan_maker *m, sl_plan_node *input, const char *text) {
  sl_plan_filter *f = node_new(m, SL_PLAN_FILTER, sizeof *f, "Where", input);
  const sl_typed *typed = typed_of(m, &input->layout, text);
  f->predicate = program_of(m, &typed, 1);
  f->text = text;
  return &f->base;
}

/* Items from expressions "A, B + 1" named n1, n2 ... unless bare columns. */
static inline sl_plan_item *items_of(plan_maker *m, const sl_layout *in, const char *const *exprs,
                                     const char *const *names, int keys, sl_layout *out, const sl_program **program) {
  sl_plan_item *items = sl_arena_calloc(m->arena, 16, sizeof *items);
  sl_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  const sl_typed *results[16];
  int n = 0, r = 0;
  for (; exprs[n]; n++) {
    const sl_typed *typed = typed_of(m, in, exprs[n]);
    slots[n] = (sl_slot){sl_str_of(names[n]), sl_typed_type(typed)};
    items[n] = (sl_plan_item){.slot = sl_typed_slot(typed), .text = exprs[n]};
    if (items[n].slot >= 0) continue;
    items[n].result = r;
    results[r++] = typed;
  }
  *out = (sl_layout){slots, n, keys};
  *program = program_of(m, results, r);
  return items;
}

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline sl_plan_node *add_project(plan_maker *m, sl_plan_node *input, int keys, const char *const *exprs,
                                        const char *const *names) {
  sl_plan_project *p = node_new(m, SL_PLAN_PROJECT, sizeof *p, "Project", input);
  p->items = items_of(m, &input->layout, exprs, names, keys, &p->base.layout, &p->program);
  return &p->base;
}

static inline sl_plan_node *add_group(plan_maker *m, sl_plan_node *input, int keys, const char *const *exprs,
                                      const char *const *names) {
  sl_plan_group_key *g = node_new(m, SL_PLAN_GROUP_KEY, sizeof *g, "Aggregate.GroupBy", input);
  g->items = items_of(m, &input->layout, exprs, names, keys, &g->base.layout, &g->program);
  return &g->base;
}

static inline sl_plan_node *add_select_key(plan_maker *m, sl_plan_node *input, int keys, const char *const *exprs,
                                           const char *const *names, const bool *uses_value) {
  sl_plan_select_key *k = node_new(m, SL_PLAN_SELECT_KEY, sizeof *k, "PartitionBy", input);
  k->items = items_of(m, &input->layout, exprs, names, keys, &k->base.layout, &k->program);
  k->uses_value = uses_value;
  return &k->base;
}

/* Rows through an internal topic into sub-topology sub. */
static inline sl_plan_node *add_repartition(plan_maker *m, sl_plan_node *input, int sub, const char *topic,
                                            int32_t partitions) {
  make_topic(m->r, topic, partitions, false);
  sl_plan_sink *s = node_new(m, SL_PLAN_REPARTITION, sizeof *s, "Repartition", input);
  s->topic = plan_topic(m, topic, true);
  s->codec = codec_for(m, &input->layout, "NONE", true);
  s->timestamp_slot = -1;
  sl_plan_node *source = add_source(m, sub, topic, "K STRING", input->table);
  sl_plan_source *src = (sl_plan_source *)source;
  src->base.layout = input->layout;
  src->topic = s->topic;
  src->source_version = 0;
  src->codec = s->codec;
  sl_source_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  int keys = input->layout.key_count;
  for (int i = 0; i < input->layout.count; i++)
    slots[i] = (sl_source_slot){
        .origin = i < keys ? SL_SLOT_KEY : SL_SLOT_VALUE, .column = i < keys ? i : i - keys, .needed = true};
  src->slots = slots;
  return source;
}

static inline sl_plan_store *store_new(plan_maker *m, int sub, const char *name, const sl_layout *layout, int count,
                                       const sl_type *const *types) {
  sl_plan_store *s = sl_arena_zalloc(m->arena, sizeof *s);
  s->name = name;
  s->types = types;
  s->count = count;
  s->key_format = (sl_format_spec){.name = sl_str_of("KAFKA")};
  s->key_columns = columns_of(m, layout, 0, layout->key_count, SL_COLUMN_KEY);
  s->key_count = layout->key_count;
  s->cached = true;
  s->number = m->stores++;
  if (m->plan->persistent) {
    char topic[64];
    snprintf(topic, sizeof topic, "Q%llu-%s-changelog", (unsigned long long)m->plan->query_number, name);
    make_topic(m->r, topic, m->subs[sub].tasks, true);
    s->changelog = plan_topic(m, topic, true);
  }
  sl_subtopology *st = &m->subs[sub];
  const sl_plan_store **list = sl_arena_calloc(m->arena, (size_t)st->store_count + 1, sizeof *list);
  for (int i = 0; i < st->store_count; i++) list[i] = st->stores[i];
  list[st->store_count++] = s;
  st->stores = list;
  return s;
}

static inline sl_plan_node *add_table_store(plan_maker *m, sl_plan_node *input, int sub, const char *name) {
  sl_plan_table_store *t = node_new(m, SL_PLAN_TABLE_STORE, sizeof *t, "KsqlTopic.Reduce", input);
  int keys = input->layout.key_count, count = input->layout.count - keys;
  const sl_type **types = sl_arena_calloc(m->arena, 16, sizeof *types);
  for (int i = 0; i < count; i++) types[i] = input->layout.slots[keys + i].type;
  sl_str *names = sl_arena_calloc(m->arena, 16, sizeof *names);
  for (int i = 0; i < count; i++) names[i] = input->layout.slots[keys + i].name;
  sl_plan_store *store = store_new(m, sub, name, &input->layout, count, types);
  store->names = names;
  t->store = store;
  return &t->base;
}

/* calls such as "COUNT(1)" over the columns of input; names of the results. */
static inline sl_plan_aggregate *add_aggregate(plan_maker *m, sl_plan_node *input, int sub, const char *const *calls,
                                               const char *const *names, sl_window_kind window) {
  sl_plan_aggregate *a = node_new(m, SL_PLAN_AGGREGATE, sizeof *a, "Aggregate", input);
  const sl_agg_call **built = sl_arena_calloc(m->arena, 16, sizeof *built);
  const sl_type **types = sl_arena_calloc(m->arena, 16, sizeof *types);
  sl_slot *slots = sl_arena_calloc(m->arena, 20, sizeof *slots);
  const sl_typed *args[32];
  int keys = input->layout.key_count, n = 0, total = 0;
  for (int i = 0; i < keys; i++) slots[i] = input->layout.slots[i];
  sl_typing typing = {.layout = &input->layout, .nested_null = true};
  for (; calls[n]; n++) {
    const sl_expr *expr;
    ok(sl_parse_expr(m->arena, sl_str_of(calls[n]), &expr, &err));
    const sl_typed *typed[8];
    for (int i = 0; i < expr->count; i++) ok(sl_typed_build(m->arena, expr->args[i], &typing, &typed[i], &err));
    ok(sl_agg_call_build(m->arena, expr->name, typed, expr->count, SL_NO_POS, &built[n], &err));
    int columns;
    const sl_typed *const *cast = sl_agg_call_args(built[n], &columns);
    for (int i = 0; i < columns; i++) args[total++] = cast[i];
    types[n] = sl_agg_call_state_type(built[n]);
    slots[keys + n] = (sl_slot){sl_str_of(names[n]), sl_agg_call_type(built[n])};
  }
  a->calls = built;
  a->call_count = n;
  a->args = program_of(m, args, total);
  a->undo = input->table;
  a->base.table = true;
  a->window = window;
  int bounds = window == SL_WINDOW_NONE ? 0 : 2;
  if (bounds) {
    a->base.windowed = true;
    slots[keys + n] = (sl_slot){sl_str_of("WINDOWSTART"), &SL_TYPE_BIGINT};
    slots[keys + n + 1] = (sl_slot){sl_str_of("WINDOWEND"), &SL_TYPE_BIGINT};
  }
  a->base.layout = (sl_layout){slots, keys + n + bounds, keys};
  sl_plan_store *store = store_new(m, sub, "Aggregate-Aggregate-Materialize", &a->base.layout, n, types);
  store->kind = window == SL_WINDOW_NONE      ? SL_STORE_KEY_VALUE
                : window == SL_WINDOW_SESSION ? SL_STORE_SESSION
                                              : SL_STORE_WINDOW;
  store->window = window;
  a->store = store;
  return a;
}

static inline void set_window(sl_plan_aggregate *a, int64_t size, int64_t advance, int64_t grace, bool final) {
  a->window_size = size;
  a->window_advance = advance;
  a->window_grace = grace;
  a->emit_final = final;
  sl_plan_store *store = (sl_plan_store *)(uintptr_t)a->store;
  store->window_size = size;
  store->retention = size + grace;
  store->cached = !final;
}

static inline sl_plan_node *add_sink(plan_maker *m, sl_plan_node *input, const char *topic) {
  sl_plan_sink *s = node_new(m, SL_PLAN_SINK, sizeof *s, "Sink", input);
  s->topic = plan_topic(m, topic, false);
  s->codec = codec_for(m, &input->layout, "DELIMITED", false);
  s->timestamp_slot = -1;
  m->plan->last = &s->base;
  return &s->base;
}

static inline sl_plan_node *add_response(plan_maker *m, sl_plan_node *input, int64_t limit) {
  sl_plan_response *p = node_new(m, SL_PLAN_RESPONSE, sizeof *p, "Response", input);
  p->has_limit = limit >= 0;
  p->limit = limit;
  bool *is_key = sl_arena_calloc(m->arena, 16, sizeof *is_key);
  for (int i = 0; i < input->layout.key_count; i++) is_key[i] = true;
  p->is_key = is_key;
  m->plan->last = &p->base;
  return &p->base;
}

static inline void start(rig *r, plan_maker *m, const sl_start_options *options) {
  sl_start_options o = options ? *options : (sl_start_options){0};
  if (!o.commit_interval_ms) o.commit_interval_ms = -1;
  ok(sl_executor_start(r->executor, m->plan, &o, &r->running, &err));
  sl_plan_unref(m->plan);
}
