/* Nexmark: an auction house. Of 50 events the first is a new person, the next 3 are new auctions and 46 are bids; half
 * of the bids go to the newest "hot" auction, three quarters of bidders and sellers are the newest hot ones, the others
 * are drawn from those that are active. Numbers and proportions are those of the published generator (Tucker, Tufte,
 * Papadimos, Maier; as Apache Beam and the nexmark suites of Flink run it); names and random numbers are ours.
 * Record i of a kind is event n(i) of the whole, so the three topics are consistent with each other. */
#include "cli/datagen/generator_int.h"

enum {
  PERSONS = 1,
  AUCTIONS = 3,
  BIDS = 46,
  ALL = PERSONS + AUCTIONS + BIDS,
  FIRST_PERSON = 1000,
  FIRST_AUCTION = 1000,
  FIRST_CATEGORY = 10,
  CATEGORIES = 5,
  HOT_EVERY = 100,  /* every hundredth person or auction is hot */
  HOT_AUCTIONS = 2, /* 1 of 2 bids is not for a hot one */
  HOT_PEOPLE = 4,   /* 1 of 4 sellers and bidders is not hot */
  ACTIVE_PEOPLE = 1000,
  OPEN_AUCTIONS = 100,
  LEAD = 10, /* ids that do not exist yet are possible */
  CHANNELS = 10000,
};
static const sl_choice FIRST_NAMES = {
    11, {"Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Gita", "Hugo", "Ines", "Jan", "Kaya"}};
static const sl_choice LAST_NAMES = {
    9, {"Adler", "Brandt", "Conti", "Duval", "Eriksen", "Falk", "Greco", "Holm", "Ivanov"}};
/* State and city: 'or', 'id' and 'ca' are those that the third query asks for. */
static const sl_choice STATES = {6, {"az", "ca", "id", "or", "wa", "wy"}};
static const sl_choice CITIES = {
    10,
    {"phoenix", "los angeles", "san francisco", "boise", "portland", "bend", "redmond", "seattle", "kent", "cheyenne"}};
static const sl_choice HOT_CHANNELS = {4, {"Google", "Facebook", "Baidu", "Apple"}};

/* How many persons and auctions there are once event n has happened, less one: the newest one's number. */
static uint64_t newest_person(uint64_t n) {
  return n / ALL;
}
static uint64_t newest_auction(uint64_t n) {
  uint64_t epoch = n / ALL, at = n % ALL;
  if (at < PERSONS) return epoch ? epoch * AUCTIONS - 1 : 0;
  return epoch * AUCTIONS + (at < PERSONS + AUCTIONS ? at - PERSONS : AUCTIONS - 1);
}

static uint64_t any_person(sl_random *r, uint64_t n) {
  uint64_t people = newest_person(n) + 1, active = people < ACTIVE_PEOPLE ? people : ACTIVE_PEOPLE;
  return people - active + sl_random_below(r, active + LEAD) + FIRST_PERSON;
}
static uint64_t any_auction(sl_random *r, uint64_t n) {
  uint64_t newest = newest_auction(n), first = newest > OPEN_AUCTIONS ? newest - OPEN_AUCTIONS : 0;
  return first + sl_random_below(r, newest - first + 1 + LEAD) + FIRST_AUCTION;
}
static uint64_t hot(uint64_t newest, uint64_t plus) {
  return newest / HOT_EVERY * HOT_EVERY + plus;
}

/* Between 1 and a million, in cents, evenly over the powers of ten. */
static uint64_t price(sl_random *r) {
  static const uint64_t STEPS[] = {100, 126, 158, 200, 251, 316, 398, 501, 631, 794, 1000};
  uint64_t power = sl_random_below(r, 6), step = sl_random_below(r, 10), scale = 1;
  while (power--) scale *= 10;
  return (STEPS[step] + sl_random_below(r, STEPS[step + 1] - STEPS[step])) * scale;
}

/* Fills a record to about the size that the published records have. */
static void add_extra(sl_buf *v, sl_random *r, size_t wanted) {
  size_t spread = wanted / 5, have = v->len, target = wanted - spread + sl_random_below(r, 2 * spread + 1);
  sl_buf_add_z(v, ",\"extra\":\"");
  if (target > have) sl_add_letters(v, r, target - have);
  sl_buf_add_z(v, "\"}");
}

