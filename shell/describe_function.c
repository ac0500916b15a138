/* DESCRIBE FUNCTION (cli.md 7.3): labels of twelve characters, long text wrapped under its first line. */
#include "shell/display_int.h"

enum { LABEL = 12, MIN_WIDTH = 80 };

/* Prints "<indent><label>: text" broken between words, later lines below the first. */
static void wrapped(sl_output *out, const char *indent, const char *name, sl_str text) {
  size_t start = strlen(indent) + LABEL + 2, limit = (size_t)sl_output_width();
  if (limit < MIN_WIDTH) limit = MIN_WIDTH;
  size_t room = limit > start + 20 ? limit - start : 20;
  sl_output_print(out, "%s%-*s: ", indent, LABEL, name);
  bool first = true;
  while (first || text.len) {
    size_t fits = sl_text_prefix(text, room), cut = fits, skip = 0;
    const char *newline = fits ? memchr(text.ptr, '\n', fits) : NULL;
    if (newline) {
      cut = (size_t)(newline - text.ptr);
      skip = 1;
    } else if (fits < text.len) {
      while (cut > 0 && text.ptr[cut] != ' ') cut--;
      skip = cut > 0;
      if (!cut) cut = fits;
    }
    if (!first) sl_output_print(out, "%s%*s", indent, LABEL + 2, "");
    sl_output_line(out, sl_str_n(text.ptr, cut));
    text = sl_str_n(text.ptr + cut + skip, text.len - cut - skip);
    first = false;
  }
}

/* F(x INT, y VARCHAR[]) */
static sl_str variation(sl_arena *arena, sl_str name, const sl_json *arguments) {
  sl_buf buf = {0};
  sl_buf_add_str(&buf, name);
  sl_buf_add_byte(&buf, '(');
  for (size_t i = 0; i < arguments->count; i++) {
    const sl_json *a = arguments->items[i];
    sl_str argument = sl_member_text(a, "name", "");
    if (i) sl_buf_add_z(&buf, ", ");
    sl_buf_add_str(&buf, argument);
    if (argument.len) sl_buf_add_byte(&buf, ' ');
    sl_buf_add_str(&buf, sl_member_text(a, "type", ""));
    if (sl_member_true(a, "isVariadic")) sl_buf_add_z(&buf, "[]");
  }
  sl_buf_add_byte(&buf, ')');
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static void optional(sl_output *out, const sl_json *entity, const char *member, const char *name) {
  sl_str text = sl_member_text(entity, member, "");
  if (text.len) wrapped(out, "", name, text);
}

void sl_describe_print_function(sl_display *display, sl_arena *arena, const sl_json *entity) {
  sl_output *out = display->out;
  const sl_json *variations = sl_member_list(entity, "functions");
  wrapped(out, "", "Name", sl_member_text(entity, "name", ""));
  optional(out, entity, "author", "Author");
  optional(out, entity, "version", "Version");
  optional(out, entity, "description", "Overview");
  wrapped(out, "", "Type", sl_member_text(entity, "type", ""));
  wrapped(out, "", "Jar", sl_member_text(entity, "path", ""));
  wrapped(out, "", "Variations", sl_str_of(""));
  for (size_t i = 0; i < variations->count; i++) {
    const sl_json *v = variations->items[i], *arguments = sl_member_list(v, "arguments");
    sl_output_write(out, sl_str_of("\n"));
    wrapped(out, "\t", "Variation", variation(arena, sl_member_text(entity, "name", ""), arguments));
    wrapped(out, "\t", "Returns", sl_member_text(v, "returnType", ""));
    wrapped(out, "\t", "Description", sl_member_text(v, "description", ""));
    for (size_t a = 0; a < arguments->count; a++) {
      sl_str text = sl_member_text(arguments->items[a], "description", "");
      if (text.len) wrapped(out, "\t", sl_str_z(arena, sl_member_text(arguments->items[a], "name", "")), text);
    }
  }
}
