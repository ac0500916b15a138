/* Commit: protocol B of log.md 6.12.
 *
 *   1. lock the touched partitions, in order of topic id and number
 *   2. take the next commit number, append the batches with it
 *   3. wait for the turn of that number, write one decision
 *   4. publish the written ends, and only then unlock
 *
 * Numbers are taken with all partition locks held and nothing more to wait for, so turns cannot block each other for
 * ever.
 *
 * What the disk refuses (it is full, read-only, broken) is taken back: the partition's writer forgets it, the files are
 * cut, the number is given back, or used up by an empty decision when later ones are out. If not even that can be
 * written, those later ones are refused too, since decisions have no gaps, and numbers go on from the missing one. Only
 * a failed sync stops the log.
 *
 * With flush "always" a decision carries its batches as long as writing them twice costs less than syncing their files,
 * so that one sync of the decision log makes it durable; a larger one syncs its data files before it is written. */
#include <stdlib.h>
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum {
  CARRY_MAX = 1 << 20,
  FEW = 16,
  ROOM_MIN = 16 << 10,
  ROOM_MAX = 256 << 10
}; /* zeros written at once: as many as the file has bytes */

/* Staged batches of one partition from one part. */
typedef struct touch {
  sl_epart *part;
  uint8_t *data;
  size_t len;
  size_t order;
  int64_t producer;
  int64_t first_end; /* end before the commit; of the first touch of a partition */
  bool lead;         /* first touch of its partition */
} touch;

typedef struct commit {
  sl_embedded *log;
  const sl_part *parts;
  size_t part_count;
  touch *touches;
  size_t touch_count;
  size_t partitions; /* that were touched */
  touch few[FEW];
  size_t bytes;
  uint64_t number;
  int64_t now_ms;
  sl_decision extra; /* groups or forgotten queries */
  sl_epart *first;   /* partition of the first staged record */
  size_t first_order;
} commit;

/* ---- gathering ---- */

static int collect(commit *c, sl_err *err) {
  size_t total = 0;
  for (size_t i = 0; i < c->part_count; i++) total += c->parts[i].staging ? c->parts[i].staging->count : 0;
  c->touches = total <= FEW ? c->few : sl_heap_zalloc(total * sizeof *c->touches);
  for (size_t i = 0; i < c->part_count; i++) {
    sl_staging *staging = c->parts[i].staging;
    for (size_t j = 0; staging && j < staging->count; j++) {
      touch *t = &c->touches[c->touch_count];
      sl_staged *staged = staging->items[j];
      *t = (touch){.part = sl_epart_of(staged->partition), .order = c->touch_count, .producer = c->parts[i].producer};
      int rc = sl_staged_finish(staged, &t->data, &t->len, err);
      if (rc) return rc;
      if (!c->touch_count++) c->first = t->part;
      c->bytes += t->len;
    }
  }
  return 0;
}

static int by_place(const void *a, const void *b) {
  const touch *x = a, *y = b;
  int order = memcmp(x->part->common.topic->id.bytes, y->part->common.topic->id.bytes, 16);
  if (order) return order;
  if (x->part != y->part) return x->part->common.number < y->part->common.number ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

/* A position beyond what is visible could never be recovered. */
static int check_positions(const commit *c, sl_err *err) {
  for (size_t i = 0; i < c->part_count; i++) {
    for (size_t j = 0; j < c->parts[i].position_count; j++) {
      const sl_position *pos = &c->parts[i].positions[j];
      int64_t end = sl_embedded_end(c->log, &pos->topic, pos->partition);
      char id[23];
      if (end < 0 || pos->offset <= end) continue;
      sl_topic_id_print(id, &pos->topic);
      return sl_err_set(err, SL_E_OFFSET_OUT_OF_RANGE, SL_NO_POS,
                        "Position %lld of topic %s, partition %d, is beyond its end %lld", (long long)pos->offset, id,
                        pos->partition, (long long)end);
    }
  }
  return 0;
}

/* ---- locks ---- */

static void unlock_all(commit *c, size_t count) {
  for (size_t i = count; i-- > 0;) {
    if (c->touches[i].lead) pthread_mutex_unlock(&c->touches[i].part->append);
  }
}

static int lock_all(commit *c, sl_err *err) {
  if (c->touch_count > 1) qsort(c->touches, c->touch_count, sizeof *c->touches, by_place);
  for (size_t i = 0; i < c->touch_count; i++) {
    touch *t = &c->touches[i];
    t->lead = !i || t->part != t[-1].part;
    if (!t->lead) continue;
    pthread_mutex_lock(&t->part->append);
    int rc = 0;
    if (t->part->deleted)
      rc = sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' has been deleted",
                      SL_STR_ARG(t->part->common.topic->name));
    if (!rc) rc = sl_epart_prepare(t->part, err);
    if (rc) {
      unlock_all(c, i + 1);
      return rc;
    }
    t->first_end = t->part->end;
    c->partitions++;
  }
  return 0;
}

