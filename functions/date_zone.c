/* Time zones on ICU. A region is loaded once into a table of changes, so that a look-up is a binary search without ICU,
 * locks or heap. The table reaches to LIMIT; later instants are moved back by whole cycles of 400 years, after which
 * the calendar, weekdays included, repeats itself.
 *
 * Regions live in one map behind a lock; a call site resolves its zone when it is prepared or when the text changes. */
#include "functions/date_zone.h"
#include <ctype.h>
#include <pthread.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "functions/date_zone_names.h"
#include "types/text.h"

enum { ID_MAX = 64, NAME_MAX_LEN = 96 };
static const int64_t LIMIT = INT64_C(14831769600000); /* 2440-01-01 */
static const int64_t CYCLE = INT64_C(146097) * 86400000;

/* From at_ms on the offset holds. local_ms: the local time from which on it is the one to use. */
typedef struct change {
  int64_t at_ms, local_ms;
  int32_t offset;
  bool daylight;
} change;

struct sl_region {
  const char *id;
  const change *changes; /* the first is for all times before the second */
  size_t count;
  const char *names[4]; /* standard short, standard long, daylight short, daylight long */
};

static struct {
  pthread_mutex_t lock;
  sl_arena arena;
  sl_map by_id; /* regions loaded so far */
  bool has_server;
  sl_zone server;
} zones = {.lock = PTHREAD_MUTEX_INITIALIZER, .arena = {.block_size = 16 * 1024}};

/* ---- loading ---- */

static void to_wide(UChar *out, const char *z) {
  do *out++ = (UChar)(unsigned char)*z;
  while (*z++);
}

/* UTF-8 of a name; all of them lie in the first plane. */
static const char *narrow(sl_arena *arena, const UChar *text, int32_t len) {
  char *out = sl_arena_alloc(arena, (size_t)len * 3 + 1), *p = out;
  for (int32_t i = 0; i < len; i++) {
    unsigned c = text[i];
    if (c < 0x80) {
      *p++ = (char)c;
    } else if (c < 0x800) {
      *p++ = (char)(0xc0 | c >> 6);
      *p++ = (char)(0x80 | (c & 0x3f));
    } else {
      *p++ = (char)(0xe0 | c >> 12);
      *p++ = (char)(0x80 | (c >> 6 & 0x3f));
      *p++ = (char)(0x80 | (c & 0x3f));
    }
  }
  *p = 0;
  return out;
}

static const char *icu_name(UCalendar *calendar, UCalendarDisplayNameType type) {
  UChar name[NAME_MAX_LEN];
  UErrorCode code = U_ZERO_ERROR;
  int32_t len = ucal_getTimeZoneDisplayName(calendar, type, "en_US", name, NAME_MAX_LEN, &code);
  return U_FAILURE(code) || len > NAME_MAX_LEN ? "" : narrow(&zones.arena, name, len);
}

static void load_names(sl_region *region, UCalendar *calendar) {
  const char *standard = icu_name(calendar, UCAL_STANDARD);
  const sl_zone_names *names = sl_zone_names_of(region->id, standard);
  region->names[SL_ZONE_SHORT] = names ? names->standard : icu_name(calendar, UCAL_SHORT_STANDARD);
  region->names[SL_ZONE_LONG] = standard;
  region->names[2 + SL_ZONE_SHORT] = names ? names->daylight : icu_name(calendar, UCAL_SHORT_DST);
  region->names[2 + SL_ZONE_LONG] = icu_name(calendar, UCAL_DST);
}

static change change_at(UCalendar *calendar, double ms, UErrorCode *code) {
  ucal_setMillis(calendar, ms, code);
  int32_t raw = ucal_get(calendar, UCAL_ZONE_OFFSET, code), saved = ucal_get(calendar, UCAL_DST_OFFSET, code);
  return (change){.at_ms = (int64_t)ms, .offset = (raw + saved) / 1000, .daylight = saved != 0};
}

static void load_changes(sl_region *region, UCalendar *calendar) {
  enum { MOST = 4096 };
  static const double FIRST = -1e14;
  UErrorCode code = U_ZERO_ERROR;
  sl_buf list = {0};
  change c = change_at(calendar, FIRST, &code);
  c.at_ms = c.local_ms = INT64_MIN;
  sl_buf_add(&list, &c, sizeof c);
  size_t count = 1;
  for (UDate at = FIRST; count < MOST; count++) {
    int32_t before = c.offset;
    if (!ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at, &code) || U_FAILURE(code)) break;
    if (at >= (double)LIMIT) break;
    c = change_at(calendar, at, &code);
    c.local_ms = c.at_ms + 1000 * (int64_t)(c.offset > before ? c.offset : before);
    sl_buf_add(&list, &c, sizeof c);
  }
  region->changes = (const change *)(void *)sl_arena_dup(&zones.arena, list.data, list.len);
  region->count = count;
  sl_buf_done(&list);
}

