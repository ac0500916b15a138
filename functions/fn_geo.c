/* GEO_DISTANCE (functions.md 18): the great circle between two points by the haversine formula. */
#include <math.h>
#include "functions/functions_int.h"
#include "types/text.h"

static const double RADIUS_KM = 6371, RADIUS_MILES = 3959;
static const double DEGREE = 0.017453292519943295;

static int radius_of(sl_call *call, const sl_value *args, double *out) {
  static const struct {
    const char *unit;
    bool miles;
  } UNITS[] = {{"mi", true},         {"mile", true},        {"miles", true},      {"km", false},
               {"kilometer", false}, {"kilometers", false}, {"kilometre", false}, {"kilometres", false}};
  sl_str unit = sl_str_of("km");
  if (call->arg_count > 4 && !sl_is_null(&args[4])) {
    sl_str given = sl_text_trim(sl_value_str(&args[4]));
    if (given.len) unit = given;
  }
  for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
    if (sl_str_eq_nocase(unit, sl_str_of(UNITS[i].unit))) {
      *out = UNITS[i].miles ? RADIUS_MILES : RADIUS_KM;
      return 0;
    }
  return sl_fail(call, "GeoDistance function units parameter must be one of mi, mile, miles, km, kilometer, "
                       "kilometers, kilometre or kilometres. Values are case-insensitive.");
}

static int geo_distance(sl_call *call, const sl_value *args, sl_value *out) {
  double lat1 = args[0].f64, lon1 = args[1].f64, lat2 = args[2].f64, lon2 = args[3].f64, radius = RADIUS_KM;
  int rc = radius_of(call, args, &radius);
  if (rc) return rc;
  if (lat1 < -90 || lat1 > 90 || lat2 < -90 || lat2 > 90)
    return sl_fail(call,
                   "valid latitude values for GeoDistance function are in the range of -90 to 90 decimal degrees");
  if (lon1 < -180 || lon1 > 180 || lon2 < -180 || lon2 > 180)
    return sl_fail(call,
                   "valid longitude values for GeoDistance function are in the range of -180 to +180 decimal degrees");
  double north = sin((lat2 - lat1) * DEGREE / 2), east = sin((lon2 - lon1) * DEGREE / 2);
  double a = north * north + east * east * cos(lat1 * DEGREE) * cos(lat2 * DEGREE);
  return sl_give(out, sl_of_f64(radius * 2 * asin(sqrt(a))));
}

const sl_function sl_fn_geo[] = {
    {.name = "GEO_DISTANCE",
     .category = "OTHER",
     .doc = "Gives the distance between two points on the earth.",
     .example = "GEO_DISTANCE(0, 0, 0, 180, 'miles') => 12437.565315561991",
     .overloads =
         (const sl_overload[]){{.signature = "(DOUBLE! lat1, DOUBLE! lon1, DOUBLE! lat2, DOUBLE! lon2) -> DOUBLE",
                                .flags = SL_FN_NULLS,
                                .eval = geo_distance,
                                .doc = "Of degrees, in kilometres."},
                               {.signature = "(DOUBLE! lat1, DOUBLE! lon1, DOUBLE! lat2, DOUBLE! lon2, VARCHAR units) "
                                             "-> DOUBLE",
                                .flags = SL_FN_NULLS,
                                .eval = geo_distance,
                                .doc = "In miles or kilometres."},
                               {0}}},
    {0}};
