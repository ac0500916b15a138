/* The durable contract of a query: what it keeps on disk, as text. Sub-topologies with their number of tasks, stores,
 * and internal topics with their schemas, key formats, partitions and windows. A query goes on only with a plan of the
 * same contract; where they differ, the texts are taken apart for a message that says in what. */
#include "planner/physical.h"

sl_str sl_plan_contract(sl_arena *arena, const sl_plan *plan) {
  sl_buf out = {0};
  for (int i = 0; i < plan->sub_count; i++) {
    const sl_subtopology *sub = &plan->subs[i];
    sl_buf_printf(&out, "tasks %d\n", (int)sub->tasks);
    for (int s = 0; s < sub->store_count; s++) {
      sl_print_store(&out, sub->stores[s]);
      sl_buf_add_byte(&out, '\n');
    }
    for (int s = 0; s < sub->source_count; s++) {
      const sl_plan_source *source = sub->sources[s];
      if (!source->topic->internal) continue;
      sl_buf_printf(&out, SL_STR_FMT " %d " SL_STR_FMT " ", SL_STR_ARG(source->topic->name),
                    (int)source->topic->partitions, SL_STR_ARG(source->codec.key_format.name));
      sl_print_layout(&out, &source->base.layout);
      sl_buf_add_byte(&out, '\n');
    }
  }
  sl_str text = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return text;
}

/* A catalog that an older program wrote has only the text's hash. */
static bool fits(sl_arena *arena, sl_str kept, sl_str contract) {
  return sl_str_eq(kept, contract) ||
         sl_str_eq(kept, sl_str_printf(arena, "%016llx", (unsigned long long)sl_str_hash(contract)));
}

/* ---- differences ---- */

enum { MOST_FACTS = 5 };

typedef struct fact {
  const char *what, *before, *now; /* "columns", "were", "are" */
  sl_str value;
} fact;

typedef struct thing { /* a line: a store or an internal topic */
  const char *kind;
  sl_str name;
  fact facts[MOST_FACTS];
  int count;
} thing;

/* A contract taken apart. */
typedef struct parts {
  sl_vec things; /* thing * */
  int64_t *tasks;
  int sub_count;
} parts;

/* What comes before the next (or the last) mark, which is passed by; all of it if there is none. */
static sl_str take(sl_str *rest, const char *mark, bool last) {
  size_t len = strlen(mark), at = rest->len;
  for (size_t i = 0; i + len <= rest->len && (last || at == rest->len); i++)
    if (!memcmp(rest->ptr + i, mark, len)) at = i;
  sl_str taken = {rest->ptr, at};
  size_t used = at + len < rest->len ? at + len : rest->len;
  *rest = sl_str_n(rest->ptr + used, rest->len - used);
  return taken;
}

static void add(thing *t, const char *what, bool many, sl_str value) {
  t->facts[t->count++] = (fact){what, many ? "were" : "was", many ? "are" : "is", value};
}

/* NAME (KIND, key FORMAT) [COLUMNS] size N ms, retention N ms -> CHANGELOG */
static void read_store(thing *t, sl_str rest) {
  t->kind = "store";
  t->name = take(&rest, " (", false);
  add(t, "kind", false, take(&rest, ", key ", false));
  add(t, "key format", false, take(&rest, ") [", false));
  add(t, "columns", true, take(&rest, "]", true));
  add(t, "window", false, sl_str_trim(take(&rest, "->", false)));
  add(t, "changelog", false, sl_str_trim(rest));
}

/* NAME PARTITIONS FORMAT [COLUMNS] */
static void read_topic(thing *t, sl_str rest) {
  t->kind = "internal topic";
  t->name = take(&rest, " ", false);
  add(t, "partitions", true, take(&rest, " ", false));
  add(t, "key format", false, take(&rest, " [", false));
  add(t, "columns", true, take(&rest, "]", true));
}

static parts take_apart(sl_arena *arena, sl_str contract) {
  parts out = {.things = {.arena = arena}, .tasks = sl_arena_calloc(arena, contract.len + 1, sizeof *out.tasks)};
  sl_str rest = contract, tasks = sl_str_of("tasks "), store = sl_str_of("STORE ");
  while (rest.len) {
    sl_str line = take(&rest, "\n", false);
    if (sl_str_starts(line, tasks)) {
      (void)sl_str_int64(sl_str_n(line.ptr + tasks.len, line.len - tasks.len), &out.tasks[out.sub_count++]);
      continue;
    }
    thing *t = sl_arena_zalloc(arena, sizeof *t);
    if (sl_str_starts(line, store))
      read_store(t, sl_str_n(line.ptr + store.len, line.len - store.len));
    else
      read_topic(t, line);
    sl_vec_push(&out.things, t);
  }
  return out;
}