static int refuse_behind(const sl_embedded *log, sl_err *err) {
  return sl_err_set(err, SL_E_DISK_FULL, SL_NO_POS,
                    "The decision log cannot be written; commit %llu before this one was refused",
                    (unsigned long long)log->missing);
}

/* Cuts off what a failed write has left behind the decisions: it must not be taken for one, also not after a power
 * failure. Until that has worked a crash may bring back the refused commit, as a whole. decide is held. */
static int cut_decisions(sl_embedded *log, sl_err *err) {
  if (!log->decisions_uncut) return 0;
  int rc = sl_file_truncate(log->decisions, log->decisions_size, err);
  if (rc) return rc;
  rc = sl_file_sync(log->decisions, err);
  if (rc) return sl_embedded_sync_failed(log, rc, err);
  log->decisions_uncut = false;
  log->decisions_room = log->decisions_size;
  return 0;
}

/* Nothing is appended while the file may hold a decision that was refused: after a crash it would decide on it. */
static int take_number(sl_embedded *log, uint64_t *out, sl_err *err) {
  pthread_mutex_lock(&log->decide);
  int rc = log->missing ? refuse_behind(log, err) : cut_decisions(log, err);
  if (!rc) *out = log->next_ticket++;
  pthread_mutex_unlock(&log->decide);
  return rc;
}

/* Returns with decide locked, when it is the turn of this number. */
static void await_turn(sl_embedded *log, uint64_t number) {
  pthread_mutex_lock(&log->decide);
  log->waiting++;
  while (log->turn != number) pthread_cond_wait(&log->turn_moved, &log->decide);
  log->waiting--;
}

static void pass_turn(sl_embedded *log) {
  log->turn++;
  if (log->waiting) pthread_cond_broadcast(&log->turn_moved);
  pthread_mutex_unlock(&log->decide);
}

/* ---- the decision ---- */

/* Batches that a partition got, now with their final bytes. */
static void add_end(commit *c, size_t i, size_t touches, sl_decision_end *end, sl_buf *carry) {
  const touch *t = &c->touches[i];
  *end = (sl_decision_end){
      .topic = t->part->common.topic->id, .partition = t->part->common.number, .end = t->part->end, .segment = -1};
  if (!carry) return;
  if (touches == 1) {
    end->carried = sl_str_n((const char *)t->data, t->len);
    return;
  }
  size_t at = carry->len; /* reserved for all: pointers into it stay */
  for (size_t k = i; k < i + touches; k++) sl_buf_add(carry, c->touches[k].data, c->touches[k].len);
  end->carried = sl_str_n((const char *)carry->data + at, carry->len - at);
}

static void encode_decision(commit *c, bool carry, sl_buf *out) {
  sl_buf payload = {0}, joined = {0};
  sl_arena arena;
  sl_arena_init(&arena, 2048);
  sl_decision d = c->extra;
  d.parts = sl_arena_calloc(&arena, c->part_count, sizeof *d.parts);
  for (size_t i = 0; i < c->part_count; i++) {
    const sl_part *p = &c->parts[i];
    if (!p->has_task) continue;
    d.parts[d.part_count++] = (sl_decision_part){.task = p->task,
                                                 .positions = (sl_position *)(uintptr_t)p->positions,
                                                 .count = p->position_count,
                                                 .clocks = sl_str_n(p->clocks, p->clocks_len)};
  }
  d.ends = sl_arena_calloc(&arena, c->touch_count, sizeof *d.ends);
  if (carry) sl_buf_reserve(&joined, c->bytes + 1);
  for (size_t i = 0; i < c->touch_count;) {
    size_t n = 1;
    while (i + n < c->touch_count && !c->touches[i + n].lead) n++;
    add_end(c, i, n, &d.ends[d.end_count++], carry ? &joined : NULL);
    i += n;
  }
  sl_decision_encode(&payload, &d);
  sl_decision_wrap(out, &payload, c->number, c->log->epoch, c->now_ms);
  sl_arena_done(&arena);
  sl_buf_done(&joined);
  sl_buf_done(&payload);
}

