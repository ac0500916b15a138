/* What makes a logical input complete (cli.md 3). */
#include "shell/shell_int.h"

/* Copies text without its -- comments; *open tells that a quote was not closed. */
static sl_str strip(sl_arena *arena, sl_str text, bool *open) {
  char *out = sl_arena_alloc(arena, text.len + 1), quote = 0;
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!quote && c == '-' && i + 1 < text.len && text.ptr[i + 1] == '-') {
      while (i < text.len && text.ptr[i] != '\n') i++;
      if (i < text.len) out[len++] = '\n';
      continue;
    }
    if (quote == c)
      quote = 0; /* a doubled quote closes and opens again */
    else if (!quote && c == '\'')
      quote = c;
    out[len++] = c;
  }
  *open = quote != 0;
  return sl_str_trim(sl_str_n(out, len));
}

sl_str sl_input_strip(sl_arena *arena, sl_str text) {
  bool open;
  return strip(arena, text, &open);
}

bool sl_input_complete(sl_str text) {
  sl_arena arena;
  bool open;
  sl_arena_init(&arena, 0);
  sl_str stripped = strip(&arena, text, &open);
  bool complete = !open && (!stripped.len || stripped.ptr[stripped.len - 1] == ';' || sl_shell_is_command(stripped));
  sl_arena_done(&arena);
  return complete;
}
