/* When a worker commits: rows of an idle one are out at once, and no slow commit makes the next wait for long. */
#include "executor_testing.h"

static int64_t tick; /* by which each look at the clock moves it, ns */

static int64_t moving_ns(const sl_clock *clock) {
  sl_clock_manual *manual = (sl_clock_manual *)(uintptr_t)clock;
  return manual->monotonic += tick;
}

/* A filter whose first commit took some looks at a clock that moves by `slow` ns each; since then it stands. */
static void after_slow_commit(rig *r, int64_t slow) {
  tick = 0;
  rig_open(r, 0);
  r->clock.clock.monotonic_ns = moving_ns;
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  add_sink(&m, add_filter(&m, n, "V > 10"), "out");
  start(r, &m, NULL);
  rig_settle(r);
  tick = slow;
  produce(r, "in", "a", "11", 1);
  rig_settle(r);
  tick = 0;
  assert_int_equal(topic_count(r, "out"), 1);
}

/* Steps of all workers until none has more to do; when the first wants to be called again. */
static int64_t step_all(rig *r) {
  int64_t first = INT64_MAX;
  for (bool more = true; more;) {
    more = false;
    first = INT64_MAX;
    for (int i = 0; i < r->options.workers; i++) {
      int64_t due;
      more |= sl_worker_step(sl_executor_worker(r->executor, i), &due);
      if (due < first) first = due;
    }
  }
  return first;
}

/* What waits behind a commit that took some times 1 ms comes out after as long again, not after nine times that. */
static void test_cadence__an_idle_worker_rests_as_long_as_its_commit_took(void **state) {
  (void)state;
  const int64_t ms = 1000000;
  rig r;
  after_slow_commit(&r, ms);
  produce(&r, "in", "b", "12", 2);
  int64_t due = step_all(&r);
  assert_int_equal(topic_count(&r, "out"), 1);
  assert_in_range(due - r.clock.monotonic, 1, 5 * ms);
  r.clock.monotonic = due;
  step_all(&r);
  assert_int_equal(topic_count(&r, "out"), 2);
  rig_close(&r);
}

static void test_cadence__a_commit_that_the_disk_held_up_delays_the_next_by_20_ms_at_most(void **state) {
  (void)state;
  const int64_t ms = 1000000;
  rig r;
  after_slow_commit(&r, 1000 * ms);
  produce(&r, "in", "b", "12", 2);
  step_all(&r);
  r.clock.monotonic += 20 * ms;
  step_all(&r);
  assert_int_equal(topic_count(&r, "out"), 2);
  rig_close(&r);
}

static void test_cadence__after_a_quick_commit_rows_are_out_at_once(void **state) {
  (void)state;
  rig r;
  after_slow_commit(&r, 0);
  for (int i = 2; i < 10; i++) {
    produce(&r, "in", "b", "12", i);
    step_all(&r);
    assert_int_equal(topic_count(&r, "out"), i);
  }
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cadence__an_idle_worker_rests_as_long_as_its_commit_took),
      cmocka_unit_test(test_cadence__a_commit_that_the_disk_held_up_delays_the_next_by_20_ms_at_most),
      cmocka_unit_test(test_cadence__after_a_quick_commit_rows_are_out_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