/* ICU also knows abbreviations of its own ("PST"), which are no ids here. */
static bool is_abbreviation(const char *id) {
  static const char KNOWN[] = " ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT"
                              " PST SST VST ";
  const char *hit = strlen(id) == 3 ? strstr(KNOWN, id) : NULL;
  return hit && hit[-1] == ' ' && hit[3] == ' ';
}

static bool icu_knows(const UChar *wide) {
  UChar canonical[ID_MAX];
  UErrorCode code = U_ZERO_ERROR;
  UBool is_system = false;
  ucal_getCanonicalTimeZoneID(wide, -1, canonical, ID_MAX, &is_system, &code);
  return U_SUCCESS(code) && is_system;
}

/* The region of an id, or NULL. The lock is held. */
static const sl_region *load(sl_str id) {
  sl_region *region = sl_map_find(&zones.by_id, id);
  if (region || !id.len || id.len >= ID_MAX) return region;
  char z[ID_MAX];
  UChar wide[ID_MAX];
  memcpy(z, id.ptr, id.len);
  z[id.len] = 0;
  if (strlen(z) != id.len || is_abbreviation(z) || !strcmp(z, "Etc/Unknown")) return NULL;
  to_wide(wide, z);
  UErrorCode code = U_ZERO_ERROR;
  if (!icu_knows(wide)) return NULL;
  UCalendar *calendar = ucal_open(wide, -1, "en_US", UCAL_GREGORIAN, &code);
  if (U_FAILURE(code)) return NULL;
  region = sl_arena_zalloc(&zones.arena, sizeof *region);
  region->id = sl_arena_dup(&zones.arena, z, id.len);
  load_changes(region, calendar);
  load_names(region, calendar);
  ucal_close(calendar);
  sl_map_put(&zones.by_id, id, region);
  return region;
}

static const sl_region *find_region(sl_str id) {
  pthread_mutex_lock(&zones.lock);
  const sl_region *region = load(id);
  pthread_mutex_unlock(&zones.lock);
  return region;
}

/* ---- ids ---- */

static bool starts(sl_str s, const char *word) {
  return s.len >= strlen(word) && !memcmp(s.ptr, word, strlen(word));
}

/* After which word an offset may follow. */
static const struct {
  const char *word;
  sl_zone_prefix prefix;
} PREFIXES[] = {{"UTC", SL_ZONE_UTC}, {"GMT", SL_ZONE_GMT}, {"UT", SL_ZONE_UT}};
enum { PREFIX_COUNT = 3 };

static int fail_id(sl_err *err, const char *what, sl_str id) {
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "%s: %.*s", what, (int)(id.len < 256 ? id.len : 256),
                    id.len ? id.ptr : "");
}

static bool is_region_name(sl_str id) {
  if (id.len < 2 || !isalpha((unsigned char)id.ptr[0])) return false;
  for (size_t i = 1; i < id.len; i++)
    if (!id.ptr[i] || (!isalnum((unsigned char)id.ptr[i]) && !strchr("~/._+-", id.ptr[i]))) return false;
  return true;
}

static int parse_region(sl_str id, sl_zone *out, sl_err *err) {
  if (!is_region_name(id)) return fail_id(err, "Invalid ID for region-based ZoneId, invalid format", id);
  const sl_region *region = find_region(id);
  if (!region) return fail_id(err, "Unknown time-zone ID", id);
  *out = (sl_zone){.region = region};
  return 0;
}

int sl_zone_parse(sl_str id, sl_zone *out, sl_err *err) {
  int seconds = 0;
  if (sl_str_eq_z(id, "Z")) {
    *out = (sl_zone){0};
    return 0;
  }
  if (id.len < 2 || id.ptr[0] == '+' || id.ptr[0] == '-') {
    int rc = sl_zone_offset_parse(id, &seconds, err);
    if (!rc) *out = (sl_zone){.offset = seconds};
    return rc;
  }
  for (int i = 0; i < PREFIX_COUNT; i++) {
    if (!starts(id, PREFIXES[i].word)) continue;
    sl_str rest = sl_str_n(id.ptr + strlen(PREFIXES[i].word), id.len - strlen(PREFIXES[i].word));
    if (rest.len && rest.ptr[0] != '+' && rest.ptr[0] != '-') break;
    if (rest.len && sl_zone_offset_parse(rest, &seconds, NULL))
      return fail_id(err, "Invalid ID for offset-based ZoneId", id);
    *out = (sl_zone){.offset = seconds, .prefix = PREFIXES[i].prefix};
    return 0;
  }
  return parse_region(id, out, err);
}

