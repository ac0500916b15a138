/* Snapshots: what the catalog holds, as immutable lists of shared objects. Applying a change copies the lists
 * (pointers), never the objects; an object is freed with the last snapshot that lists it. */
#include "catalog/snapshot.h"

#include <assert.h>
#include "base/heap.h"

/* ---- objects ---- */

static sl_object *object_new(void) {
  sl_object *object = sl_heap_zalloc(sizeof *object);
  atomic_init(&object->refs, 1);
  sl_arena_init(&object->arena, 2048);
  return object;
}

static sl_object *object_ref(sl_object *object) {
  atomic_fetch_add(&object->refs, 1);
  return object;
}

static void object_unref(sl_object *object) {
  if (atomic_fetch_sub(&object->refs, 1) != 1) return;
  sl_arena_done(&object->arena);
  sl_heap_free(object);
}

static sl_format_spec format_copy(sl_arena *arena, const sl_format_spec *spec) {
  sl_format_spec copy = *spec;
  copy.name = sl_str_dup(arena, spec->name);
  sl_format_property *properties = sl_arena_calloc(arena, (size_t)spec->property_count + 1, sizeof *properties);
  for (int i = 0; i < spec->property_count; i++) {
    properties[i].name = sl_str_dup(arena, spec->properties[i].name);
    properties[i].value = sl_str_dup(arena, spec->properties[i].value);
  }
  copy.properties = properties;
  return copy;
}

static sl_object *source_object(const sl_source *source) {
  sl_object *object = object_new();
  sl_arena *arena = &object->arena;
  sl_source *copy = &object->source;
  *copy = *source;
  copy->name = sl_str_dup(arena, source->name);
  copy->schema = sl_schema_copy(arena, &source->schema);
  copy->topic = sl_str_dup(arena, source->topic);
  copy->key_format = format_copy(arena, &source->key_format);
  copy->value_format = format_copy(arena, &source->value_format);
  copy->timestamp_column = sl_str_dup(arena, source->timestamp_column);
  copy->timestamp_format = sl_str_dup(arena, source->timestamp_format);
  copy->text = sl_str_dup(arena, source->text);
  copy->resolved = sl_str_dup(arena, source->resolved);
  sl_str *reads = sl_arena_calloc(arena, (size_t)source->reads_count + 1, sizeof *reads);
  for (int i = 0; i < source->reads_count; i++) reads[i] = sl_str_dup(arena, source->reads[i]);
  copy->reads = reads;
  return object;
}

static sl_object *query_object(const sl_query_entry *query) {
  sl_object *object = object_new();
  sl_arena *arena = &object->arena;
  sl_query_entry *copy = &object->query;
  *copy = *query;
  copy->id = sl_str_dup(arena, query->id);
  copy->text = sl_str_dup(arena, query->text);
  copy->resolved = sl_str_dup(arena, query->resolved);
  copy->sink.name = sl_str_dup(arena, query->sink.name);
  copy->contract = sl_str_dup(arena, query->contract);
  sl_source_ref *sources = sl_arena_calloc(arena, (size_t)query->source_count + 1, sizeof *sources);
  for (int i = 0; i < query->source_count; i++)
    sources[i] = (sl_source_ref){sl_str_dup(arena, query->sources[i].name), query->sources[i].version};
  copy->sources = sources;
  sl_setting *settings = sl_arena_calloc(arena, (size_t)query->setting_count + 1, sizeof *settings);
  for (int i = 0; i < query->setting_count; i++)
    settings[i] = (sl_setting){sl_str_dup(arena, query->settings[i].name), sl_str_dup(arena, query->settings[i].value)};
  copy->settings = settings;
  return object;
}

static sl_object *type_object(const sl_custom_type *type) {
  sl_object *object = object_new();
  object->type.name = sl_str_dup(&object->arena, type->name);
  object->type.type = sl_type_copy(&object->arena, type->type);
  return object;
}

/* ---- sorted lists ---- */

typedef int (*object_order)(const sl_object *a, const sl_object *b);

static int by_source_name(const sl_object *a, const sl_object *b) {
  return sl_str_cmp(a->source.name, b->source.name);
}
static int by_type_name(const sl_object *a, const sl_object *b) {
  return sl_str_cmp(a->type.name, b->type.name);
}
static int by_number(const sl_object *a, const sl_object *b) {
  return (a->query.number > b->query.number) - (a->query.number < b->query.number);
}

