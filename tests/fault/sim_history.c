/* The history: inputs, what tasks consumed, statements, in the order in which they were decided.
 *
 * Commits are seen by standing between the engine and the log: the log's table of functions is replaced by a copy whose
 * commit notes what it is given. A commit's number is known before it is tried, so an entry whose commit fails in the
 * middle of a crash stays until the next start tells the last number that survived. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_int.h"
#include "tests/fault/sim.h"
#include "topics/embedded/embedded_int.h"

/* ---- names ---- */

/* Cuts the number off "..._17" within [at, len) of out. */
static size_t cut_number(char *out, size_t from, size_t end) {
  size_t at = end;
  while (at > from && out[at - 1] >= '0' && out[at - 1] <= '9') at--;
  return at < end && at > from && out[at - 1] == '_' ? at - 1 : end;
}

static void normalize(sl_str name, char *out, size_t size) {
  snprintf(out, size, SL_STR_FMT, SL_STR_ARG(name));
  char *query = strstr(out, "query_");
  char *rest = query ? strchr(query + 6, '-') : NULL;
  size_t end = rest ? (size_t)(rest - out) : strlen(out);
  bool id = query || !strncmp(out, "CSAS_", 5) || !strncmp(out, "CTAS_", 5) || !strncmp(out, "INSERTQUERY_", 12);
  size_t cut = id ? cut_number(out, 0, end) : end;
  memmove(out + cut, out + end, strlen(out + end) + 1);
}

int sim_label(sim *s, sl_str name) {
  char text[300];
  normalize(name, text, sizeof text);
  for (size_t i = 0; i < s->names.len; i++)
    if (!strcmp(sl_vec_at(&s->names, i), text)) return (int)i;
  sl_vec_push(&s->names, sl_heap_strdup(text));
  return (int)s->names.len - 1;
}

const char *sim_name(const sim *s, int label) {
  return sl_vec_at(&s->names, (size_t)label);
}

/* ---- events ---- */

sim_event *sim_event_add(sim *s, sim_event_kind kind) {
  sim_event *e = sl_heap_zalloc(sizeof *e);
  *e = (sim_event){.kind = kind, .wall_ms = sl_clock_wall_ms(&s->clock.clock), .topic = -1, .query = -1};
  sl_vec_push(&s->events, e);
  return e;
}

void sim_record_free(sim_record *record) {
  sl_heap_free(record->key);
  sl_heap_free(record->value);
}

static void event_free(sim_event *e) {
  for (int i = 0; e->records && i < e->count; i++) sim_record_free(&e->records[i]);
  sl_heap_free(e->records);
  sl_heap_free(e->intents);
  sl_heap_free(e->rows);
  sl_heap_free(e->text);
  sl_heap_free(e);
}

void sim_history_drop_last(sim *s) {
  event_free(sl_vec_at(&s->events, --s->events.len));
}

static void drop_from(sim *s, size_t count) {
  while (s->events.len > count) sim_history_drop_last(s);
}

void sim_history_cut(sim *s, uint64_t last) {
  size_t kept = 0;
  for (size_t i = 0; i < s->events.len; i++) {
    sim_event *e = sl_vec_at(&s->events, i);
    e->ghost = false;
    if (e->commit > last) {
      event_free(e);
    } else {
      s->events.items[kept++] = e;
    }
  }
  s->events.len = kept;
  for (size_t i = 0; i < s->pending.len; i++) ((sim_pending *)sl_vec_at(&s->pending, i))->count = 0;
}

/* How many there were. */
static size_t drop_ghosts(sim *s) {
  size_t kept = 0, all = s->events.len;
  s->doubtful = 0;
  for (size_t i = 0; i < s->events.len; i++) {
    sim_event *e = sl_vec_at(&s->events, i);
    if (e->ghost)
      event_free(e);
    else
      s->events.items[kept++] = e;
  }
  s->events.len = kept;
  return all - kept;
}

void sim_history_lay_ghosts(sim *s) {
  if (!sl_embedded_of(sl_engine_log(s->engine))->decisions_uncut) drop_ghosts(s);
}

void sim_history_free(sim *s) {
  drop_from(s, 0);
  for (size_t i = 0; i < s->names.len; i++) sl_heap_free(sl_vec_at(&s->names, i));
  for (size_t i = 0; i < s->pending.len; i++) {
    sl_heap_free(((sim_pending *)sl_vec_at(&s->pending, i))->rows);
    sl_heap_free(sl_vec_at(&s->pending, i));
  }
  sl_vec_done(&s->events);
  sl_vec_done(&s->names);
  sl_vec_done(&s->pending);
}

/* ---- tasks ---- */

static sim_pending *pending_of(sim *s, const sl_task_id *task) {
  for (size_t i = 0; i < s->pending.len; i++) {
    sim_pending *p = sl_vec_at(&s->pending, i);
    if (p->task.query == task->query && p->task.sub == task->sub && p->task.partition == task->partition) return p;
  }
  sim_pending *p = sl_heap_zalloc(sizeof *p);
  p->task = *task;
  sl_vec_push(&s->pending, p);
  return p;
}

