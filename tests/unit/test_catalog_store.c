/* The catalog across reopening, failing files and versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/fs_fault.h"
#include "catalog/catalog.h"

static const sl_column COLUMNS[] = {
    {.name = {"K", 1}, .type = &SL_TYPE_STRING, .kind = SL_COLUMN_KEY},
    {.name = {"V", 1}, .type = &SL_TYPE_INTEGER, .kind = SL_COLUMN_VALUE},
    {.name = {"H", 1}, .type = &SL_TYPE_BYTES, .kind = SL_COLUMN_HEADERS, .header_key = {"trace's", 7}},
};
static const sl_format_property DELIMITER[] = {{{"delimiter", 9}, {"|", 1}}};

static sl_source source_of(const char *name, uint64_t version) {
  sl_source source = {.name = sl_str_of(name),
                      .version = version,
                      .kind = SL_TABLE,
                      .schema = {COLUMNS, 3},
                      .topic = sl_str_of("t"),
                      .key_format = {.name = {"KAFKA", 5}},
                      .value_format = {.name = {"DELIMITED", 9}, .properties = DELIMITER, .property_count = 1},
                      .window = SL_WINDOW_TUMBLING,
                      .window_size = 1000,
                      .timestamp_column = sl_str_of("V"),
                      .text = sl_str_of("CREATE TABLE ..."),
                      .resolved = sl_str_of("CREATE TABLE resolved")};
  source.topic_id.bytes[3] = (uint8_t)version;
  return source;
}

static sl_catalog *open_catalog(sl_fs *fs) {
  sl_catalog *cat = NULL;
  sl_err err = {0};
  int code = sl_catalog_open(fs, "/d/catalog.db", &cat, &err);
  if (code) print_message("%s\n", err.message);
  assert_int_equal(code, 0);
  return cat;
}

static sl_fs *new_fs(void) {
  sl_fs *fs = sl_fs_memory_new();
  assert_int_equal(sl_fs_mkdir(fs, "/d", NULL), 0);
  return fs;
}

static void put_source(sl_catalog *cat, const sl_source *source) {
  sl_change change = {.kind = SL_CHANGE_PUT_SOURCE, .source = source};
  assert_int_equal(sl_catalog_apply(cat, &change, 1, NULL, NULL), 0);
}

static void test_catalog__gives_back_after_reopening_what_was_put(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  sl_source source = source_of("S", 7);
  sl_str reads[] = {sl_str_of("A"), sl_str_of("B")};
  source.reads = reads;
  source.reads_count = 2;
  put_source(cat, &source);
  sl_catalog_close(cat);
  cat = open_catalog(fs);
  sl_snapshot *snapshot = sl_catalog_snapshot(cat);
  const sl_source *found = sl_snapshot_source(snapshot, sl_str_of("S"));
  assert_non_null(found);
  assert_true(sl_schema_equal(&found->schema, &source.schema));
  assert_int_equal(found->version, 7);
  assert_int_equal(found->kind, SL_TABLE);
  assert_int_equal(found->window, SL_WINDOW_TUMBLING);
  assert_int_equal(found->window_size, 1000);
  assert_true(sl_topic_id_equal(&found->topic_id, &source.topic_id));
  assert_int_equal(found->value_format.property_count, 1);
  assert_true(sl_str_eq_z(found->value_format.properties[0].value, "|"));
  assert_true(sl_str_eq_z(found->resolved, "CREATE TABLE resolved"));
  assert_int_equal(found->reads_count, 2);
  assert_true(sl_str_eq_z(found->reads[1], "B"));
  sl_snapshot_unref(snapshot);
  sl_catalog_close(cat);
  sl_fs_free(fs);
}

static sl_query_entry query_of(uint64_t number, const char *id, const sl_source_ref *source) {
  static const sl_setting SETTINGS[] = {{{"ksql.streams.auto.offset.reset", 30}, {"earliest", 8}}};
  return (sl_query_entry){.number = number,
                          .id = sl_str_of(id),
                          .text = sl_str_of("text"),
                          .resolved = sl_str_of("resolved"),
                          .sink = {sl_str_of("OUT"), 99},
                          .sources = source,
                          .source_count = 1,
                          .settings = SETTINGS,
                          .setting_count = 1,
                          .paused = true,
                          .contract = sl_str_of("f")};
}

static void test_catalog__keeps_an_old_version_while_a_query_names_it(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  sl_source old = source_of("S", 1), new = source_of("S", 2);
  sl_source_ref ref = {sl_str_of("S"), 1};
  sl_query_entry query = query_of(5, "Q_0", &ref);
  sl_change put_query = {.kind = SL_CHANGE_PUT_QUERY, .query = &query};
  put_source(cat, &old);
  assert_int_equal(sl_catalog_apply(cat, &put_query, 1, NULL, NULL), 0);
  put_source(cat, &new);
  for (int reopened = 0; reopened < 2; reopened++) {
    sl_snapshot *snapshot = sl_catalog_snapshot(cat);
    assert_int_equal(sl_snapshot_source(snapshot, sl_str_of("S"))->version, 2);
    assert_non_null(sl_snapshot_version(snapshot, sl_str_of("S"), 1));
    const sl_query_entry *entry = sl_snapshot_query(snapshot, sl_str_of("Q_0"));
    assert_non_null(entry);
    assert_true(entry->paused);
    assert_int_equal(entry->sources[0].version, 1);
    assert_true(sl_str_eq_z(entry->settings[0].value, "earliest"));
    sl_err err = {0};
    sl_snapshot *pinned = sl_snapshot_pin(snapshot, &ref, 1, &err);
    assert_non_null(pinned);
    assert_int_equal(sl_snapshot_source(pinned, sl_str_of("S"))->version, 1);
    sl_snapshot_unref(pinned);
    sl_snapshot_unref(snapshot);
    if (reopened) break;
    sl_catalog_close(cat);
    cat = open_catalog(fs);
  }
  sl_change drop = {.kind = SL_CHANGE_DROP_QUERY, .name = sl_str_of("Q_0")};
  assert_int_equal(sl_catalog_apply(cat, &drop, 1, NULL, NULL), 0);
  sl_snapshot *snapshot = sl_catalog_snapshot(cat);
  assert_null(sl_snapshot_version(snapshot, sl_str_of("S"), 1));
  sl_err err = {0};
  assert_null(sl_snapshot_pin(snapshot, &ref, 1, &err));
  assert_int_equal(err.code, SL_E_CORRUPT);
  sl_err_done(&err);
  sl_snapshot_unref(snapshot);
  sl_catalog_close(cat);
  sl_fs_free(fs);
}

static void test_catalog__a_snapshot_does_not_see_later_changes(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  sl_source source = source_of("S", 1);
  put_source(cat, &source);
  sl_snapshot *before = sl_catalog_snapshot(cat);
  sl_change drop = {.kind = SL_CHANGE_DROP_SOURCE, .name = sl_str_of("S")};
  sl_snapshot *sandbox = sl_snapshot_apply(before, &drop, 1);
  assert_null(sl_snapshot_source(sandbox, sl_str_of("S")));
  sl_snapshot *real = sl_catalog_snapshot(cat);
  assert_non_null(sl_snapshot_source(real, sl_str_of("S")));
  assert_int_equal(sl_catalog_apply(cat, &drop, 1, NULL, NULL), 0);
  assert_non_null(sl_snapshot_source(before, sl_str_of("S")));
  sl_snapshot_unref(real);
  sl_snapshot_unref(sandbox);
  sl_snapshot_unref(before);
  sl_catalog_close(cat);
  sl_fs_free(fs);
}

static void test_catalog__never_gives_a_number_twice_not_even_after_power_loss(void **state) {
  (void)state;
  sl_fs *memory = sl_fs_memory_new();
  sl_err err = {0};
  assert_int_equal(sl_fs_mkdir(memory, "/d", NULL), 0);
  sl_fs *fs = sl_fs_fault_new(memory, "/d", &err);
  assert_non_null(fs);
  uint64_t last = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    sl_catalog *cat = open_catalog(fs);
    for (int i = 0; i < 3; i++) {
      uint64_t number = 0;
      assert_int_equal(sl_catalog_next_query(cat, &number, NULL), 0);
      assert_true(number > last);
      last = number;
    }
    assert_int_equal(sl_fs_fault_crash(fs, SL_FS_CRASH_POWER_ANY, seed, &err), 0);
    sl_catalog_close(cat);
  }
  sl_fs_free(fs);
  sl_fs_free(memory);
}

/* What a start has seen stays, though the process before it was killed after a sync had failed. */
static void test_catalog__what_a_start_has_seen_survives_a_power_loss(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth <= 6; nth++) {
    sl_fs *memory = sl_fs_memory_new();
    sl_err err = {0};
    assert_int_equal(sl_fs_mkdir(memory, "/d", NULL), 0);
    sl_fs *fs = sl_fs_fault_new(memory, "/d", &err);
    sl_catalog *cat = open_catalog(fs);
    sl_source a = source_of("A", 1);
    sl_change change = {.kind = SL_CHANGE_PUT_SOURCE, .source = &a};
    sl_fs_fault_add(fs, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC, .nth = nth, .times = 9});
    sl_catalog_apply(cat, &change, 1, NULL, NULL);
    bool seen = false;
    for (int start = 0; start < 2; start++) {
      sl_fs_crash mode = start ? SL_FS_CRASH_POWER_NONE : SL_FS_CRASH_KILL;
      assert_int_equal(sl_fs_fault_crash(fs, mode, nth, NULL), 0);
      sl_catalog_close(cat);
      cat = open_catalog(fs);
      sl_snapshot *snapshot = sl_catalog_snapshot(cat);
      bool there = sl_snapshot_source(snapshot, sl_str_of("A")) != NULL;
      sl_snapshot_unref(snapshot);
      if (start) assert_int_equal(there, seen);
      seen = there;
    }
    sl_catalog_close(cat);
    sl_fs_free(fs);
    sl_fs_free(memory);
  }
}

