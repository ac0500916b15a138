/* A shop and its web site: the benchmark's 200-byte record, page views, users, orders, clicks. */
#include <stdio.h>

#include "cli/datagen/generator_int.h"

static const sl_choice COUNTRIES = {8, {"DE", "FR", "IT", "ES", "PL", "SE", "AT", "NL"}};
static const sl_choice CURRENCIES = {4, {"EUR", "USD", "GBP", "SEK"}};
static const sl_choice STATUSES = {4, {"confirmed", "cancelled", "delivered", "completed"}}; /* of one length */
static const sl_choice GENDERS = {3, {"FEMALE", "MALE", "OTHER"}};
static const sl_choice PAGES = {8, {"/", "/search", "/product", "/basket", "/checkout", "/help", "/login", "/account"}};
static const sl_choice AGENTS = {4, {"Firefox/128.0", "Chrome/126.0", "Safari/17.4", "curl/7.88"}};
static const int ANSWERS[] = {200, 200, 200, 200, 200, 200, 302, 404, 500, 304};

/* Amounts end in a digit other than 0: the text read is the text that a program prints. */
static void make_event(const sl_generator *g, uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(g, i);
  sl_buf *v = &out->value;
  uint64_t key = sl_random_below(&r, g->keys), bits = sl_random_next(&r), items = bits % 1000;
  uint64_t cents = (100 + sl_random_below(&r, 900)) * 100 + (bits >> 20) % 10 * 10 + 1 + (bits >> 30) % 9;
  out->timestamp = sl_generator_time(g, i);
  sl_key_int32(out, (int32_t)key);
  sl_buf_reserve(v, 256);
  sl_buf_add_z(v, "{\"event_id\":\"e-");
  sl_add_padded(v, bits >> 32, 8, 16);
  sl_buf_add_byte(v, '-');
  sl_add_padded(v, bits & 0xffff, 4, 16);
  sl_buf_add_z(v, "\",\"user_id\":");
  sl_add_int(v, (int64_t)(100000 + sl_random_below(&r, 900000)));
  sl_buf_add_z(v, ",\"ts\":");
  sl_add_int(v, out->timestamp);
  sl_buf_add_z(v, ",\"amount\":");
  sl_add_cents(v, cents);
  sl_buf_add_z(v, ",\"currency\":\"");
  sl_buf_add(v, sl_pick(&r, &CURRENCIES), 3);
  sl_buf_add_z(v, "\",\"status\":\"");
  sl_buf_add(v, sl_pick(&r, &STATUSES), 9);
  sl_buf_add_z(v, "\",\"country\":\"");
  sl_buf_add(v, sl_pick(&r, &COUNTRIES), 2);
  sl_buf_add_z(v, "\",\"message\":\"order of ");
  sl_add_padded(v, items, 3, 10);
  sl_buf_add_z(v, " items was placed in the web shop, ref ");
  sl_add_padded(v, i % 1000000, 6, 10);
  sl_buf_add_z(v, "\"}");
}

static void make_pageview(const sl_generator *g, uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(g, i);
  char user[32];
  out->timestamp = sl_generator_time(g, i);
  snprintf(user, sizeof user, "User_%llu", (unsigned long long)(1 + sl_random_below(&r, g->keys)));
  sl_key_text(out, user);
  sl_buf_printf(&out->value, "{\"viewtime\":%lld,\"userid\":\"%s\",\"pageid\":\"Page_%llu\"}",
                (long long)out->timestamp, user, (unsigned long long)(1 + sl_random_below(&r, 100)));
}

/* The first records introduce every user once; later ones change them. */
static void make_user(const sl_generator *g, uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(g, i);
  char user[32];
  out->timestamp = sl_generator_time(g, i);
  snprintf(user, sizeof user, "User_%llu", (unsigned long long)(1 + (i < g->keys ? i : sl_random_below(&r, g->keys))));
  sl_key_text(out, user);
  sl_buf_printf(&out->value, "{\"registertime\":%lld,\"regionid\":\"Region_%llu\",\"gender\":\"%s\"}",
                (long long)(g->start_ms - (int64_t)sl_random_below(&r, 31536000000)),
                (unsigned long long)(1 + sl_random_below(&r, 9)), sl_pick(&r, &GENDERS));
}

