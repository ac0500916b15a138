/* GET /status, /status/{type}/{entity}/{action} and /is_valid_property/{name} (http-api.md 8, 16.2). */
#include "server/server_int.h"

enum { COMMANDS = 100000 }; /* the newest that are listed */

/* ---- statuses ---- */

void sl_api_status_all(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_arena *arena = sl_request_arena(request);
  sl_command *commands;
  size_t count;
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  if (sl_engine_commands(server->engine, arena, COMMANDS, &commands, &count, &err)) {
    sl_answer_error(request, &err, NULL);
    return;
  }
  /* Written as text: a command that was given several times is one member, the newest, and all have succeeded (one
   * that failed is not kept). */
  sl_buf text = {0};
  sl_map seen = {0};
  sl_buf_add_z(&text, "{\"commandStatuses\":{");
  for (size_t i = count; i-- > 0;) {
    if (sl_map_has(&seen, commands[i].id)) continue;
    sl_map_put(&seen, commands[i].id, &commands[i]);
    if (seen.count > 1) sl_buf_add_byte(&text, ',');
    sl_json_write_str(&text, commands[i].id);
    sl_buf_add_z(&text, ":\"SUCCESS\"");
  }
  sl_buf_add_z(&text, "}}");
  sl_answer(request, 200, "application/json", sl_buf_str(&text));
  sl_map_done(&seen);
  sl_buf_done(&text);
}

/* The entity of an id or a path without the backticks that ids of CREATE have and clients may leave out. */
static sl_str bare(sl_str entity) {
  bool quoted = entity.len >= 2 && entity.ptr[0] == '`' && entity.ptr[entity.len - 1] == '`';
  return quoted ? sl_str_n(entity.ptr + 1, entity.len - 2) : entity;
}

typedef struct command_name {
  sl_str type, entity, action;
} command_name;

/* type/entity/action; the entity may hold slashes. */
static bool split(sl_str text, command_name *out) {
  const char *first = text.len ? memchr(text.ptr, '/', text.len) : NULL;
  const char *last = text.len ? memrchr(text.ptr, '/', text.len) : NULL;
  if (!first || first == last) return false;
  out->type = sl_str_n(text.ptr, (size_t)(first - text.ptr));
  out->entity = bare(sl_str_n(first + 1, (size_t)(last - first - 1)));
  out->action = sl_str_n(last + 1, text.len - (size_t)(last + 1 - text.ptr));
  return true;
}

static bool names(const command_name *wanted, sl_str id) {
  command_name have;
  return split(id, &have) && sl_str_eq_nocase(have.type, wanted->type) && sl_str_eq(have.entity, wanted->entity) &&
         sl_str_eq_nocase(have.action, wanted->action);
}

void sl_api_status_one(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_arena *arena = sl_request_arena(request);
  sl_str path = sl_request_path(request);
  size_t prefix = strlen("/status/");
  command_name wanted;
  sl_command *commands;
  const sl_command *found = NULL;
  size_t count;
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  int code = sl_engine_commands(server->engine, arena, COMMANDS, &commands, &count, &err);
  if (!code && split(sl_str_n(path.ptr + prefix, path.len - prefix), &wanted))
    for (size_t i = count; i-- > 0 && !found;)
      if (names(&wanted, commands[i].id)) found = &commands[i];
  if (!code && !found) code = sl_err_set(&err, SL_E_NOT_FOUND, SL_NO_POS, "Command not found");
  if (code) {
    sl_answer_error(request, &err, NULL);
    return;
  }
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "status", sl_json_new_z(arena, "SUCCESS"));
  sl_json_set(arena, o, "message", sl_json_new_str(arena, found->message));
  sl_json_set(arena, o, "queryId",
              found->query_id.len ? sl_json_new_str(arena, found->query_id) : sl_json_new(arena, SL_JSON_NULL));
  sl_answer_json(request, 200, o);
}

/* ---- properties ---- */

static bool listed(sl_str list, sl_str name) {
  for (sl_str one; sl_list_next(&list, &one);)
    if (sl_str_eq(one, name)) return true;
  return false;
}

/* Listed as written, canonically, or without the prefix of the streams layer. */
static bool listed_any(sl_str list, sl_str name) {
  sl_arena arena;
  if (!list.len) return false;
  sl_arena_init(&arena, 256);
  sl_str canonical = sl_property_canonical(&arena, name), prefix = sl_str_of("ksql.streams.");
  bool found = listed(list, name) || listed(list, canonical);
  if (!found && sl_str_starts(canonical, prefix))
    found = listed(list, sl_str_n(canonical.ptr + prefix.len, canonical.len - prefix.len));
  sl_arena_done(&arena);
  return found;
}

static bool prohibited(const sl_settings *settings, sl_str name) {
  if (sl_str_eq_z(sl_settings_str(settings, "ksql.properties.overrides.validation.mode"), "allowlist"))
    return !listed_any(sl_settings_str(settings, "ksql.properties.overrides.allowlist"), name);
  return listed_any(sl_settings_str(settings, "ksql.properties.overrides.denylist"), name) ||
         sl_str_starts(name, sl_str_of("ssl."));
}

int sl_check_override(const sl_settings *settings, sl_str name, sl_err *err) {
  sl_err unknown = {0};
  bool refused = sl_property_check_override(name, &unknown) != 0, known = sl_property_find(name) != NULL;
  sl_err_done(&unknown);
  if (refused && !known)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "Not recognizable as ksql, streams, consumer, or producer property: '" SL_STR_FMT "'",
                      SL_STR_ARG(name));
  if (!refused && !prohibited(settings, name)) return 0;
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                    "One or more properties overrides set locally are prohibited by the KSQL server denylist (use "
                    "UNSET to reset their default value): [" SL_STR_FMT "]",
                    SL_STR_ARG(name));
}

void sl_api_valid_property(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_str path = sl_request_path(request);
  size_t prefix = strlen("/is_valid_property/");
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  if (sl_check_override(server->settings, sl_str_n(path.ptr + prefix, path.len - prefix), &err))
    sl_answer_error(request, &err, NULL);
  else
    sl_answer(request, 200, "application/json", sl_str_of("true"));
}
