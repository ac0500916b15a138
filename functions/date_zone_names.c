/* English abbreviations of time zones. Where one is used in several parts of the world, the first row here is meant
 * when it is read. */
#include "functions/date_zone_names.h"

static const sl_zone_names ROWS[] = {
    {"Pacific Standard Time", "PST", "PDT", "America/Los_Angeles", "PT"},
    {"Mountain Standard Time", "MST", "MDT", "America/Denver", "MT"},
    {"Central Standard Time", "CST", "CDT", "America/Chicago", "CT"},
    {"Eastern Standard Time", "EST", "EDT", "America/New_York", "ET"},
    {"Atlantic Standard Time", "AST", "ADT", "America/Halifax", "AT"},
    {"Alaska Standard Time", "AKST", "AKDT", "America/Anchorage", "AKT"},
    {"Hawaii-Aleutian Standard Time", "HST", "HDT", "Pacific/Honolulu", "HST"},
    {"Newfoundland Standard Time", "NST", "NDT", "America/St_Johns", NULL},
    {"India Standard Time", "IST", "IDT", "Asia/Kolkata", NULL},
    {"Greenwich Mean Time", "GMT", "GMT", "GMT", NULL}, /* to be read alone: no region has this id */
    {"Greenwich Mean Time", "GMT", "BST", "Europe/London", NULL},
    {"Greenwich Mean Time", "GMT", "IST", "Europe/Dublin", NULL},
    {"Greenwich Mean Time", "GMT", "IST", "Eire", NULL},
    {"Coordinated Universal Time", "UTC", "UTC", "UTC", NULL},
    {"Central European Standard Time", "CET", "CEST", "Europe/Paris", NULL},
    {"Eastern European Standard Time", "EET", "EEST", "Europe/Athens", NULL},
    {"Western European Standard Time", "WET", "WEST", "Europe/Lisbon", NULL},
    {"Moscow Standard Time", "MSK", "MSD", "Europe/Moscow", NULL},
    {"Samara Standard Time", "SAMT", "SAMST", "Europe/Samara", NULL},
    {"Azores Standard Time", "AZOT", "AZOST", "Atlantic/Azores", NULL},
    {"Israel Standard Time", "IST", "IDT", "Asia/Jerusalem", NULL},
    {"Pakistan Standard Time", "PKT", "PKST", "Asia/Karachi", NULL},
    {"Nepal Time", "NPT", "NPST", "Asia/Kathmandu", NULL},
    {"Bangladesh Standard Time", "BDT", "BDST", "Asia/Dhaka", NULL},
    {"Gulf Standard Time", "GST", "GDT", "Asia/Dubai", NULL},
    {"Iran Standard Time", "IRST", "IRDT", "Asia/Tehran", NULL},
    {"Arabian Standard Time", "AST", "ADT", "Asia/Riyadh", NULL},
    {"Uzbekistan Standard Time", "UZT", "UZST", "Asia/Tashkent", NULL},
    {"Yekaterinburg Standard Time", "YEKT", "YEKST", "Asia/Yekaterinburg", NULL},
    {"Omsk Standard Time", "OMST", "OMSST", "Asia/Omsk", NULL},
    {"Novosibirsk Standard Time", "NOVT", "NOVST", "Asia/Novosibirsk", NULL},
    {"Krasnoyarsk Standard Time", "KRAT", "KRAST", "Asia/Krasnoyarsk", NULL},
    {"Irkutsk Standard Time", "IRKT", "IRKST", "Asia/Irkutsk", NULL},
    {"Yakutsk Standard Time", "YAKT", "YAKST", "Asia/Yakutsk", NULL},
    {"Vladivostok Standard Time", "VLAT", "VLAST", "Asia/Vladivostok", NULL},
    {"Magadan Standard Time", "MAGT", "MAGST", "Asia/Magadan", NULL},
    {"Indochina Time", "ICT", "ICST", "Asia/Bangkok", NULL},
    {"Western Indonesia Time", "WIB", "WIST", "Asia/Jakarta", NULL},
    {"Central Indonesia Time", "WITA", "CIST", "Asia/Makassar", NULL},
    {"Eastern Indonesia Time", "WIT", "EIST", "Asia/Jayapura", NULL},
    {"Singapore Standard Time", "SGT", "SGST", "Asia/Singapore", NULL},
    {"Malaysia Time", "MYT", "MYST", "Asia/Kuala_Lumpur", NULL},
    {"Philippine Standard Time", "PST", "PDT", "Asia/Manila", NULL},
    {"Hong Kong Standard Time", "HKT", "HKST", "Asia/Hong_Kong", NULL},
    {"China Standard Time", "CST", "CDT", "Asia/Shanghai", NULL},
    {"Taipei Standard Time", "CST", "CDT", "Asia/Taipei", NULL},
    {"Japan Standard Time", "JST", "JDT", "Asia/Tokyo", NULL},
    {"Korean Standard Time", "KST", "KDT", "Asia/Seoul", NULL},
    {"Australian Western Standard Time", "AWST", "AWDT", "Australia/Perth", NULL},
    {"Australian Central Standard Time", "ACST", "ACDT", "Australia/Adelaide", NULL},
    {"Australian Eastern Standard Time", "AEST", "AEDT", "Australia/Sydney", NULL},
    {"Lord Howe Standard Time", "LHST", "LHDT", "Australia/Lord_Howe", NULL},
    {"New Zealand Standard Time", "NZST", "NZDT", "Pacific/Auckland", NULL},
    {"Apia Standard Time", "WSST", "WSDT", "Pacific/Apia", NULL},
    {"Samoa Standard Time", "SST", "SDT", "Pacific/Pago_Pago", NULL},
    {"East Africa Time", "EAT", "EAST", "Africa/Nairobi", NULL},
    {"Central Africa Time", "CAT", "CAST", "Africa/Maputo", NULL},
    {"West Africa Standard Time", "WAT", "WAST", "Africa/Lagos", NULL},
    {"South Africa Standard Time", "SAST", "SAST", "Africa/Johannesburg", NULL},
    {"Brasilia Standard Time", "BRT", "BRST", "America/Sao_Paulo", NULL},
    {"Amazon Standard Time", "AMT", "AMST", "America/Manaus", NULL},
    {"Argentina Standard Time", "ART", "ARST", "America/Argentina/Buenos_Aires", NULL},
    {"Chile Standard Time", "CLT", "CLST", "America/Santiago", NULL},
    {"Colombia Standard Time", "COT", "COST", "America/Bogota", NULL},
    {"Peru Standard Time", "PET", "PEST", "America/Lima", NULL},
    {"Uruguay Standard Time", "UYT", "UYST", "America/Montevideo", NULL},
    {"Paraguay Standard Time", "PYT", "PYST", "America/Asuncion", NULL},
    {"Bolivia Time", "BOT", "BOST", "America/La_Paz", NULL},
    {"Venezuela Time", "VET", "VEST", "America/Caracas", NULL},
    {"Cuba Standard Time", "CST", "CDT", "America/Havana", NULL},
    {"Mexican Pacific Standard Time", "MST", "MDT", "America/Mazatlan", NULL},
    {"Eastern Standard Time", "EST", "EST", "EST", "ET"},
    {"Mountain Standard Time", "MST", "MST", "MST", "MT"},
    {"Hawaii-Aleutian Standard Time", "HST", "HST", "HST", "HST"},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

const sl_zone_names *sl_zone_names_of(const char *region, const char *standard_name) {
  for (int i = 0; i < ROW_COUNT; i++)
    if (!strcmp(ROWS[i].region, region)) return &ROWS[i];
  for (int i = 0; i < ROW_COUNT; i++)
    if (!strcmp(ROWS[i].name, standard_name) && strcmp(ROWS[i].region, "GMT")) return &ROWS[i];
  return NULL;
}

static size_t match(sl_str text, sl_str name) {
  return text.len >= name.len && sl_str_eq_nocase(sl_str_n(text.ptr, name.len), name) ? name.len : 0;
}

/* The long name of summer time, by the rule that holds where it is read: "Standard" becomes "Daylight" or "Summer". */
static size_t match_long_daylight(sl_str text, const sl_zone_names *row) {
  static const char STANDARD[] = "Standard";
  const char *name = row->name, *hit = strstr(name, STANDARD);
  if (!hit && !strcmp(row->daylight, "BST")) return match(text, sl_str_of("British Summer Time"));
  if (!hit) return !strcmp(row->daylight, "IST") ? match(text, sl_str_of("Irish Standard Time")) : 0;
  size_t front = match(text, sl_str_n(name, (size_t)(hit - name)));
  if (!front) return 0;
  sl_str rest = sl_str_n(text.ptr + front, text.len - front);
  size_t word = match(rest, sl_str_of("Daylight"));
  if (!word) word = match(rest, sl_str_of("Summer"));
  if (!word) return 0;
  rest = sl_str_n(rest.ptr + word, rest.len - word);
  size_t tail = match(rest, sl_str_of(hit + sizeof STANDARD - 1));
  return tail ? front + word + tail : 0;
}

size_t sl_zone_names_match(sl_str text, bool is_long, const char **region) {
  size_t longest = 0;
  for (int i = 0; i < ROW_COUNT; i++) {
    const sl_zone_names *row = &ROWS[i];
    size_t a = match(text, sl_str_of(is_long ? row->name : row->standard));
    size_t b = is_long ? match_long_daylight(text, row) : match(text, sl_str_of(row->daylight));
    if (b > a) a = b;
    if (!is_long && row->generic && match(text, sl_str_of(row->generic)) > a) a = strlen(row->generic);
    if (a <= longest) continue;
    longest = a;
    *region = row->region;
  }
  return longest;
}

void sl_zone_add_generic(sl_buf *out, const char *region, const char *standard_name, const char *standard,
                         bool is_long) {
  static const char STANDARD[] = "Standard ";
  const sl_zone_names *row = sl_zone_names_of(region, standard_name);
  const char *hit = strstr(standard_name, STANDARD);
  size_t len = strlen(standard);
  if (!is_long && row && row->generic) {
    sl_buf_add_z(out, row->generic);
  } else if (!is_long && len > 2 && !strcmp(standard + len - 2, "ST")) { /* JST: JT */
    sl_buf_add(out, standard, len - 2);
    sl_buf_add_byte(out, 'T');
  } else if (!is_long) {
    sl_buf_add_z(out, standard);
  } else if (hit) {
    sl_buf_add(out, standard_name, (size_t)(hit - standard_name));
    sl_buf_add_z(out, hit + sizeof STANDARD - 1);
  } else {
    sl_buf_add_z(out, standard_name);
  }
}
