/* User functions for readings of weather stations, one of each kind:
 *
 *   FAHRENHEIT(celsius)         scalar:    a temperature in degrees Fahrenheit
 *   WORDS(text)                 table:     a row for every word of a text
 *   SPREAD(value)               aggregate: the greatest value minus the least */
#include <sluice_udf.h>

/* ---- FAHRENHEIT: called with an argument that is not NULL ---- */

static int fahrenheit(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  return sluice_set_number(call, out, sluice_number(call, args[0]) * 9 / 5 + 32);
}

static const sluice_overload FAHRENHEIT[] = {
    {.signature = "(DOUBLE celsius) -> DOUBLE", .description = "Of degrees Celsius.", .eval = fahrenheit}, {0}};

/* ---- WORDS: an array with a row for each ---- */

/* The next word at or after *at; 0 at the end. */
static size_t next_word(const char *text, size_t len, size_t *at) {
  while (*at < len && text[*at] == ' ') ++*at;
  size_t end = *at;
  while (end < len && text[end] != ' ') end++;
  return end - *at;
}

static int words(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  size_t len, at = 0, rows = 0, word;
  const char *text = sluice_text(call, args[0], &len);
  for (at = 0; (word = next_word(text, len, &at)) > 0; at += word) rows++;
  int code = sluice_set_items(call, out, rows);
  at = 0;
  for (size_t i = 0; i < rows && !code; i++) {
    word = next_word(text, len, &at);
    code = sluice_set_text(call, sluice_item_of(call, out, i), text + at, word);
    at += word;
  }
  return code;
}

static const sluice_overload WORDS[] = {
    {.signature = "(VARCHAR text) -> VARCHAR", .description = "Words end at blanks.", .eval = words}, {0}};

/* ---- SPREAD: its state is the least and the greatest value so far, both NULL at first ---- */

static int spread_init(sluice_call *call, sluice_result state) {
  return sluice_set_items(call, state, 0);
}

/* Widens a state so that it holds v. */
static int widen(sluice_call *call, sluice_result out, const char *field, sluice_value old, sluice_value v, int sign) {
  if (!sluice_is_null(call, old) && sign * (sluice_number(call, v) - sluice_number(call, old)) <= 0) return 0;
  return sluice_set_value(call, sluice_field_of(call, out, field), v);
}

static int spread_add(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  (void)count;
  if (sluice_is_null(call, args[0])) return 0; /* out is the old state already */
  int code = sluice_extend(call, out, state, 0);
  if (!code) code = widen(call, out, "LEAST", sluice_field(call, state, "LEAST"), args[0], -1);
  if (!code) code = widen(call, out, "MOST", sluice_field(call, state, "MOST"), args[0], 1);
  return code;
}

static int spread_merge(sluice_call *call, sluice_value state, sluice_value other, sluice_result out) {
  sluice_value least = sluice_field(call, other, "LEAST"), most = sluice_field(call, other, "MOST");
  if (sluice_is_null(call, least)) return 0;
  int code = sluice_extend(call, out, state, 0);
  if (!code) code = widen(call, out, "LEAST", sluice_field(call, state, "LEAST"), least, -1);
  if (!code) code = widen(call, out, "MOST", sluice_field(call, state, "MOST"), most, 1);
  return code;
}

static int spread_result(sluice_call *call, sluice_value state, sluice_result out) {
  sluice_value least = sluice_field(call, state, "LEAST");
  if (sluice_is_null(call, least)) return 0; /* out is NULL already */
  return sluice_set_number(call, out,
                           sluice_number(call, sluice_field(call, state, "MOST")) - sluice_number(call, least));
}

static const sluice_overload SPREAD[] = {{.signature = "(DOUBLE val1) -> DOUBLE",
                                          .description = "NULLs do not count.",
                                          .state = "STRUCT<LEAST DOUBLE, MOST DOUBLE>",
                                          .init = spread_init,
                                          .add = spread_add,
                                          .merge = spread_merge,
                                          .result = spread_result},
                                         {0}};

/* ---- what sluice reads ---- */

static const sluice_function FUNCTIONS[] = {
    {"FAHRENHEIT", SLUICE_SCALAR, "WEATHER", "Gives a temperature in degrees Fahrenheit.", FAHRENHEIT},
    {"WORDS", SLUICE_TABLE, "WEATHER", "Gives a row for every word of a text.", WORDS},
    {"SPREAD", SLUICE_AGGREGATE, "WEATHER", "Gives the greatest value minus the least.", SPREAD},
    {0}};

SLUICE_EXPORT const sluice_library sluice_functions = {
    .version = SLUICE_UDF_VERSION, .author = "sluice", .library_version = "1.0", .functions = FUNCTIONS};