static void make_order(const sl_generator *g, uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(g, i);
  out->timestamp = sl_generator_time(g, i);
  sl_key_int32(out, (int32_t)(i & 0x7fffffff));
  sl_buf_printf(&out->value, "{\"ordertime\":%lld,\"itemid\":\"Item_%llu\",\"userid\":\"User_%llu\",\"orderunits\":",
                (long long)out->timestamp, (unsigned long long)sl_random_below(&r, 1000),
                (unsigned long long)(1 + sl_random_below(&r, g->keys)));
  sl_add_cents(&out->value, 1 + sl_random_below(&r, 1000));
  sl_buf_printf(&out->value, ",\"address\":{\"city\":\"City_%llu\",\"country\":\"%s\",\"zipcode\":%llu}}",
                (unsigned long long)sl_random_below(&r, 100), sl_pick(&r, &COUNTRIES),
                (unsigned long long)(10000 + sl_random_below(&r, 90000)));
}

static void make_click(const sl_generator *g, uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(g, i);
  uint64_t user = 1 + sl_random_below(&r, g->keys);
  char text[32];
  out->timestamp = sl_generator_time(g, i);
  snprintf(text, sizeof text, "%llu", (unsigned long long)user);
  sl_key_text(out, text);
  sl_buf_printf(&out->value,
                "{\"_time\":%lld,\"userid\":%llu,\"ip\":\"10.%llu.%llu.%llu\",\"request\":\"GET %s HTTP/1.1\","
                "\"status\":%d,\"bytes\":%llu,\"agent\":\"%s\"}",
                (long long)out->timestamp, (unsigned long long)user, (unsigned long long)(user >> 16 & 255),
                (unsigned long long)(user >> 8 & 255), (unsigned long long)(user & 255), sl_pick(&r, &PAGES),
                ANSWERS[sl_random_below(&r, sizeof ANSWERS / sizeof *ANSWERS)],
                (unsigned long long)(200 + sl_random_below(&r, 20000)), sl_pick(&r, &AGENTS));
}

const sl_generator_kind sl_kind_events = {
    .name = "events",
    .doc = "200-byte records of 8 fields, as the benchmark reads them",
    .sql = "CREATE STREAM events (k INTEGER KEY, event_id STRING, user_id INTEGER, ts BIGINT, amount DOUBLE, currency "
           "STRING, status STRING, country STRING, message STRING) WITH (KAFKA_TOPIC='%s', PARTITIONS=%d, "
           "VALUE_FORMAT='JSON');",
    .keys = 1000,
    .per_second = 1000,
    .make = make_event};
const sl_generator_kind sl_kind_pageviews = {
    .name = "pageviews",
    .doc = "who looked at which page",
    .sql = "CREATE STREAM pageviews (k STRING KEY, viewtime BIGINT, userid STRING, pageid STRING) WITH "
           "(KAFKA_TOPIC='%s', PARTITIONS=%d, VALUE_FORMAT='JSON', TIMESTAMP='viewtime');",
    .keys = 9,
    .per_second = 10,
    .make = make_pageview};
const sl_generator_kind sl_kind_users = {
    .name = "users",
    .doc = "the users of pageviews: a table",
    .sql = "CREATE TABLE users (userid STRING PRIMARY KEY, registertime BIGINT, regionid STRING, gender STRING) WITH "
           "(KAFKA_TOPIC='%s', PARTITIONS=%d, VALUE_FORMAT='JSON');",
    .keys = 9,
    .per_second = 10,
    .make = make_user};
const sl_generator_kind sl_kind_orders = {
    .name = "orders",
    .doc = "orders of users, with an address",
    .sql =
        "CREATE STREAM orders (orderid INTEGER KEY, ordertime BIGINT, itemid STRING, userid STRING, orderunits "
        "DOUBLE, address STRUCT<city STRING, country STRING, zipcode INTEGER>) WITH (KAFKA_TOPIC='%s', PARTITIONS=%d, "
        "VALUE_FORMAT='JSON', TIMESTAMP='ordertime');",
    .keys = 9,
    .per_second = 10,
    .make = make_order};
const sl_generator_kind sl_kind_clickstream = {
    .name = "clickstream",
    .doc = "lines of a web server's log",
    .sql = "CREATE STREAM clickstream (k STRING KEY, `_time` BIGINT, userid INTEGER, ip STRING, request STRING, status "
           "INTEGER, bytes INTEGER, agent STRING) WITH (KAFKA_TOPIC='%s', PARTITIONS=%d, VALUE_FORMAT='JSON', "
           "TIMESTAMP='`_time`');",
    .keys = 40,
    .per_second = 10,
    .make = make_click};
