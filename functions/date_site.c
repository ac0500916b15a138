/* Patterns and zones of a call site: see date_site.h. */
#include "functions/date_site.h"
#include "functions/functions_int.h"

/* Constants. */
typedef struct prepared {
  bool has_pattern;
  sl_date_compiled compiled;
  sl_zone server;
  sl_date_zone zones[SL_DATE_ZONES]; /* of arguments 1 and 2; known or with a reason when constant */
} prepared;

void sl_date_leave(void *local) {
  sl_date_site *s = local;
  sl_buf_done(&s->text);
  for (int i = 0; i < SL_DATE_ZONES; i++) sl_buf_done(&s->zones[i].text);
  sl_site_cache_done(&s->patterns);
  sl_lenient_calendar_free(s->calendar);
}

static void compile(sl_arena *arena, sl_str text, bool lenient, sl_date_compiled *out) {
  sl_err err = {0};
  *out = (sl_date_compiled){0};
  int rc = lenient ? sl_lenient_compile(arena, text, &out->lenient, &err)
                   : sl_date_pattern_compile(arena, text, &out->pattern, &err);
  if (rc) out->reason = sl_arena_dup(arena, err.message, strlen(err.message));
  sl_err_done(&err);
}

static bool is_given(const sl_call *call, int i) {
  return i < call->arg_count && call->is_constant[i] && !sl_is_null(&call->constants[i]);
}

static void prepare_pattern(sl_call *call, sl_arena *arena, bool lenient, prepared *p) {
  if (!is_given(call, 1)) return;
  p->has_pattern = true;
  compile(arena, sl_str_dup(arena, sl_value_str(&call->constants[1])), lenient, &p->compiled);
}

static void prepare_zone(sl_call *call, sl_arena *arena, int i, prepared *p) {
  if (!is_given(call, i)) return;
  sl_date_zone *z = &p->zones[i - 1];
  sl_err err = {0};
  z->known = !sl_zone_parse(sl_value_str(&call->constants[i]), &z->zone, &err);
  if (!z->known) z->reason = sl_arena_dup(arena, err.message, strlen(err.message));
  sl_err_done(&err);
}

static prepared *new_prepared(sl_call *call, sl_arena *arena) {
  prepared *p = sl_arena_zalloc(arena, sizeof *p);
  p->server = sl_zone_server();
  return call->prepared = p;
}

int sl_date_prepare(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  prepared *p = new_prepared(call, arena);
  prepare_pattern(call, arena, false, p);
  prepare_zone(call, arena, 2, p);
  return 0;
}

int sl_date_prepare_lenient(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  prepare_pattern(call, arena, true, new_prepared(call, arena));
  return 0;
}

int sl_date_prepare_zones(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  prepared *p = new_prepared(call, arena);
  prepare_zone(call, arena, 1, p);
  prepare_zone(call, arena, 2, p);
  return 0;
}

static void make_strict(sl_arena *arena, sl_str text, void *out) {
  compile(arena, text, false, out);
}

static void make_lenient(sl_arena *arena, sl_str text, void *out) {
  compile(arena, text, true, out);
}

static const sl_site_compiler STRICT = {64, sizeof(sl_date_compiled), make_strict, NULL},
                              LENIENT = {64, sizeof(sl_date_compiled), make_lenient, NULL};

static const sl_date_compiled *compiled_of(sl_call *call, const sl_value *args, const sl_site_compiler *compiler) {
  const prepared *p = call->prepared;
  if (p && p->has_pattern) return &p->compiled;
  return sl_site_cached(&((sl_date_site *)call->local)->patterns, compiler, sl_value_str(&args[1]));
}

const sl_date_compiled *sl_date_compiled_of(sl_call *call, const sl_value *args) {
  return compiled_of(call, args, &STRICT);
}

const sl_date_compiled *sl_date_lenient_of(sl_call *call, const sl_value *args) {
  return compiled_of(call, args, &LENIENT);
}

const sl_zone *sl_date_zone_of(sl_call *call, const sl_value *args, int i, const char **reason) {
  const prepared *p = call->prepared;
  const sl_date_zone *constant = p ? &p->zones[i - 1] : NULL;
  if (constant && constant->known) return &constant->zone;
  if (constant && constant->reason) {
    *reason = constant->reason;
    return NULL;
  }
  sl_date_zone *z = &((sl_date_site *)call->local)->zones[i - 1];
  sl_str text = sl_value_str(&args[i]);
  if (z->known && sl_str_eq(sl_buf_str(&z->text), text)) return &z->zone;
  sl_err err = {0};
  z->known = !sl_zone_parse(text, &z->zone, &err);
  if (!z->known) *reason = sl_arena_dup(call->arena, err.message, strlen(err.message));
  sl_err_done(&err);
  sl_buf_reset(&z->text);
  sl_buf_add_str(&z->text, text);
  return z->known ? &z->zone : NULL;
}

const sl_zone *sl_date_server_zone(sl_call *call) {
  return &((const prepared *)call->prepared)->server;
}

sl_buf *sl_date_text(sl_call *call) {
  sl_buf *text = &((sl_date_site *)call->local)->text;
  sl_buf_reset(text);
  return text;
}

sl_lenient_calendar *sl_date_calendar(sl_call *call) {
  sl_date_site *s = call->local;
  if (!s->calendar) s->calendar = sl_lenient_calendar_new();
  return s->calendar;
}
