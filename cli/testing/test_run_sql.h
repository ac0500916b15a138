/* What the files about .sql cases share: a case while it runs. */
#pragma once
#include "cli/testing/test_expect.h"
#include "cli/testing/test_world.h"

/* The records of one topic that assertions go through. */
typedef struct sl_test_topic {
  sl_test_place place;
  sl_vec records; /* sl_test_record * */
  size_t read;    /* by assertions */
} sl_test_topic;

typedef struct sl_test_sql {
  const sl_test_case *test;
  sl_arena *arena;
  sl_test_world world;
  sl_map topics; /* name -> sl_test_topic * */
} sl_test_sql;

/* The topic's records, with what was written since the last call. */
int sl_test_sql_topic(sl_test_sql *run, sl_str name, sl_test_topic **out, sl_err *err);

/* ASSERT [NULL] VALUES and ASSERT STREAM/TABLE (test-formats.md C.4). *failure tells the kind when they do not hold. */
int sl_test_assert_values(sl_test_sql *run, const sl_stmt_assert_values *stmt, sl_test_failure *failure, sl_err *err);
int sl_test_assert_source(sl_test_sql *run, const sl_stmt_assert_source *stmt, sl_test_failure *failure, sl_err *err);

/* Planning as the case's session sees the world; every topic is taken to exist. */
typedef struct sl_planning sl_planning;
void sl_test_sql_planning(sl_test_sql *run, const sl_snapshot *snapshot, sl_planning *out);