static sl_zone host_zone(void) {
  UChar wide[ID_MAX];
  UErrorCode code = U_ZERO_ERROR;
  int32_t len = ucal_getHostTimeZone(wide, ID_MAX, &code);
  char id[ID_MAX * 3 + 1] = "";
  for (int32_t i = 0; U_SUCCESS(code) && i < len && i < ID_MAX; i++) id[i] = (char)wide[i], id[i + 1] = 0;
  sl_zone zone = {0};
  if (sl_zone_parse(sl_str_of(id), &zone, NULL)) zone = (sl_zone){.prefix = SL_ZONE_UTC};
  return zone;
}

sl_zone sl_zone_server(void) {
  pthread_mutex_lock(&zones.lock);
  bool known = zones.has_server;
  sl_zone zone = zones.server;
  pthread_mutex_unlock(&zones.lock);
  if (known) return zone;
  zone = host_zone();
  pthread_mutex_lock(&zones.lock);
  zones.server = zone;
  zones.has_server = true;
  pthread_mutex_unlock(&zones.lock);
  return zone;
}

int sl_zone_set_server(sl_str id, sl_err *err) {
  sl_zone zone;
  int rc = sl_zone_parse(id, &zone, err);
  if (rc) return rc;
  pthread_mutex_lock(&zones.lock);
  zones.server = zone;
  zones.has_server = true;
  pthread_mutex_unlock(&zones.lock);
  return 0;
}

/* ---- offsets ---- */

static int64_t within_table(int64_t ms, int64_t *shift) {
  *shift = ms >= LIMIT ? ((ms - LIMIT) / CYCLE + 1) * CYCLE : 0;
  return ms - *shift;
}

static const change *find_change(const sl_region *region, int64_t ms, bool local) {
  size_t low = 0, high = region->count;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    const change *c = &region->changes[middle];
    if ((local ? c->local_ms : c->at_ms) <= ms)
      low = middle;
    else
      high = middle;
  }
  return &region->changes[low];
}

int32_t sl_zone_offset(const sl_zone *zone, int64_t ms, bool *out_summer) {
  if (!zone->region) {
    if (out_summer) *out_summer = false;
    return zone->offset;
  }
  int64_t shift;
  const change *c = find_change(zone->region, within_table(ms, &shift), false);
  if (out_summer) *out_summer = c->daylight;
  return c->offset;
}

int64_t sl_zone_instant(const sl_zone *zone, int64_t local_ms) {
  if (!zone->region) return local_ms - zone->offset * INT64_C(1000);
  int64_t shift, local = within_table(local_ms, &shift);
  return local_ms - find_change(zone->region, local, true)->offset * INT64_C(1000);
}

int32_t sl_zone_legacy_offset(const sl_zone *zone, int64_t ms) {
  if (!zone->region && (zone->prefix == SL_ZONE_UTC || zone->prefix == SL_ZONE_UT || zone->offset % 60)) return 0;
  return sl_zone_offset(zone, ms, NULL);
}

/* ---- text ---- */

static void print_offset(sl_buf *out, int32_t offset) {
  int32_t n = offset < 0 ? -offset : offset;
  sl_buf_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', n / 3600, n / 60 % 60);
  if (n % 60) sl_buf_printf(out, ":%02d", n % 60);
}

void sl_zone_print(sl_buf *out, const sl_zone *zone) {
  static const char *const WORDS[] = {"", "UTC", "GMT", "UT"};
  if (zone->region) {
    sl_buf_add_z(out, zone->region->id);
    return;
  }
  sl_buf_add_z(out, WORDS[zone->prefix]);
  if (zone->offset)
    print_offset(out, zone->offset);
  else if (zone->prefix == SL_ZONE_PLAIN)
    sl_buf_add_byte(out, 'Z');
}

static void print_fixed(sl_buf *out, const sl_zone *zone, bool is_long) {
  if (!is_long || zone->offset || zone->prefix == SL_ZONE_PLAIN)
    sl_zone_print(out, zone);
  else
    sl_buf_add_z(out, zone->prefix == SL_ZONE_GMT ? "Greenwich Mean Time" : "Coordinated Universal Time");
}