static void member_int(sl_buf *v, const char *name, uint64_t number) {
  sl_buf_add_z(v, name);
  sl_add_int(v, (int64_t)number);
}
static void member_text(sl_buf *v, const char *name, const char *text) {
  sl_buf_add_z(v, name);
  sl_buf_add_z(v, text);
  sl_buf_add_byte(v, '"');
}

static void person_of_event(const sl_generator *g, uint64_t n, sl_generated *out) {
  sl_random r = sl_random_of(g, n);
  sl_buf *v = &out->value;
  uint64_t id = newest_person(n) + FIRST_PERSON;
  const char *first = sl_pick(&r, &FIRST_NAMES), *last = sl_pick(&r, &LAST_NAMES);
  out->topic = sl_kind_person.name;
  out->timestamp = sl_generator_time(g, n);
  sl_key_int64(out, (int64_t)id);
  member_int(v, "{\"id\":", id);
  sl_buf_add_z(v, ",\"name\":\"");
  sl_buf_add_z(v, first);
  member_text(v, " ", last);
  member_text(v, ",\"email_address\":\"", last);
  v->len--;
  sl_buf_add_byte(v, '@');
  sl_add_letters(v, &r, 5);
  sl_buf_add_z(v, ".com\",\"credit_card\":\"");
  for (int i = 0; i < 4; i++) {
    if (i) sl_buf_add_byte(v, ' ');
    sl_add_padded(v, sl_random_below(&r, 10000), 4, 10);
  }
  member_text(v, "\",\"city\":\"", sl_pick(&r, &CITIES));
  member_text(v, ",\"state\":\"", sl_pick(&r, &STATES));
  member_int(v, ",\"date_time\":", (uint64_t)out->timestamp);
  add_extra(v, &r, 200);
}

static void auction_of_event(const sl_generator *g, uint64_t n, sl_generated *out) {
  sl_random r = sl_random_of(g, n);
  sl_buf *v = &out->value;
  uint64_t id = newest_auction(n) + FIRST_AUCTION, initial = price(&r), reserve = initial + price(&r);
  bool is_hot = sl_random_below(&r, HOT_PEOPLE) > 0;
  uint64_t seller = is_hot ? hot(newest_person(n), FIRST_PERSON) : any_person(&r, n);
  out->topic = sl_kind_auction.name;
  out->timestamp = sl_generator_time(g, n);
  /* Long enough for some OPEN_AUCTIONS to be open at a time. */
  int64_t horizon = sl_generator_time(g, n + (uint64_t)OPEN_AUCTIONS * ALL / AUCTIONS) - out->timestamp;
  int64_t length = 1 + (int64_t)sl_random_below(&r, (uint64_t)(horizon * 2 > 1 ? horizon * 2 : 1));
  sl_key_int64(out, (int64_t)id);
  member_int(v, "{\"id\":", id);
  sl_buf_add_z(v, ",\"item_name\":\"");
  sl_add_letters(v, &r, 5 + sl_random_below(&r, 15));
  sl_buf_add_z(v, "\",\"description\":\"");
  sl_add_letters(v, &r, 20 + sl_random_below(&r, 80));
  member_int(v, "\",\"initial_bid\":", initial);
  member_int(v, ",\"reserve\":", reserve);
  member_int(v, ",\"date_time\":", (uint64_t)out->timestamp);
  member_int(v, ",\"expires\":", (uint64_t)(out->timestamp + length));
  member_int(v, ",\"seller\":", seller);
  member_int(v, ",\"category\":", FIRST_CATEGORY + sl_random_below(&r, CATEGORIES));
  add_extra(v, &r, 500);
}