static void consumed(void *ctx, const sl_task_id *task, const sl_partition *partition, int64_t offset) {
  sim *s = ctx;
  if (task->query >> 62) return; /* a push query */
  sim_pending *p = pending_of(s, task);
  if (p->count == p->cap) {
    p->cap = p->cap ? p->cap * 2 : 16;
    p->rows = sl_heap_realloc(p->rows, p->cap * sizeof *p->rows);
  }
  sl_topic *topic = sl_partition_topic(partition);
  p->rows[p->count++] = (sim_row){sim_label(s, sl_topic_name(topic)), sl_partition_number(partition), offset,
                                  sl_clock_wall_ms(&s->clock.clock)};
  s->rows++;
}

static void taken_back(void *ctx, const sl_task_id *task) {
  sim *s = ctx;
  sim_pending *p = pending_of(s, task);
  if (!s->dying && p->count) s->taken_back++;
  p->count = 0;
  sim_note(s, "task %llu/%u_%d takes back its rows", (unsigned long long)task->query, task->sub, task->partition);
}

/* ---- commits ---- */

static sim *attached;
static const sl_log_class *real_class;

static int query_label(sim *s, uint64_t number) {
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  const sl_query_entry *entry = sl_snapshot_query_number(snapshot, number);
  if (!entry) sim_fail(s, "a task of query %llu, which is not in the catalog, consumes", (unsigned long long)number);
  int label = sim_label(s, entry->id);
  sl_snapshot_unref(snapshot);
  return label;
}

static void note_task(sim *s, const sl_part *part, uint64_t number) {
  const sim_pending *p = pending_of(s, &part->task);
  if (!p->count) return;
  sim_event *e = sim_event_add(s, SIM_TASK);
  e->commit = number;
  e->query = query_label(s, part->task.query);
  e->sub = part->task.sub;
  e->partition = part->task.partition;
  e->row_count = p->count;
  e->rows = sl_heap_zalloc(p->count * sizeof *e->rows);
  memcpy(e->rows, p->rows, p->count * sizeof *e->rows);
}

static void note_intents(const sim *s, sim_event *e) {
  e->intents = sl_heap_zalloc((size_t)e->count * sizeof *e->intents);
  int n = 0;
  for (int i = 0; i < s->intent_count && n < e->count; i++)
    if (s->intents[i].partition < 0 || s->intents[i].partition == e->partition) e->intents[n++] = s->intents[i];
  if (n < e->count) sim_fail(s, "a commit of more records than were made");
}

static bool is_input(sl_str topic) {
  bool found = false;
  for (int i = 0; i < SIM_INPUTS; i++) found |= sl_str_eq_z(topic, SIM_TOPICS[i]);
  return found;
}

static void note_input(sim *s, const sl_part *part, uint64_t number) {
  for (size_t i = 0; part->staging && i < part->staging->count; i++) {
    const sl_staged *staged = part->staging->items[i];
    if (!is_input(sl_topic_name(sl_partition_topic(staged->partition)))) continue; /* the processing log */
    sim_event *e = sim_event_add(s, SIM_INPUT);
    e->commit = number;
    e->topic = sim_label(s, sl_topic_name(sl_partition_topic(staged->partition)));
    e->partition = sl_partition_number(staged->partition);
    e->first = sl_partition_visible(staged->partition);
    e->count = (int)staged->records;
    note_intents(s, e);
  }
}

/* What a planted fault makes of a part. */
static void spoil(const sim *s, sl_part *part) {
  if (s->plant == SIM_PLANT_CLOCKS && part->has_task) part->clocks_len = 0;
  if (s->plant == SIM_PLANT_POSITIONS && part->has_task && part->staging && sl_staging_records(part->staging) &&
      part->position_count)
    ((sl_position *)(uintptr_t)part->positions)[0].offset -= part->positions[0].offset > 0;
}

/* Of refused commits the one whose decision was written, if any, may come back. Of a process that dies that is the
 * first one that fails. */
static void refused(sim *s, size_t before, uint64_t writes, uint64_t number) {
  s->refused = true;
  const sl_embedded *log = sl_embedded_of(sl_engine_log(s->engine));
  bool dead = s->dying, wrote = sl_fs_fault_count(s->fault, SL_FS_OP_WRITE) > writes;
  s->dying |= sl_log_failure(&log->common) || sl_fs_fault_stopped(s->fault);
  bool back = !dead && wrote && (s->dying || log->decisions_uncut);
  if (!back) drop_from(s, before);
  size_t count = s->events.len - before;
  if (back || !(s->dying || log->decisions_uncut)) drop_ghosts(s); /* what was there before has been cut off */
  if (back) s->doubtful = number;
  for (size_t i = s->events.len - count; i < s->events.len; i++) ((sim_event *)sl_vec_at(&s->events, i))->ghost = true;
}