void sl_epart_enlist(sl_vec *list, bool *listed, sl_epart *part) {
  if (*listed) return;
  *listed = true;
  sl_topic_ref(part->common.topic);
  sl_vec_push(list, part);
}

/* Zeros behind the decisions. Under "always" each decision is synced by itself, which takes half the time when the file
 * does not grow; a walk ends at zeros as it does at the end of the file. A full disk has no room for them, and needs
 * none: then the file grows as it is written. decide is held. */
static void make_room(sl_embedded *log) {
  static uint8_t zeros[ROOM_MAX]; /* never written */
  if (log->flush_mode != SL_FLUSH_ALWAYS || log->decisions_size <= log->decisions_room) return;
  size_t room = log->decisions_size < ROOM_MIN   ? ROOM_MIN
                : log->decisions_size < ROOM_MAX ? (size_t)log->decisions_size
                                                 : ROOM_MAX;
  sl_file_write(log->decisions, log->decisions_size, zeros, room, NULL);
  log->decisions_room = log->decisions_size + room;
}

static int write_decision(sl_embedded *log, const sl_buf *decision, sl_err *err) {
  int rc = cut_decisions(log, err);
  if (!rc) rc = sl_file_write(log->decisions, log->decisions_size, decision->data, decision->len, err);
  if (!rc) {
    log->decisions_size += decision->len;
    make_room(log);
    if (!log->decisions_dirty) log->dirty_since_ns = sl_clock_monotonic_ns(log->common.clock);
    log->decisions_dirty = true;
    return 0;
  }
  log->decisions_uncut = true;
  if (!sl_embedded_failure(&log->common)) cut_decisions(log, NULL); /* tried again before the next one */
  return rc;
}

/* Steps 3 and 4, in turn. decide is held. */
static int decide(commit *c, const sl_buf *decision, sl_err *err) {
  sl_embedded *log = c->log;
  int rc = sl_embedded_check(log, err);
  if (!rc && log->missing) rc = refuse_behind(log, err);
  if (!rc) rc = write_decision(log, decision, err);
  if (rc) return rc;
  log->data_since_base += c->bytes;
  log->data_waiting += c->bytes;
  for (size_t i = 0; i < c->part_count; i++) {
    const sl_part *p = &c->parts[i];
    if (p->has_task)
      sl_ledger_apply_part(&log->ledger, &p->task, p->positions, p->position_count, p->clocks, p->clocks_len);
  }
  if (c->extra.forgotten_count || c->extra.group_count) sl_ledger_apply(&log->ledger, &c->extra);
  bool always = log->flush_mode == SL_FLUSH_ALWAYS;
  for (size_t i = 0; i < c->touch_count; i++) {
    if (!c->touches[i].lead) continue;
    sl_epart *part = c->touches[i].part;
    sl_epart_publish(part);
    if (!always) atomic_store_explicit(&part->common.durable, part->end, memory_order_release);
    sl_epart_enlist(&log->dirty, &part->in_dirty, part);
    if (always) sl_epart_enlist(&log->ack, &part->in_ack, part);
  }
  atomic_store(&log->last_commit, c->number);
  if (!always) atomic_store(&log->durable_commit, c->number);
  return 0;
}

/* Ends the turn of a number without a decision. Nobody behind it: the numbers from here, or from the first missing one,
 * are given out again; else an empty decision uses it up. decide is held, and released. */
static void give_up_turn(commit *c) {
  sl_embedded *log = c->log;
  if (log->next_ticket == c->number + 1) {
    log->next_ticket = log->turn = log->missing ? log->missing : c->number;
    log->missing = 0;
    pthread_mutex_unlock(&log->decide);
    return;
  }
  commit empty = {.log = log, .number = c->number, .now_ms = c->now_ms};
  sl_buf decision = {0};
  encode_decision(&empty, false, &decision);
  if (!log->missing && decide(&empty, &decision, NULL)) log->missing = c->number;
  sl_buf_done(&decision);
  pass_turn(log);
}