void sl_zone_print_name(sl_buf *out, const sl_zone *zone, sl_zone_style style, bool in_summer) {
  bool is_long = style == SL_ZONE_LONG || style == SL_ZONE_GENERIC_LONG;
  if (!zone->region) {
    print_fixed(out, zone, is_long);
    return;
  }
  const char *const *names = zone->region->names;
  if (style <= SL_ZONE_LONG)
    sl_buf_add_z(out, names[2 * in_summer + style]);
  else
    sl_zone_add_generic(out, zone->region->id, names[SL_ZONE_LONG], names[SL_ZONE_SHORT], is_long);
}

/* All ids in lower case, with their spelling; made on first use. */
static struct {
  sl_arena arena;
  sl_map by_lower;
} ids;
static pthread_once_t ids_once = PTHREAD_ONCE_INIT;

static void fill_ids(void) {
  sl_arena_init(&ids.arena, 0);
  UErrorCode code = U_ZERO_ERROR;
  UEnumeration *all = ucal_openTimeZones(&code);
  int32_t len;
  for (const char *id; U_SUCCESS(code) && (id = uenum_next(all, &len, &code));) {
    if (is_abbreviation(id)) continue;
    const char *spelling = sl_arena_dup(&ids.arena, id, (size_t)len);
    sl_map_put(&ids.by_lower, sl_str_lower(&ids.arena, sl_str_of(spelling)), (void *)(uintptr_t)spelling);
  }
  uenum_close(all);
}

static bool is_id_char(char c) {
  return isalnum((unsigned char)c) || c == '/' || c == '_' || c == '+' || c == '-';
}

static size_t match_region(sl_str text, sl_zone *out) {
  pthread_once(&ids_once, fill_ids);
  char lower[ID_MAX];
  size_t len = 0;
  for (; len < text.len && len < ID_MAX && is_id_char(text.ptr[len]); len++)
    lower[len] = (char)tolower((unsigned char)text.ptr[len]);
  for (; len; len--) {
    const char *id = sl_map_find(&ids.by_lower, sl_str_n(lower, len));
    if (!id) continue;
    *out = (sl_zone){.region = find_region(sl_str_of(id))};
    if (out->region) return len;
  }
  return 0;
}

/* "+hh:mm:ss" or "+hh:mm" at the front of text. */
static size_t match_offset(sl_str text, int *seconds) {
  static const size_t LENGTHS[] = {9, 6};
  for (int i = 0; i < 2; i++)
    if (text.len >= LENGTHS[i] && text.ptr[3] == ':' &&
        !sl_zone_offset_parse(sl_str_n(text.ptr, LENGTHS[i]), seconds, NULL))
      return LENGTHS[i];
  return 0;
}

static size_t match_fixed(sl_str text, sl_zone *out) {
  int seconds = 0;
  if (text.len && (text.ptr[0] == '+' || text.ptr[0] == '-')) {
    size_t len = match_offset(text, &seconds);
    if (len) *out = (sl_zone){.offset = seconds};
    return len;
  }
  for (int i = 0; i < PREFIX_COUNT; i++) {
    size_t len = strlen(PREFIXES[i].word);
    if (text.len < len || !sl_str_eq_nocase(sl_str_n(text.ptr, len), sl_str_of(PREFIXES[i].word))) continue;
    sl_str rest = sl_str_n(text.ptr + len, text.len - len);
    if (rest.len && (rest.ptr[0] == '+' || rest.ptr[0] == '-')) len += match_offset(rest, &seconds);
    *out = (sl_zone){.offset = seconds, .prefix = PREFIXES[i].prefix};
    return len;
  }
  return 0;
}

size_t sl_zone_match(sl_str text, const sl_zone_style *style, sl_zone *out) {
  sl_zone zone = {0}, other = {0};
  size_t len = match_fixed(text, &zone), more = match_region(text, &other);
  if (more > len) {
    len = more;
    zone = other;
  }
  const char *region = NULL;
  size_t named =
      style ? sl_zone_names_match(text, *style == SL_ZONE_LONG || *style == SL_ZONE_GENERIC_LONG, &region) : 0;
  if (named > len && sl_zone_parse(sl_str_of(region), &other, NULL) == 0) {
    len = named;
    zone = other;
  }
  if (!len && text.len && (text.ptr[0] | 32) == 'z') len = 1;
  if (len) *out = zone;
  return len;
}
