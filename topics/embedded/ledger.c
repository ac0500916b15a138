/* The ledger: positions and clocks of every task and positions of every consumer group, as the decisions so far have
 * left them. It is only changed by decisions, so replaying decisions rebuilds it. Guarded by the decide lock. */
#include <string.h>
#include "base/bytes.h"
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

typedef struct task_key {
  uint8_t bytes[16];
} task_key;

static task_key key_of(const sl_task_id *task) {
  task_key key;
  sl_put_u64(key.bytes, task->query);
  sl_put_u32(key.bytes + 8, task->sub);
  sl_put_u32(key.bytes + 12, (uint32_t)task->partition);
  return key;
}

static sl_str key_str(const task_key *key) {
  return sl_str_n((const char *)key->bytes, sizeof key->bytes);
}

static void entry_free(sl_ledger_task *entry) {
  if (!entry) return;
  sl_heap_free(entry->positions);
  sl_heap_free(entry->clocks);
  sl_heap_free(entry);
}

static sl_ledger_task *entry_get(sl_map *map, sl_str key) {
  sl_ledger_task *entry = sl_map_find(map, key);
  if (entry) return entry;
  entry = sl_heap_zalloc(sizeof *entry);
  sl_map_put(map, key, entry);
  return entry;
}

static void set_positions(sl_ledger_task *entry, const sl_position *positions, size_t count) {
  if (count > entry->cap) {
    entry->cap = count;
    entry->positions = sl_heap_realloc(entry->positions, count * sizeof *positions);
  }
  if (count) memcpy(entry->positions, positions, count * sizeof *positions);
  entry->count = count;
}

void sl_ledger_apply_part(sl_ledger *ledger, const sl_task_id *task, const sl_position *positions, size_t count,
                          const void *clocks, size_t clocks_len) {
  task_key key = key_of(task);
  sl_ledger_task *entry = entry_get(&ledger->tasks, key_str(&key));
  set_positions(entry, positions, count);
  if (clocks_len > entry->clocks_cap) {
    entry->clocks_cap = clocks_len;
    entry->clocks = sl_heap_realloc(entry->clocks, clocks_len);
  }
  if (clocks_len) memcpy(entry->clocks, clocks, clocks_len);
  entry->clocks_len = clocks_len;
}

void sl_ledger_apply_group(sl_ledger *ledger, sl_str name, const sl_position *positions, size_t count) {
  if (!count) { /* the group was deleted */
    entry_free(sl_map_remove(&ledger->groups, name));
    return;
  }
  sl_ledger_task *entry = entry_get(&ledger->groups, name);
  for (size_t i = 0; i < count; i++) { /* a group's positions are merged: it may commit some partitions only */
    size_t at = 0;
    while (at < entry->count && !(sl_topic_id_equal(&entry->positions[at].topic, &positions[i].topic) &&
                                  entry->positions[at].partition == positions[i].partition))
      at++;
    if (at == entry->count) {
      if (entry->count == entry->cap) {
        entry->cap = entry->cap ? entry->cap * 2 : 4;
        entry->positions = sl_heap_realloc(entry->positions, entry->cap * sizeof *positions);
      }
      entry->count++;
    }
    entry->positions[at] = positions[i];
  }
}

void sl_ledger_forget(sl_ledger *ledger, uint64_t query) {
  uint8_t prefix[8];
  sl_put_u64(prefix, query);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&ledger->tasks, &at));) {
    if (memcmp(e->key.ptr, prefix, 8)) continue;
    task_key key;
    memcpy(key.bytes, e->key.ptr, sizeof key.bytes);
    entry_free(sl_map_remove(&ledger->tasks, key_str(&key)));
  }
}

const sl_ledger_task *sl_ledger_task_find(const sl_ledger *ledger, const sl_task_id *task) {
  task_key key = key_of(task);
  return sl_map_find(&ledger->tasks, key_str(&key));
}

void sl_ledger_apply(sl_ledger *ledger, const sl_decision *d) {
  for (size_t i = 0; i < d->part_count; i++) {
    const sl_decision_part *p = &d->parts[i];
    sl_ledger_apply_part(ledger, &p->task, p->positions, p->count, p->clocks.ptr, p->clocks.len);
  }
  for (size_t i = 0; i < d->forgotten_count; i++) sl_ledger_forget(ledger, d->forgotten[i]);
  for (size_t i = 0; i < d->group_count; i++)
    sl_ledger_apply_group(ledger, d->groups[i].name, d->groups[i].positions, d->groups[i].count);
}

void sl_ledger_snapshot(const sl_ledger *ledger, sl_arena *arena, sl_decision *out) {
  out->parts = sl_arena_calloc(arena, ledger->tasks.count, sizeof *out->parts);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&ledger->tasks, &at));) {
    const uint8_t *key = (const uint8_t *)e->key.ptr;
    const sl_ledger_task *task = e->value;
    out->parts[out->part_count++] =
        (sl_decision_part){.task = {sl_get_u64(key), sl_get_u32(key + 8), (int32_t)sl_get_u32(key + 12)},
                           .positions = task->positions,
                           .count = task->count,
                           .clocks = sl_str_n((const char *)task->clocks, task->clocks_len)};
  }
  out->groups = sl_arena_calloc(arena, ledger->groups.count, sizeof *out->groups);
  at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&ledger->groups, &at));) {
    const sl_ledger_task *group = e->value;
    out->groups[out->group_count++] = (sl_decision_group){e->key, group->positions, group->count};
  }
}

static void map_done(sl_map *map) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(map, &at));) entry_free(e->value);
  sl_map_done(map);
}

void sl_ledger_done(sl_ledger *ledger) {
  map_done(&ledger->tasks);
  map_done(&ledger->groups);
}