/* Memory and database never differ: what only a start can tell stops all changes. */
static void test_catalog__a_commit_of_unknown_outcome_stops_changes(void **state) {
  (void)state;
  bool unsure = false;
  for (uint64_t nth = 1; nth <= 6; nth++) {
    sl_fs *memory = sl_fs_memory_new();
    sl_err err = {0};
    assert_int_equal(sl_fs_mkdir(memory, "/d", NULL), 0);
    sl_fs *fs = sl_fs_fault_new(memory, "/d", &err);
    sl_catalog *cat = open_catalog(fs);
    sl_source a = source_of("A", 1);
    sl_change change = {.kind = SL_CHANGE_PUT_SOURCE, .source = &a};
    sl_fs_fault_add(fs, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC, .nth = nth, .times = UINT64_MAX});
    bool there = !sl_catalog_apply(cat, &change, 1, NULL, NULL);
    sl_fs_fault_clear(fs);
    uint64_t number;
    int rc = sl_catalog_next_query(cat, &number, NULL); /* the disk works again: it may tell now */
    bool unknown = sl_catalog_unsure(cat);
    unsure |= unknown;
    assert_int_equal(rc, unknown ? SL_E_IO : 0);
    assert_int_equal(sl_fs_fault_crash(fs, SL_FS_CRASH_KILL, nth, NULL), 0);
    sl_catalog_close(cat);
    cat = open_catalog(fs);
    sl_snapshot *snapshot = sl_catalog_snapshot(cat);
    if (!unknown) assert_int_equal(sl_snapshot_source(snapshot, sl_str_of("A")) != NULL, there);
    sl_snapshot_unref(snapshot);
    sl_catalog_close(cat);
    sl_fs_free(fs);
    sl_fs_free(memory);
  }
  assert_true(unsure);
}