/* First position whose object is not below probe. */
static size_t lower_bound(const sl_objects *list, const sl_object *probe, object_order order) {
  size_t low = 0, high = list->count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (order(list->items[mid], probe) < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static sl_object *list_find(const sl_objects *list, const sl_object *probe, object_order order) {
  size_t at = lower_bound(list, probe, order);
  return at < list->count && order(list->items[at], probe) == 0 ? list->items[at] : NULL;
}

static void list_insert(sl_objects *list, size_t at, sl_object *object) {
  sl_object **grown = sl_heap_realloc(list->items, (list->count + 1) * sizeof *grown);
  list->items = grown;
  memmove(grown + at + 1, grown + at, (list->count - at) * sizeof *grown);
  grown[at] = object;
  list->count++;
}

static sl_object *list_take(sl_objects *list, size_t at) {
  sl_object *object = list->items[at];
  memmove(list->items + at, list->items + at + 1, (list->count - at - 1) * sizeof *list->items);
  list->count--;
  return object;
}

/* Adds or replaces; returns the object that was there. */
static sl_object *list_put(sl_objects *list, sl_object *object, object_order order) {
  size_t at = lower_bound(list, object, order);
  if (at < list->count && order(list->items[at], object) == 0) {
    sl_object *old = list->items[at];
    list->items[at] = object;
    return old;
  }
  list_insert(list, at, object);
  return NULL;
}

static sl_object *list_remove(sl_objects *list, const sl_object *probe, object_order order) {
  size_t at = lower_bound(list, probe, order);
  return at < list->count && order(list->items[at], probe) == 0 ? list_take(list, at) : NULL;
}

static void list_copy(sl_objects *to, const sl_objects *from) {
  if (!from->count) return;
  to->items = sl_heap_zalloc(from->count * sizeof *to->items);
  to->count = from->count;
  for (size_t i = 0; i < from->count; i++) to->items[i] = object_ref(from->items[i]);
}

static void list_done(sl_objects *list) {
  for (size_t i = 0; i < list->count; i++) object_unref(list->items[i]);
  sl_heap_free(list->items);
}

/* ---- snapshots ---- */

sl_snapshot *sl_snapshot_new(void) {
  sl_snapshot *snapshot = sl_heap_zalloc(sizeof *snapshot);
  atomic_init(&snapshot->refs, 1);
  return snapshot;
}

sl_snapshot *sl_snapshot_ref(sl_snapshot *snapshot) {
  atomic_fetch_add(&snapshot->refs, 1);
  return snapshot;
}

void sl_snapshot_unref(sl_snapshot *snapshot) {
  if (!snapshot || atomic_fetch_sub(&snapshot->refs, 1) != 1) return;
  list_done(&snapshot->sources);
  list_done(&snapshot->retained);
  list_done(&snapshot->queries);
  list_done(&snapshot->types);
  sl_heap_free(snapshot);
}

const sl_source *sl_snapshot_source(const sl_snapshot *snapshot, sl_str name) {
  sl_object probe = {.source = {.name = name}};
  sl_object *object = list_find(&snapshot->sources, &probe, by_source_name);
  return object ? &object->source : NULL;
}

static sl_object *find_version(const sl_snapshot *snapshot, sl_str name, uint64_t version) {
  sl_object probe = {.source = {.name = name}};
  sl_object *object = list_find(&snapshot->sources, &probe, by_source_name);
  if (object && object->source.version == version) return object;
  for (size_t i = 0; i < snapshot->retained.count; i++) {
    object = snapshot->retained.items[i];
    if (object->source.version == version && sl_str_eq(object->source.name, name)) return object;
  }
  return NULL;
}

const sl_source *sl_snapshot_version(const sl_snapshot *snapshot, sl_str name, uint64_t version) {
  sl_object *object = find_version(snapshot, name, version);
  return object ? &object->source : NULL;
}

const sl_query_entry *sl_snapshot_query(const sl_snapshot *snapshot, sl_str id) {
  for (size_t i = 0; i < snapshot->queries.count; i++)
    if (sl_str_eq(snapshot->queries.items[i]->query.id, id)) return &snapshot->queries.items[i]->query;
  return NULL;
}

const sl_query_entry *sl_snapshot_query_number(const sl_snapshot *snapshot, uint64_t number) {
  sl_object probe = {.query = {.number = number}};
  sl_object *object = list_find(&snapshot->queries, &probe, by_number);
  return object ? &object->query : NULL;
}

const sl_custom_type *sl_snapshot_type(const sl_snapshot *snapshot, sl_str name) {
  sl_object probe = {.type = {.name = name}};
  sl_object *object = list_find(&snapshot->types, &probe, by_type_name);
  return object ? &object->type : NULL;
}

const sl_source *sl_snapshot_source_at(const sl_snapshot *snapshot, size_t i) {
  return i < snapshot->sources.count ? &snapshot->sources.items[i]->source : NULL;
}

const sl_query_entry *sl_snapshot_query_at(const sl_snapshot *snapshot, size_t i) {
  return i < snapshot->queries.count ? &snapshot->queries.items[i]->query : NULL;
}

const sl_custom_type *sl_snapshot_type_at(const sl_snapshot *snapshot, size_t i) {
  return i < snapshot->types.count ? &snapshot->types.items[i]->type : NULL;
}

uint64_t sl_snapshot_sequence(const sl_snapshot *snapshot) {
  return snapshot->sequence;
}

/* ---- changes ---- */

static sl_snapshot *snapshot_copy(const sl_snapshot *from) {
  sl_snapshot *to = sl_snapshot_new();
  to->sequence = from->sequence;
  list_copy(&to->sources, &from->sources);
  list_copy(&to->retained, &from->retained);
  list_copy(&to->queries, &from->queries);
  list_copy(&to->types, &from->types);
  return to;
}

static bool query_names(const sl_query_entry *query, const sl_source *source) {
  if (query->sink.version == source->version && sl_str_eq(query->sink.name, source->name)) return true;
  for (int i = 0; i < query->source_count; i++)
    if (query->sources[i].version == source->version && sl_str_eq(query->sources[i].name, source->name)) return true;
  return false;
}

/* An old version stays as long as a query names it. */
static void drop_unnamed_versions(sl_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->retained.count;) {
    bool named = false;
    for (size_t q = 0; q < snapshot->queries.count && !named; q++)
      named = query_names(&snapshot->queries.items[q]->query, &snapshot->retained.items[i]->source);
    if (named)
      i++;
    else
      object_unref(list_take(&snapshot->retained, i));
  }
}

static void apply_one(sl_snapshot *to, const sl_change *change) {
  sl_object *old = NULL;
  sl_object probe = {.refs = 0};
  switch (change->kind) {
  case SL_CHANGE_PUT_SOURCE: old = list_put(&to->sources, source_object(change->source), by_source_name); break;
  case SL_CHANGE_DROP_SOURCE:
    probe.source.name = change->name;
    old = list_remove(&to->sources, &probe, by_source_name);
    break;
  case SL_CHANGE_PUT_QUERY: old = list_put(&to->queries, query_object(change->query), by_number); break;
  case SL_CHANGE_DROP_QUERY:
    for (size_t i = 0; i < to->queries.count && !old; i++)
      if (sl_str_eq(to->queries.items[i]->query.id, change->name)) old = list_take(&to->queries, i);
    break;
  case SL_CHANGE_PUT_TYPE: old = list_put(&to->types, type_object(change->type), by_type_name); break;
  case SL_CHANGE_DROP_TYPE:
    probe.type.name = change->name;
    old = list_remove(&to->types, &probe, by_type_name);
    break;
  case SL_CHANGE_TOPIC_CREATING:
  case SL_CHANGE_TOPIC_DROPPING:
  case SL_CHANGE_TOPIC_DONE: break; /* intents are durable facts only */
  }
  if (!old) return;
  if (change->kind == SL_CHANGE_PUT_SOURCE || change->kind == SL_CHANGE_DROP_SOURCE)
    list_insert(&to->retained, to->retained.count, old);
  else
    object_unref(old);
}

sl_snapshot *sl_snapshot_apply(const sl_snapshot *snapshot, const sl_change *changes, size_t count) {
  sl_snapshot *to = snapshot_copy(snapshot);
  for (size_t i = 0; i < count; i++) apply_one(to, &changes[i]);
  drop_unnamed_versions(to);
  return to;
}

sl_snapshot *sl_snapshot_pin(const sl_snapshot *snapshot, const sl_source_ref *refs, int count, sl_err *err) {
  sl_snapshot *to = snapshot_copy(snapshot);
  for (int i = 0; i < count; i++) {
    sl_object *object = find_version(snapshot, refs[i].name, refs[i].version);
    if (!object) {
      sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "Version %llu of source '" SL_STR_FMT "' is missing from the catalog.",
                 (unsigned long long)refs[i].version, SL_STR_ARG(refs[i].name));
      sl_snapshot_unref(to);
      return NULL;
    }
    sl_object *old = list_put(&to->sources, object_ref(object), by_source_name);
    if (old) object_unref(old);
  }
  return to;
}