static int commit(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err) {
  sim *s = attached;
  uint64_t number = sl_embedded_of(log)->next_ticket;
  size_t before = s->events.len;
  uint64_t writes = sl_fs_fault_count(s->fault, SL_FS_OP_WRITE);
  sl_part *copies = sl_arena_calloc(&s->arena, count + 1, sizeof *copies);
  for (size_t i = 0; i < count; i++) {
    copies[i] = parts[i];
    if (parts[i].has_task)
      note_task(s, &parts[i], number);
    else
      note_input(s, &parts[i], number);
    spoil(s, &copies[i]);
  }
  sl_commit_result result = {0};
  int rc = real_class->commit(log, copies, count, &result, err);
  if (!rc && result.commit != number)
    sim_fail(s, "commit %llu got number %llu", (unsigned long long)number, (unsigned long long)result.commit);
  if (rc) {
    sim_note(s, "commit %llu was refused: %s", (unsigned long long)number, err ? err->message : "");
    refused(s, before, writes, number);
    return rc;
  }
  before -= drop_ghosts(s);
  for (size_t i = 0; i < count; i++)
    if (parts[i].has_task) pending_of(s, &parts[i].task)->count = 0;
  s->written = number;
  for (size_t i = before; i < s->events.len; i++) {
    sim_event *e = sl_vec_at(&s->events, i);
    if (e->kind == SIM_INPUT) sim_read_back(s, e);
  }
  sim_note(s, "commit %llu", (unsigned long long)number);
  if (out) *out = result;
  return 0;
}

static int forget_query(sl_log *log, uint64_t query, sl_err *err) {
  sim *s = attached;
  uint64_t number = sl_embedded_of(log)->next_ticket, writes = sl_fs_fault_count(s->fault, SL_FS_OP_WRITE);
  int rc = real_class->forget_query(log, query, err);
  if (rc) {
    refused(s, s->events.len, writes, number);
  } else {
    drop_ghosts(s);
    s->written = number;
  }
  return rc;
}

bool sim_unsure(const sim *s) {
  return sl_catalog_unsure(s->engine->cat);
}

uint64_t sim_next_commit(const sim *s) {
  return sl_embedded_of(sl_engine_log(s->engine))->next_ticket;
}

bool sim_all_synced(const sim *s) {
  const sl_embedded *log = sl_embedded_of(sl_engine_log(s->engine));
  return !log->decisions_dirty && !sl_log_failure(&log->common);
}

void sim_history_attach(sim *s) {
  static sl_log_class copy;
  sl_log *log = sl_engine_log(s->engine);
  real_class = log->cls;
  copy = *log->cls;
  copy.commit = commit;
  copy.forget_query = forget_query;
  log->cls = &copy;
  attached = s;
}

void sim_history_probe(sim *s) {
  s->probe = (sl_probe){.consumed = consumed, .taken_back = taken_back, .ctx = s};
}

/* ---- what was meant ---- */

static void copy_record(sim_record *to, const sl_record *from) {
  *to = (sim_record){.key_len = from->key_len, .value_len = from->value_len, .timestamp = from->timestamp};
  if (from->key) to->key = sl_heap_strndup((const char *)from->key, from->key_len);
  if (from->value) to->value = sl_heap_strndup((const char *)from->value, from->value_len);
}

static void compare_intent(const sim *s, const sim_event *e, int nth) {
  const sim_record *record = &e->records[nth];
  char id[40];
  snprintf(id, sizeof id, "\"ID\":%lld,", (long long)e->intents[nth].id);
  if (e->intents[nth].tombstone ? !record->value : record->value && strstr(record->value, id)) return;
  sim_fail(s, "topic %s-%d: offset %lld holds '%s', which is not what was written there", sim_name(s, e->topic),
           e->partition, (long long)e->first + nth, record->value ? record->value : "null");
}

void sim_read_back(sim *s, sim_event *e) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(s->engine), sl_str_of(sim_name(s, e->topic)));
  if (!topic) sim_fail(s, "topic %s is gone", sim_name(s, e->topic));
  e->records = sl_heap_zalloc((size_t)e->count * sizeof *e->records);
  int done = 0;
  for (int64_t at = e->first; done < e->count;) {
    sl_fetch *fetch;
    sl_err err = {0};
    if (sl_log_fetch(sl_topic_partition(topic, e->partition), at, 1 << 20, 1000, SL_READ_VISIBLE, &fetch, &err)) {
      if (!sl_fs_fault_struck(s->fault)[0]) sim_fail(s, "cannot read back: %s", err.message);
      sl_err_done(&err); /* the next start will */
      break;
    }
    if (fetch->next_offset == at)
      sim_fail(s, "topic %s-%d ends at %lld", sim_name(s, e->topic), e->partition, (long long)at);
    for (size_t i = 0; i < fetch->count && done < e->count; i++, done++) {
      copy_record(&e->records[done], &fetch->records[i]);
      if (fetch->records[i].offset != e->first + done) sim_fail(s, "a gap in %s", sim_name(s, e->topic));
      compare_intent(s, e, done);
    }
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
  sl_topic_unref(topic);
  if (done == e->count) return;
  for (int i = 0; i < done; i++) sim_record_free(&e->records[i]);
  sl_heap_free(e->records);
  e->records = NULL;
}