static void add_channel(sl_buf *v, sl_random *r) {
  bool is_hot = sl_random_below(r, 2) > 0;
  uint64_t number = sl_random_below(r, is_hot ? HOT_CHANNELS.count : CHANNELS);
  sl_buf_add_z(v, ",\"channel\":\"");
  if (is_hot)
    sl_buf_add_z(v, HOT_CHANNELS.words[number]);
  else
    member_int(v, "channel-", number);
  sl_buf_add_z(v, "\",\"url\":\"https://www.nexmark.com/");
  sl_random fixed = {number + (is_hot ? CHANNELS : 0)}; /* a channel has one address */
  for (int i = 0; i < 3; i++) {
    sl_add_letters(v, &fixed, 5);
    sl_buf_add_byte(v, '/');
  }
  sl_buf_add_z(v, "item.htm?query=1");
  if (!is_hot && number % 10) member_int(v, "&channel_id=", number * 2654435761u % (1u << 31));
  sl_buf_add_byte(v, '"');
}

static void bid_of_event(const sl_generator *g, uint64_t n, sl_generated *out) {
  sl_random r = sl_random_of(g, n);
  sl_buf *v = &out->value;
  uint64_t auction = sl_random_below(&r, HOT_AUCTIONS) > 0 ? hot(newest_auction(n), FIRST_AUCTION) : any_auction(&r, n);
  uint64_t bidder = sl_random_below(&r, HOT_PEOPLE) > 0 ? hot(newest_person(n), FIRST_PERSON + 1) : any_person(&r, n);
  out->topic = sl_kind_bid.name;
  out->timestamp = sl_generator_time(g, n);
  sl_key_int64(out, (int64_t)auction);
  member_int(v, "{\"auction\":", auction);
  member_int(v, ",\"bidder\":", bidder);
  member_int(v, ",\"price\":", price(&r));
  add_channel(v, &r);
  member_int(v, ",\"date_time\":", (uint64_t)out->timestamp);
  add_extra(v, &r, 220);
}

static void make_nexmark(const sl_generator *g, uint64_t n, sl_generated *out) {
  uint64_t at = n % ALL;
  if (at < PERSONS)
    person_of_event(g, n, out);
  else if (at < PERSONS + AUCTIONS)
    auction_of_event(g, n, out);
  else
    bid_of_event(g, n, out);
}

static void make_person(const sl_generator *g, uint64_t i, sl_generated *out) {
  person_of_event(g, i * ALL, out);
}
static void make_auction(const sl_generator *g, uint64_t i, sl_generated *out) {
  auction_of_event(g, i / AUCTIONS * ALL + PERSONS + i % AUCTIONS, out);
}
static void make_bid(const sl_generator *g, uint64_t i, sl_generated *out) {
  bid_of_event(g, i / BIDS * ALL + PERSONS + AUCTIONS + i % BIDS, out);
}

const sl_generator_kind sl_kind_person = {
    .name = "person",
    .doc = "Nexmark: who sells and bids",
    .sql = "CREATE STREAM person (k BIGINT KEY, id BIGINT, name STRING, email_address STRING, credit_card STRING, city "
           "STRING, state STRING, date_time BIGINT, extra STRING) WITH (KAFKA_TOPIC='%s', PARTITIONS=%d, "
           "VALUE_FORMAT='JSON');",
    .per_second = 10000,
    .make = make_person};
const sl_generator_kind sl_kind_auction = {
    .name = "auction",
    .doc = "Nexmark: what is sold",
    .sql = "CREATE STREAM auction (k BIGINT KEY, id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, "
           "reserve BIGINT, date_time BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra STRING) WITH "
           "(KAFKA_TOPIC='%s', PARTITIONS=%d, VALUE_FORMAT='JSON');",
    .per_second = 10000,
    .make = make_auction};
const sl_generator_kind sl_kind_bid = {
    .name = "bid",
    .doc = "Nexmark: the bids",
    .sql = "CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, "
           "date_time BIGINT, extra STRING) WITH (KAFKA_TOPIC='%s', PARTITIONS=%d, VALUE_FORMAT='JSON');",
    .per_second = 10000,
    .make = make_bid};
static const char *const NEXMARK_PARTS[] = {"person", "auction", "bid", NULL};
const sl_generator_kind sl_kind_nexmark = {
    .name = "nexmark",
    .doc = "all three of Nexmark, 2 % persons, 6 % auctions, 92 % bids, each in its topic",
    .per_second = 10000,
    .make = make_nexmark,
    .parts = NEXMARK_PARTS};
