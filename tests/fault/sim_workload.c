/* What a run does: records into four topics (two of streams, two of tables) and statements over them.
 *
 * Every record carries a number of its own; keys are few, times go back and forth, some records are tombstones, lack a
 * key or are no JSON. A statement touches one object only, named Q<n> or D<n>, never used twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fault/sim.h"

const char *const SIM_TOPICS[SIM_INPUTS] = {"s", "r", "t", "u"};

typedef struct query_kind {
  const char *sql; /* %1$s: name */
  bool is_table;
  bool cached;       /* may run with the write cache: nothing behind a held-back table */
  const char *other; /* CREATE OR REPLACE with this; NULL: is not replaced */
  bool inserts;      /* into %2$s, which must be a simple stream of the run */
  bool simple;       /* a stream K, ID, V that others may read */
} query_kind;

static const query_kind KINDS[] = {
    {"STREAM %1$s AS SELECT K, ID, V FROM S WHERE V %% 3 <> 0", false, true,
     "STREAM %1$s AS SELECT K, ID, V FROM S WHERE V %% 3 <> 1", false, true},
    {"STREAM %1$s AS SELECT * FROM S PARTITION BY G", false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT K, ID, EXPLODE(A) AS E FROM S", false, true, NULL, false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, SUM(V) AS T, COLLECT_LIST(ID) AS L FROM S GROUP BY G", true, true, NULL,
     false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, SUM(V) AS T FROM S WHERE V > 2 GROUP BY G", true, true,
     "TABLE %1$s AS SELECT G, COUNT(*) AS N, SUM(V) AS T FROM S WHERE V > 3 GROUP BY G", false, false},
    {"TABLE %1$s AS SELECT K, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM S WINDOW TUMBLING (SIZE 10 SECONDS, GRACE "
     "PERIOD 5 SECONDS) GROUP BY K",
     true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM R WINDOW HOPPING (SIZE 12 SECONDS, ADVANCE BY "
     "4 "
     "SECONDS, GRACE PERIOD 6 SECONDS) GROUP BY G",
     true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT K, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM R WINDOW SESSION (4 SECONDS, GRACE PERIOD 8 "
     "SECONDS) GROUP BY K",
     true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT K, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM S WINDOW TUMBLING (SIZE 8 SECONDS, GRACE "
     "PERIOD "
     "4 SECONDS) GROUP BY K EMIT FINAL",
     true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, SUM(V) AS T FROM R WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 3 SECONDS, "
     "GRACE PERIOD 2 SECONDS) GROUP BY G EMIT FINAL",
     true, true, NULL, false, false},
    {"STREAM %1$s AS SELECT S.K AS K, S.ID AS I, R.ID AS J FROM S LEFT JOIN R WITHIN 6 SECONDS GRACE PERIOD 4 SECONDS "
     "ON "
     "S.K = R.K",
     false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT ROWKEY AS K, S.ID AS I, R.ID AS J FROM S FULL OUTER JOIN R WITHIN (3 SECONDS, 9 SECONDS) "
     "GRACE PERIOD 5 SECONDS ON S.K = R.K",
     false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT S.K AS K, S.ID AS I, T.ID AS J, X FROM S LEFT JOIN T ON S.K = T.K", false, true, NULL,
     false, false},
    {"STREAM %1$s AS SELECT T.K AS K, S.ID AS I, T.ID AS J FROM S JOIN T ON S.G = T.K", false, true, NULL, false,
     false},
    {"TABLE %1$s AS SELECT T.K AS K, T.ID AS I, U.ID AS J FROM T LEFT JOIN U ON T.K = U.K", true, true, NULL, false,
     false},
    {"TABLE %1$s AS SELECT ROWKEY AS K, T.ID AS I, U.ID AS J FROM T FULL OUTER JOIN U ON T.K = U.K", true, true, NULL,
     false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, SUM(X) AS Y FROM T GROUP BY G", true, false, NULL, false, false},
    {"TABLE %1$s AS SELECT K, ID, X FROM T WHERE X > 3", true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT T.G, SUM(T.X) AS A, SUM(U.X) AS B FROM T JOIN U ON T.K = U.K GROUP BY T.G", true, false,
     NULL, false, false},
    {"TABLE %1$s AS SELECT T.K AS K, T.ID AS I, U.ID AS J FROM T JOIN U ON T.G = U.K", true, false, NULL, false, false},
    {"TABLE %1$s AS SELECT T.K AS K, T.ID AS I, U.ID AS J FROM T LEFT JOIN U ON T.G = U.K", true, false, NULL, false,
     false},
    {"TABLE %1$s AS SELECT K, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM S WINDOW SESSION (3 SECONDS, GRACE PERIOD 5 "
     "SECONDS) GROUP BY K EMIT FINAL",
     true, true, NULL, false, false},
    {"TABLE %1$s AS SELECT V, MIN(ID) AS A, MAX(ID) AS B, LATEST_BY_OFFSET(ID) AS C, EARLIEST_BY_OFFSET(ID, 3) AS D, "
     "COUNT_DISTINCT(G) AS E FROM R GROUP BY V HAVING COUNT(*) > 1",
     true, false, NULL, false, false},
    {"TABLE %1$s AS SELECT G, COUNT(*) AS N, AVG(X) AS A, SUM(ID) AS B FROM T WHERE X > 1 GROUP BY G", true, false,
     NULL, false, false},
    {"STREAM %1$s AS SELECT S.K AS K, S.ID AS I, R.ID AS J FROM S JOIN R WITHIN (2 SECONDS, 7 SECONDS) GRACE PERIOD 2 "
     "SECONDS ON S.K = R.K",
     false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT R.K AS K, S.ID AS I, R.ID AS J FROM S RIGHT JOIN R WITHIN 4 SECONDS GRACE PERIOD 3 SECONDS "
     "ON S.K = R.K",
     false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT S.G AS G, S.ID AS I, R.ID AS J FROM S JOIN R WITHIN 6 SECONDS GRACE PERIOD 4 SECONDS ON "
     "S.G "
     "= R.G",
     false, true, NULL, false, false},
    {"STREAM %1$s AS SELECT S.K AS K, S.ID AS I, T.ID AS J, U.ID AS L FROM S JOIN T ON S.K = T.K LEFT JOIN U ON S.K = "
     "U.K",
     false, true, NULL, false, false},
    {"TABLE %1$s AS SELECT U.K AS K, T.ID AS I, U.ID AS J FROM T RIGHT JOIN U ON T.K = U.K", true, true, NULL, false,
     false},
    {"INSERT INTO %2$s WITH (QUERY_ID='%1$s') SELECT K, ID, V FROM R WHERE V > 4", false, true, NULL, true, false},
    {"TABLE %1$s AS SELECT V, COUNT(*) AS N, COLLECT_LIST(ID) AS L FROM %2$s GROUP BY V", true, true, NULL, false,
     false},
};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

static bool reads_simple(int kind) {
  return strstr(KINDS[kind].sql, "%2$s") != NULL;
}

/* Do keys leave its stores again, other than with time? */
static bool deletes(int kind) {
  const char *sql = KINDS[kind].sql;
  return strstr(sql, "SESSION") || strstr(sql, "FROM T") || strstr(sql, "JOIN T");
}

/* ---- records ---- */

static int64_t draw_time(sim *s) {
  s->now_ts += (int64_t)sim_draw(s, 1500);
  if (sim_chance(s, 2)) s->now_ts += (int64_t)sim_draw(s, 40000);
  int64_t late = sim_chance(s, 30) ? (int64_t)sim_draw(s, 20000) : 0;
  return s->now_ts > late ? s->now_ts - late : 0;
}

static int value_text(sim *s, int input, int64_t id, char *out, size_t size) {
  if (sim_chance(s, 2)) return snprintf(out, size, "{\"ID\":%lld,\"V\":", (long long)id); /* is no JSON */
  if (input >= 2)
    return snprintf(out, size, "{\"ID\":%lld,\"X\":%d,\"G\":\"k%d\"}", (long long)id, (int)sim_draw(s, 8),
                    (int)sim_draw(s, 6));
  char group[16] = "null";
  if (!sim_chance(s, 5)) snprintf(group, sizeof group, "\"k%d\"", (int)sim_draw(s, 4));
  return snprintf(out, size, "{\"ID\":%lld,\"V\":%d,\"G\":%s,\"A\":[%d,%d]}", (long long)id, (int)sim_draw(s, 10),
                  group, (int)sim_draw(s, 5), (int)sim_draw(s, 5));
}

static int stage_record(sim *s, sl_staging *staging, sl_topic *topic, int input, sl_err *err) {
  char key[16], value[160];
  sim_intent *intent = &s->intents[s->intent_count++];
  *intent = (sim_intent){.id = s->next_id++};
  int key_len = snprintf(key, sizeof key, "k%d", (int)sim_draw(s, 5));
  bool no_key = input < 2 && sim_chance(s, 4);
  intent->tombstone = sim_chance(s, input < 2 ? 3 : s->churn ? 45 : 20);
  int len = value_text(s, input, intent->id, value, sizeof value);
  int32_t count = sl_topic_partitions(topic);
  intent->partition =
      no_key ? (int32_t)sim_draw(s, (uint64_t)count) : sl_partition_for_key(key, (size_t)key_len, count);
  return sl_staging_append(staging, sl_topic_partition(topic, intent->partition), draw_time(s), no_key ? NULL : key,
                           (size_t)key_len, intent->tombstone ? NULL : value, (size_t)len, NULL, err);
}

int sim_produce(sim *s, sl_err *err) {
  int input = (int)sim_draw(s, SIM_INPUTS);
  sl_topic *topic = sl_log_topic_find(sl_engine_log(s->engine), sl_str_of(SIM_TOPICS[input]));
  if (!topic) return 0; /* not declared yet */
  sl_staging *staging = sl_staging_new();
  int count = 1 + (int)sim_draw(s, 6), rc = 0;
  s->intent_count = 0;
  for (int i = 0; i < count && !rc; i++) rc = stage_record(s, staging, topic, input, err);
  sl_part part = {.staging = staging};
  if (!rc) rc = sl_log_commit(sl_engine_log(s->engine), &part, 1, NULL, err);
  sl_staging_free(staging);
  sl_topic_unref(topic);
  return rc;
}

static int run_text(sim *s, const char *text, sl_err *err) {
  sl_answers answers;
  return sl_engine_execute(s->engine, s->session, sl_str_of(text), &s->arena, &answers, err);
}

int sim_insert_values(sim *s, sl_err *err) {
  if (s->declared < SIM_INPUTS) return 0;
  static const char *const NAMES[SIM_INPUTS] = {"S", "R", "T", "U"};
  int input = (int)sim_draw(s, SIM_INPUTS);
  s->intent_count = 1;
  s->intents[0] = (sim_intent){.id = s->next_id++, .partition = -1};
  const char *text =
      sl_arena_printf(&s->arena, "INSERT INTO %s (ROWTIME, K, ID, %s, G) VALUES (%lld, 'k%d', %lld, %d, 'k%d');",
                      NAMES[input], input < 2 ? "V" : "X", (long long)draw_time(s), (int)sim_draw(s, 5),
                      (long long)s->intents[0].id, (int)sim_draw(s, 10), (int)sim_draw(s, 4));
  return run_text(s, text, err);
}

/* ---- statements ---- */

int sim_execute(sim *s, const char *text, sl_err *err) {
  sim_note(s, "%s", text);
  int rc = run_text(s, text, err);
  bool dying = sl_fs_fault_struck(s->fault)[0];
  if (rc && !dying) sim_fail(s, "%s\n  failed: %s", text, err->message);
  sim_event *e = sim_event_add(s, SIM_STATEMENT);
  e->text = sl_heap_strdup(text);
  e->unsure = rc != 0;
  s->statements++;
  if (!rc) sim_apply_statement(s, text);
  return rc;
}

static const char *const DECLARATIONS[SIM_INPUTS] = {
    "CREATE STREAM S (K STRING KEY, ID BIGINT, V INT, G STRING, A ARRAY<INT>) WITH (KAFKA_TOPIC='s', PARTITIONS=%d, "
    "VALUE_FORMAT='JSON');",
    "CREATE STREAM R (K STRING KEY, ID BIGINT, V INT, G STRING, A ARRAY<INT>) WITH (KAFKA_TOPIC='r', PARTITIONS=%d, "
    "VALUE_FORMAT='JSON');",
    "CREATE TABLE T (K STRING PRIMARY KEY, ID BIGINT, X INT, G STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=%d, "
    "VALUE_FORMAT='JSON');",
    "CREATE TABLE U (K STRING PRIMARY KEY, ID BIGINT, X INT, G STRING) WITH (KAFKA_TOPIC='u', PARTITIONS=%d, "
    "VALUE_FORMAT='JSON');"};

void sim_declare_sources(sim *s) {
  for (int i = 0; i < SIM_INPUTS; i++) {
    char text[300];
    snprintf(text, sizeof text, DECLARATIONS[i], s->partitions);
    sl_err err = {0};
    if (sim_execute(s, text, &err)) sim_fail(s, "%s", err.message);
    s->declared++;
  }
}

static sim_query *query_named(sim *s, const char *name, size_t len) {
  for (int i = 0; i < s->query_count; i++)
    if (strlen(s->queries[i].name) == len && !strncmp(s->queries[i].name, name, len)) return &s->queries[i];
  return NULL;
}

/* A query that is still there and that a draw accepts; NULL if there is none. */
static sim_query *pick(sim *s, bool (*accept)(const sim_query *q)) {
  uint64_t count = 0;
  sim_query *found = NULL;
  for (int i = 0; i < s->query_count; i++)
    if (!s->queries[i].dropped && accept(&s->queries[i]) && !sim_draw(s, ++count)) found = &s->queries[i];
  return found;
}
static bool is_simple(const sim_query *q) {
  return KINDS[q->kind].simple;
}
static bool is_unused(const sim_query *q) {
  return !q->users;
}
static bool is_replaceable(const sim_query *q) {
  return KINDS[q->kind].other && !q->users;
}
static bool is_any(const sim_query *q) {
  (void)q;
  return true;
}
static bool is_insert(const sim_query *q) {
  return q->inserts;
}

int sim_create_query(sim *s, sl_err *err) {
  if (s->query_count >= 24) return 0;
  int kind = (int)sim_draw(s, KIND_COUNT);
  while (s->churn && !deletes(kind)) kind = (int)sim_draw(s, KIND_COUNT);
  if (s->cache && !KINDS[kind].cached) return 0;
  sim_query *below = reads_simple(kind) ? pick(s, is_simple) : NULL;
  if (reads_simple(kind) && !below) return 0;
  sim_query *q = &s->queries[s->query_count++];
  *q = (sim_query){.kind = kind, .is_table = KINDS[kind].is_table, .inserts = KINDS[kind].inserts, .dropped = true};
  snprintf(q->name, sizeof q->name, "Q%d", s->query_count);
  if (below) below->users++; /* even if this fails: then it is just never dropped */
  char body[400];
  snprintf(body, sizeof body, KINDS[kind].sql, q->name, below ? below->name : "");
  return sim_execute(s, sl_arena_printf(&s->arena, q->inserts ? "%s;" : "CREATE %s;", body), err);
}

static const char *query_id(sim *s, const sim_query *q) {
  if (q->inserts) return q->name;
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  const sl_query_entry *entry;
  const char *id = NULL;
  for (size_t i = 0; !id && (entry = sl_snapshot_query_at(snapshot, i)); i++)
    if (sl_str_eq_z(entry->sink.name, q->name) && entry->kind == SL_QUERY_CREATE_AS)
      id = sl_str_z(&s->arena, entry->id);
  sl_snapshot_unref(snapshot);
  return id;
}

static int drop_query(sim *s, sl_err *err) {
  sim_query *q = pick(s, is_unused);
  if (!q) return 0;
  const char *text = q->inserts ? sl_arena_printf(&s->arena, "TERMINATE %s;", q->name)
                                : sl_arena_printf(&s->arena, "DROP %s %s%s;", q->is_table ? "TABLE" : "STREAM", q->name,
                                                  sim_chance(s, 50) ? " DELETE TOPIC" : "");
  return sim_execute(s, text, err);
}

static int terminate_insert(sim *s, sl_err *err) {
  sim_query *q = pick(s, is_insert);
  return q ? sim_execute(s, sl_arena_printf(&s->arena, "TERMINATE %s;", q->name), err) : 0;
}

static int pause_query(sim *s, sl_err *err) {
  sim_query *q = pick(s, is_any);
  if (!q) return 0;
  const char *id = query_id(s, q);
  if (!id) sim_fail(s, "%s has no query", q->name);
  return sim_execute(s, sl_arena_printf(&s->arena, "%s %s;", q->paused ? "RESUME" : "PAUSE", id), err);
}

static int replace_query(sim *s, sl_err *err) {
  sim_query *q = pick(s, is_replaceable);
  if (!q) return 0;
  char body[400];
  snprintf(body, sizeof body, KINDS[q->kind].other, q->name);
  return sim_execute(s, sl_arena_printf(&s->arena, "CREATE OR REPLACE %s;", body), err);
}

static int alter_source(sim *s, sl_err *err) {
  return sim_execute(s, sl_arena_printf(&s->arena, "ALTER STREAM R ADD COLUMN C%d INT;", s->statements), err);
}

int sim_statement(sim *s, sl_err *err) {
  switch (sim_draw(s, 12)) {
  case 0:
  case 1: return drop_query(s, err);
  case 2: return terminate_insert(s, err);
  case 3:
  case 4: return pause_query(s, err);
  case 5:
  case 6: return replace_query(s, err);
  case 7: return s->statements % 3 ? 0 : alter_source(s, err);
  default: return sim_create_query(s, err);
  }
}

/* ---- what statements mean ---- */

static uint64_t resolved_hash(sim *s, const sim_query *q) {
  const char *id = query_id(s, q);
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  const sl_query_entry *entry = id ? sl_snapshot_query(snapshot, sl_str_of(id)) : NULL;
  uint64_t hash = entry ? sl_str_hash(entry->resolved) : 0;
  sl_snapshot_unref(snapshot);
  return hash;
}

/* Finds the object that a statement is about. */
static sim_query *object_of(sim *s, const char *text) {
  for (const char *at = text; (at = strchr(at, 'Q')); at++) {
    size_t len = strspn(at + 1, "0123456789") + 1;
    bool insert = !strncmp(text, "INSERT", 6);
    sim_query *q = len > 1 ? query_named(s, at, len) : NULL;
    if (q && (!insert || q->inserts)) return q;
  }
  return NULL;
}

void sim_apply_statement(sim *s, const char *text) {
  sim_query *q = object_of(s, text);
  if (!q) return;
  if (!strncmp(text, "DROP", 4) || !strncmp(text, "TERMINATE", 9)) {
    q->dropped = true;
    if (!strncmp(text, "DROP", 4) && !strstr(text, "DELETE TOPIC"))
      sl_vec_push(&s->kept_topics, sl_heap_strdup(q->name));
  } else if (!strncmp(text, "PAUSE", 5)) {
    q->paused = true;
  } else if (!strncmp(text, "RESUME", 6)) {
    q->paused = false;
  } else if (!strncmp(text, "CREATE", 6) || !strncmp(text, "INSERT", 6)) {
    q->dropped = false;
    q->resolved = resolved_hash(s, q);
  }
}

bool sim_statement_happened(sim *s, const char *text) {
  bool happened;
  sim_query *q = object_of(s, text);
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  const sl_source *source = q ? sl_snapshot_source(snapshot, sl_str_of(q->name)) : NULL;
  const char *id = q ? query_id(s, q) : NULL;
  const sl_query_entry *entry = id ? sl_snapshot_query(snapshot, sl_str_of(id)) : NULL;
  if (!strncmp(text, "ALTER", 5)) {
    const sl_source *r = sl_snapshot_source(snapshot, sl_str_of("R"));
    const char *column = strstr(text, "COLUMN ") + 7;
    happened = sl_str_contains(r->resolved, sl_str_n(column, strcspn(column, " ")));
  } else if (!strncmp(text, "DROP", 4)) {
    happened = !source;
  } else if (!strncmp(text, "TERMINATE", 9)) {
    happened = !entry;
  } else if (!strncmp(text, "PAUSE", 5) || !strncmp(text, "RESUME", 6)) {
    happened = entry && entry->paused == (*text == 'P');
  } else if (!strncmp(text, "CREATE OR REPLACE", 17)) {
    happened = entry && sl_str_hash(entry->resolved) != q->resolved; /* if it says the same it does not matter */
  } else {
    happened = entry != NULL;
  }
  sl_snapshot_unref(snapshot);
  return happened;
}