static const thing *find(const parts *in, const thing *like) {
  for (size_t i = 0; i < in->things.len; i++) {
    const thing *t = sl_vec_at(&in->things, i);
    if (!strcmp(t->kind, like->kind) && sl_str_eq(t->name, like->name)) return t;
  }
  return NULL;
}

static void say(sl_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(sl_buf *out, const char *fmt, ...) {
  va_list args;
  if (out->len) sl_buf_add_z(out, "; ");
  va_start(args, fmt);
  sl_buf_vprintf(out, fmt, args);
  va_end(args);
}

static const char *shown(sl_arena *arena, sl_str value) {
  return value.len ? sl_str_z(arena, value) : "none";
}

static void compare_things(sl_arena *arena, const parts *kept, const parts *now, sl_buf *out) {
  for (size_t i = 0; i < kept->things.len; i++) {
    const thing *old = sl_vec_at(&kept->things, i), *new = find(now, old);
    if (!new) say(out, "the %s '" SL_STR_FMT "' is gone", old->kind, SL_STR_ARG(old->name));
    for (int f = 0; new &&f < old->count; f++) {
      const fact *a = &old->facts[f], *b = &new->facts[f];
      if (!sl_str_eq(a->value, b->value))
        say(out, "%s of %s '" SL_STR_FMT "' %s %s and %s %s", a->what, old->kind, SL_STR_ARG(old->name), a->before,
            shown(arena, a->value), a->now, shown(arena, b->value));
    }
  }
  for (size_t i = 0; i < now->things.len; i++) {
    const thing *new = sl_vec_at(&now->things, i);
    if (!find(kept, new)) say(out, "the %s '" SL_STR_FMT "' is new", new->kind, SL_STR_ARG(new->name));
  }
}

/* How many partitions the largest source topic of a sub-topology had; 0 if that cannot be told. */
static int64_t tasks_before(const parts *kept, const sl_plan *plan, int sub) {
  if (kept->sub_count == plan->sub_count) return kept->tasks[sub];
  for (int i = 1; i < kept->sub_count; i++) /* rows move or stay as partitions have it: other sub-topologies */
    if (kept->tasks[i] != kept->tasks[0]) return 0;
  return kept->tasks[0];
}

/* Topics that are not the query's own decide how many tasks there are, and all else follows from that. */
static void compare_sources(const parts *kept, const sl_plan *plan, sl_buf *out) {
  for (int i = 0; i < plan->sub_count; i++) {
    const sl_subtopology *sub = &plan->subs[i];
    int64_t before = tasks_before(kept, plan, i);
    if (!before || before == sub->tasks) continue;
    for (int s = 0; s < sub->source_count; s++) {
      const sl_plan_topic *topic = sub->sources[s]->topic;
      if (!topic->internal && topic->partitions != before)
        say(out, "partitions of topic '" SL_STR_FMT "' were %lld and are %d", SL_STR_ARG(topic->name),
            (long long)before, (int)topic->partitions);
    }
  }
}

bool sl_contract_differs(sl_arena *arena, sl_str kept, const sl_plan *plan, sl_str *how, bool *grown) {
  *grown = false;
  *how = sl_str_of("its durable contract has changed");
  if (fits(arena, kept, plan->contract)) return false;
  if (!sl_str_contains(kept, sl_str_of("\n"))) return true; /* a hash */
  parts old = take_apart(arena, kept), now = take_apart(arena, plan->contract);
  sl_buf out = {0};
  compare_sources(&old, plan, &out);
  *grown = out.len;
  if (!*grown) compare_things(arena, &old, &now, &out);
  if (!out.len) say(&out, "sub-topologies were %d and are %d", old.sub_count, now.sub_count);
  *how = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return true;
}

int sl_check_contract(sl_arena *arena, sl_str kept, const sl_plan *plan, sl_err *err) {
  sl_str how;
  bool grown;
  if (!sl_contract_differs(arena, kept, plan, &how, &grown)) return 0;
  return sl_err_set(err, SL_E_VERSION, SL_NO_POS,
                    "The query's plan no longer fits what it has stored: " SL_STR_FMT
                    ". Terminate and create it again, "
                    "which builds its state anew%s.",
                    SL_STR_ARG(how), grown ? "" : ", or use the program version that made it");
}