static void test_catalog__a_change_list_is_there_whole_or_not_at_all(void **state) {
  (void)state;
  for (int nth = 1; nth <= 12; nth++) {
    sl_fs *memory = sl_fs_memory_new();
    sl_err err = {0};
    assert_int_equal(sl_fs_mkdir(memory, "/d", NULL), 0);
    sl_fs *fs = sl_fs_fault_new(memory, "/d", &err);
    sl_catalog *cat = open_catalog(fs);
    sl_source a = source_of("A", 1), b = source_of("B", 2);
    sl_change changes[] = {{.kind = SL_CHANGE_PUT_SOURCE, .source = &a}, {.kind = SL_CHANGE_PUT_SOURCE, .source = &b}};
    sl_fs_fault_rule rule = {
        .ops = SL_FS_OP_WRITE | SL_FS_OP_SYNC, .nth = (uint64_t)nth, .times = 1, .code = SL_E_DISK_FULL};
    sl_fs_fault_add(fs, rule);
    int code = sl_catalog_apply(cat, changes, 2, NULL, &err);
    sl_snapshot *snapshot = sl_catalog_snapshot(cat);
    assert_int_equal(sl_snapshot_source(snapshot, sl_str_of("A")) != NULL, code == 0);
    sl_snapshot_unref(snapshot);
    assert_int_equal(sl_fs_fault_crash(fs, SL_FS_CRASH_POWER_ANY, (uint64_t)nth, NULL), 0);
    sl_catalog_close(cat);
    cat = open_catalog(fs);
    snapshot = sl_catalog_snapshot(cat);
    bool has_a = sl_snapshot_source(snapshot, sl_str_of("A")), has_b = sl_snapshot_source(snapshot, sl_str_of("B"));
    assert_int_equal(has_a, has_b);
    if (code == 0) assert_true(has_a);
    sl_snapshot_unref(snapshot);
    sl_catalog_close(cat);
    sl_err_done(&err);
    sl_fs_free(fs);
    sl_fs_free(memory);
  }
}

