/* The table of properties and the layers over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/settings.h"

static int set(sl_settings *settings, const char *name, const char *value, sl_err *err) {
  sl_str text = sl_str_of(value);
  return sl_settings_set(settings, sl_str_of(name), &text, false, err);
}

static void test_settings__table_is_sorted_unique_and_documented(void **state) {
  (void)state;
  size_t count;
  const sl_property_row *rows = sl_property_rows(&count);
  for (size_t i = 0; i < count; i++) {
    if (i && strcmp(rows[i - 1].name, rows[i].name) >= 0) fail_msg("%s is out of order", rows[i].name);
    assert_true(strlen(rows[i].doc) > 3);
    assert_ptr_equal(&rows[i], sl_property_find(sl_str_of(rows[i].name)));
    sl_settings settings = {0};
    sl_err err = {0};
    if (rows[i].default_value && set(&settings, rows[i].name, rows[i].default_value, &err))
      fail_msg("the default of %s is refused: %s", rows[i].name, err.message);
    sl_settings_done(&settings);
  }
}

static void test_settings__spellings_of_a_streams_property_are_one(void **state) {
  (void)state;
  sl_settings settings = {0};
  assert_int_equal(0, set(&settings, "auto.offset.reset", "earliest", NULL));
  assert_true(sl_str_eq_z(sl_settings_str(&settings, "ksql.streams.auto.offset.reset"), "earliest"));
  assert_true(sl_str_eq_z(sl_settings_str(&settings, "auto.offset.reset"), "earliest"));
  assert_int_equal(0, sl_settings_set(&settings, sl_str_of("ksql.streams.auto.offset.reset"), NULL, false, NULL));
  assert_false(sl_settings_is_set(&settings, "auto.offset.reset"));
  assert_int_equal(0, sl_settings_str(&settings, "auto.offset.reset").len);
  sl_settings_done(&settings);
}

static void test_settings__layers_hide_each_other(void **state) {
  (void)state;
  sl_settings server = {0}, session = {.parent = &server};
  assert_int_equal(4, sl_settings_int(&session, "num.stream.threads"));
  set(&server, "num.stream.threads", " 8 ", NULL);
  assert_int_equal(8, sl_settings_int(&session, "ksql.streams.num.stream.threads"));
  set(&session, "ksql.streams.num.stream.threads", "2", NULL);
  assert_int_equal(2, sl_settings_int(&session, "num.stream.threads"));
  assert_int_equal(8, sl_settings_int(&server, "num.stream.threads"));
  sl_settings_done(&session);
  sl_settings_done(&server);
}

static void check_refused(const char *name, const char *value, const char *message) {
  sl_settings settings = {0};
  sl_err err = {0};
  assert_int_not_equal(0, set(&settings, name, value, &err));
  assert_string_equal(message, err.message);
  sl_err_done(&err);
  sl_settings_done(&settings);
}

static void test_settings__values_are_checked(void **state) {
  (void)state;
  check_refused("no.such.thing", "1", "Unknown property: no.such.thing");
  check_refused("ksql.suppress.enabled", "yes",
                "Invalid value yes for configuration ksql.suppress.enabled: Expected value to be either true or false");
  check_refused("commit.interval.ms", "soon",
                "Invalid value soon for configuration ksql.streams.commit.interval.ms: Not a number of type LONG");
  check_refused("auto.offset.reset", "none",
                "Invalid value none for configuration ksql.streams.auto.offset.reset: String must be one of: latest, "
                "earliest");
}

static void test_settings__clients_may_send_kafka_settings(void **state) {
  (void)state;
  sl_settings settings = {0};
  assert_int_equal(0, set(&settings, "max.poll.records", "10", NULL));
  assert_true(sl_str_eq_z(sl_settings_str(&settings, "ksql.streams.max.poll.records"), "10"));
  assert_int_equal(0, set(&settings, "ksql.functions.mine.limit", "3", NULL));
  sl_settings_done(&settings);
}

static void test_settings__server_properties_are_not_for_sessions(void **state) {
  (void)state;
  sl_err err = {0};
  assert_int_equal(0, sl_property_check_override(sl_str_of("auto.offset.reset"), &err));
  assert_int_not_equal(0, sl_property_check_override(sl_str_of("ksql.service.id"), &err));
  assert_string_equal("Cannot override properties: [ksql.service.id]", err.message);
  sl_err_done(&err);
}

/* What this version has only one way is refused by name; nothing else is. */
static void test_settings__what_is_not_supported_is_refused(void **state) {
  (void)state;
  size_t count, fixed = 0;
  const sl_property_row *rows = sl_property_rows(&count);
  for (size_t i = 0; i < count; i++) {
    if (!rows[i].fixed) continue;
    fixed++;
    sl_settings settings = {0};
    sl_err err = {0};
    const char *other =
        rows[i].type == SL_PROP_BOOLEAN ? strcmp(rows[i].default_value, "true") ? "true" : "false" : "7";
    assert_int_not_equal(0, set(&settings, rows[i].name, other, &err));
    assert_non_null(strstr(err.message, rows[i].name));
    assert_non_null(strstr(err.message, "is not supported by this version of sluice"));
    sl_err_done(&err);
    sl_settings_done(&settings);
  }
  assert_true(fixed > 10);
  check_refused("bootstrap.servers", "localhost:9092",
                "bootstrap.servers=localhost:9092 is not supported by this version of sluice; leave it embedded.");
  check_refused("ksql.internal.topic.replicas", "3",
                "Invalid value 3 for configuration ksql.internal.topic.replicas: the embedded log keeps one copy");
  check_refused("default.timestamp.extractor", "org.apache.kafka.streams.processor.WallclockTimestampExtractor",
                "Invalid value org.apache.kafka.streams.processor.WallclockTimestampExtractor for configuration "
                "ksql.streams.default.timestamp.extractor: String must be one of: FailOnInvalidTimestamp, "
                "LogAndSkipOnInvalidTimestamp");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_settings__what_is_not_supported_is_refused),
      cmocka_unit_test(test_settings__table_is_sorted_unique_and_documented),
      cmocka_unit_test(test_settings__spellings_of_a_streams_property_are_one),
      cmocka_unit_test(test_settings__layers_hide_each_other),
      cmocka_unit_test(test_settings__values_are_checked),
      cmocka_unit_test(test_settings__clients_may_send_kafka_settings),
      cmocka_unit_test(test_settings__server_properties_are_not_for_sessions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
