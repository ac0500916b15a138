/* Finds the directory of user functions and tells in the log what came of each object in it. */
#include "engine/extensions.h"
#include <stdlib.h>
#include "base/logger.h"
#include "functions/user_functions.h"

static void tell(void *ctx, const sl_user_report *one) {
  (void)ctx;
  if (one->refused)
    sl_log_line(SL_LOG_WARN, "functions.refused", "file=\"%s\" reason=\"%s\"", one->path, one->refused);
  else
    sl_log_line(SL_LOG_INFO, "functions.loaded", "file=\"%s\" functions=%d", one->path, one->functions);
}

static int load_configured(const sl_settings *settings, bool by_default, sl_err *err) {
  static const char PROPERTY[] = "ksql.extension.dir";
  sl_arena arena;
  int code = 0;
  sl_arena_init(&arena, 0);
  bool is_set = sl_settings_is_set(settings, PROPERTY);
  const char *dir = sl_str_dup(&arena, sl_settings_str(settings, PROPERTY)).ptr;
  if (sl_fs_is_dir(sl_fs_real(), dir) && (is_set || by_default))
    code = sl_user_functions_load(dir, &settings->values, tell, NULL, err);
  else if (is_set && *dir)
    sl_log_line(SL_LOG_WARN, "functions.missing", "dir=\"%s\" reason=\"%s names no directory\"", dir, PROPERTY);
  sl_arena_done(&arena);
  return code;
}

int sl_extensions_load(const char *dir, const sl_settings *settings, bool by_default, sl_err *err) {
  if (!sl_settings_bool(settings, "ksql.udfs.enabled")) return 0;
  const char *named = dir ? dir : getenv("SLUICE_EXTENSIONS");
  if (!named || !*named) return load_configured(settings, by_default, err);
  int code = sl_user_functions_load(named, &settings->values, tell, NULL, err);
  return code ? sl_err_prefix(err, "User functions: ") : 0;
}
