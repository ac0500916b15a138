/* Sessions: SET overrides and variables of one request, shell or test. */
#include "base/heap.h"
#include "engine/engine_int.h"

sl_session *sl_session_new(sl_engine *engine) {
  sl_session *session = sl_heap_zalloc(sizeof *session);
  session->engine = engine;
  session->settings.parent = engine->settings;
  return session;
}

static void variables_done(sl_map *variables) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(variables, &at));) sl_heap_free(e->value);
  sl_map_done(variables);
}

void sl_session_free(sl_session *session) {
  if (!session) return;
  sl_settings_done(&session->settings);
  variables_done(&session->variables);
  sl_heap_free(session);
}

sl_session *sl_session_copy(const sl_session *from) {
  sl_session *to = sl_session_new(from->engine);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&from->settings.values, &at));) {
    sl_str value = sl_str_of(e->value);
    sl_settings_set(&to->settings, e->key, &value, true, NULL);
  }
  at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&from->variables, &at));)
    sl_map_put(&to->variables, e->key, sl_heap_strdup(e->value));
  return to;
}

void sl_session_key(const sl_session *session, sl_buf *out) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&session->settings.values, &at));) {
    sl_buf_add_byte(out, '\0');
    sl_buf_add_str(out, e->key);
    sl_buf_add_byte(out, '=');
    sl_buf_add_z(out, e->value);
  }
}

int sl_session_set(sl_session *session, sl_str name, const sl_str *value, sl_err *err) {
  const sl_property_row *row = sl_property_find(name);
  if (row && !row->session && value)
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot override properties: [" SL_STR_FMT "]", SL_STR_ARG(name));
  return sl_settings_set(&session->settings, name, value, false, err);
}

int sl_session_define(sl_session *session, sl_str name, sl_str value, sl_err *err) {
  (void)err;
  sl_heap_free(sl_map_put(&session->variables, name, sl_heap_strndup(value.len ? value.ptr : "", value.len)));
  return 0;
}

const sl_settings *sl_session_settings(const sl_session *session) {
  return &session->settings;
}

bool sl_session_variable(void *ctx, sl_str name, sl_str *value) {
  const char *text = sl_map_find(&((sl_session *)ctx)->variables, name);
  if (!text) return false;
  *value = sl_str_of(text);
  return true;
}