/* Takes back what was appended; the partitions are still locked. A log that has stopped changes no file. */
static void take_back(commit *c) {
  for (size_t i = 0; i < c->touch_count; i++) {
    if (!c->touches[i].lead) continue;
    sl_epart_rollback(c->touches[i].part);
    if (!sl_embedded_failure(&c->log->common)) sl_epart_cut(c->touches[i].part, NULL);
  }
}

static int append_all(commit *c, bool sync_data, sl_err *err) {
  int rc = 0;
  for (size_t i = 0; i < c->touch_count && !rc; i++) {
    const touch *t = &c->touches[i];
    sl_batch_stamp stamp = {t->producer, c->log->epoch, (int32_t)(c->number & INT32_MAX), c->now_ms};
    rc = sl_epart_append(t->part, t->data, t->len, &stamp, err);
  }
  for (size_t i = 0; i < c->touch_count && !rc && sync_data; i++) {
    if (!c->touches[i].lead) continue;
    rc = sl_epart_sync(c->touches[i].part, true, err);
  }
  return rc;
}

static void notify(const commit *c) {
  bool both = c->log->flush_mode != SL_FLUSH_ALWAYS;
  for (size_t i = 0; i < c->touch_count; i++) {
    if (!c->touches[i].lead) continue;
    sl_partition_notify(&c->touches[i].part->common, SL_READ_VISIBLE);
    if (both) sl_partition_notify(&c->touches[i].part->common, SL_READ_DURABLE);
  }
}

/* With the partition locks held and touches in order. */
static int run_locked(commit *c, int64_t *last_offset, sl_err *err) {
  sl_embedded *log = c->log;
  bool always = log->flush_mode == SL_FLUSH_ALWAYS && c->bytes;
  size_t carried_max = c->partitions * log->carry_a_file;
  bool carry = always && c->bytes <= carried_max && c->bytes <= CARRY_MAX;
  c->now_ms = sl_clock_wall_ms(log->common.clock);
  int rc = take_number(log, &c->number, err);
  if (rc) return rc;
  sl_buf decision = {0};
  rc = append_all(c, always && !carry, err);
  if (!rc) encode_decision(c, carry, &decision);
  await_turn(log, c->number);
  if (!rc) rc = decide(c, &decision, err);
  if (rc) {
    give_up_turn(c);
    take_back(c);
  } else {
    pass_turn(log);
    *last_offset = c->first ? c->first->end - 1 : -1;
  }
  sl_buf_done(&decision);
  return rc;
}

/* Errors of the disk, not of what was to be written. */
static bool is_refusal(int rc) {
  return rc == SL_E_DISK_FULL || rc == SL_E_IO || rc == SL_E_LIMIT;
}

static int run(commit *c, sl_commit_result *out, sl_err *err) {
  int64_t last_offset = -1;
  int rc = sl_embedded_check(c->log, err);
  if (!rc) rc = check_positions(c, err);
  if (!rc) rc = collect(c, err);
  if (!rc) rc = lock_all(c, err);
  if (!rc) {
    rc = run_locked(c, &last_offset, err);
    unlock_all(c, c->touch_count);
    if (!rc) notify(c);
  }
  if (is_refusal(rc)) sl_embedded_refused(c->log, err);
  if (!rc && atomic_load_explicit(&c->log->refusing, memory_order_relaxed)) atomic_store(&c->log->refusing, false);
  if (c->touches != c->few) sl_heap_free(c->touches);
  if (!rc && c->log->cache.bytes > c->log->cache.budget) sl_cache_trim(&c->log->cache);
  if (!rc && out) *out = (sl_commit_result){.commit = c->number, .last_offset = last_offset};
  return rc;
}

int sl_embedded_commit(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err) {
  commit c = {.log = sl_embedded_of(log), .parts = parts, .part_count = count};
  return run(&c, out, err);
}

int sl_embedded_forget_query(sl_log *log, uint64_t query, sl_err *err) {
  commit c = {.log = sl_embedded_of(log), .extra = {.forgotten = &query, .forgotten_count = 1}};
  return run(&c, NULL, err);
}

int sl_embedded_group_commit(sl_log *log, sl_str group, const sl_position *positions, size_t count, sl_err *err) {
  if (!group.len || group.len > 249)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The name of a consumer group needs 1 to 249 characters");
  sl_decision_group one = {group, (sl_position *)(uintptr_t)positions, count};
  commit c = {.log = sl_embedded_of(log), .extra = {.groups = &one, .group_count = 1}};
  return run(&c, NULL, err);
}