static void test_catalog__remembers_topic_intents_until_they_are_done(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  sl_change intents[] = {{.kind = SL_CHANGE_TOPIC_CREATING, .name = sl_str_of("new"), .topic = {{1}}},
                         {.kind = SL_CHANGE_TOPIC_DROPPING, .name = sl_str_of("old"), .topic = {{2}}}};
  assert_int_equal(sl_catalog_apply(cat, intents, 2, NULL, NULL), 0);
  sl_catalog_close(cat);
  cat = open_catalog(fs);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_change *found;
  size_t count;
  assert_int_equal(sl_catalog_intents(cat, &arena, &found, &count, NULL), 0);
  assert_int_equal(count, 2);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(found[i].kind == SL_CHANGE_TOPIC_DROPPING, sl_str_eq_z(found[i].name, "old"));
    found[i].kind = SL_CHANGE_TOPIC_DONE;
  }
  assert_int_equal(sl_catalog_apply(cat, found, count, NULL, NULL), 0);
  assert_int_equal(sl_catalog_intents(cat, &arena, &found, &count, NULL), 0);
  assert_int_equal(count, 0);
  sl_arena_done(&arena);
  sl_catalog_close(cat);
  sl_fs_free(fs);
}

static void test_catalog__numbers_commands_and_gives_the_newest(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  for (uint64_t i = 0; i < 5; i++) {
    sl_command command = {.id = sl_str_of("stream/`X`/create"), .message = sl_str_of("Stream created")};
    assert_int_equal(sl_catalog_apply(cat, NULL, 0, &command, NULL), 0);
    assert_int_equal(command.sequence, i);
  }
  sl_catalog_close(cat);
  cat = open_catalog(fs);
  sl_snapshot *snapshot = sl_catalog_snapshot(cat);
  assert_int_equal(sl_snapshot_sequence(snapshot), 5);
  sl_snapshot_unref(snapshot);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_command *commands;
  size_t count;
  assert_int_equal(sl_catalog_commands(cat, &arena, 2, &commands, &count, NULL), 0);
  assert_int_equal(count, 2);
  assert_int_equal(commands[1].sequence, 4);
  sl_arena_done(&arena);
  sl_catalog_close(cat);
  sl_fs_free(fs);
}

static void test_catalog__refuses_another_format_version_and_garbage(void **state) {
  (void)state;
  sl_fs *fs = new_fs();
  sl_catalog *cat = open_catalog(fs);
  assert_int_equal(sl_catalog_put(cat, "format", sl_str_of("999"), NULL), 0);
  sl_catalog_close(cat);
  sl_err err = {0};
  assert_int_equal(sl_catalog_open(fs, "/d/catalog.db", &cat, &err), SL_E_VERSION);
  assert_non_null(strstr(err.message, "999"));
  sl_err_done(&err);
  assert_int_equal(
      sl_fs_replace(fs, "/d/other.db", "this is not a database at all, by no means .............", 56, NULL), 0);
  assert_int_equal(sl_catalog_open(fs, "/d/other.db", &cat, &err), SL_E_CORRUPT);
  sl_err_done(&err);
  sl_fs_free(fs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_catalog__gives_back_after_reopening_what_was_put),
      cmocka_unit_test(test_catalog__keeps_an_old_version_while_a_query_names_it),
      cmocka_unit_test(test_catalog__a_snapshot_does_not_see_later_changes),
      cmocka_unit_test(test_catalog__never_gives_a_number_twice_not_even_after_power_loss),
      cmocka_unit_test(test_catalog__what_a_start_has_seen_survives_a_power_loss),
      cmocka_unit_test(test_catalog__a_commit_of_unknown_outcome_stops_changes),
      cmocka_unit_test(test_catalog__a_change_list_is_there_whole_or_not_at_all),
      cmocka_unit_test(test_catalog__remembers_topic_intents_until_they_are_done),
      cmocka_unit_test(test_catalog__numbers_commands_and_gives_the_newest),
      cmocka_unit_test(test_catalog__refuses_another_format_version_and_garbage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
