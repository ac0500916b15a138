/* Properties files and the environment. */
#include "server/config.h"

#include <ctype.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"

enum { FILE_LIMIT = 1 << 20 };

static int set(sl_settings *settings, sl_str name, sl_str value, sl_err *err) {
  return sl_settings_set(settings, name, &value, false, err);
}

/* ---- properties files ---- */

typedef struct text_reader {
  const char *p, *end;
  int line;
} text_reader;

static void add_utf8(sl_buf *out, unsigned code) {
  if (code < 0x80) {
    sl_buf_add_byte(out, (uint8_t)code);
  } else if (code < 0x800) {
    sl_buf_add_byte(out, (uint8_t)(0xC0 | code >> 6));
    sl_buf_add_byte(out, (uint8_t)(0x80 | (code & 0x3F)));
  } else {
    sl_buf_add_byte(out, (uint8_t)(0xE0 | code >> 12));
    sl_buf_add_byte(out, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
    sl_buf_add_byte(out, (uint8_t)(0x80 | (code & 0x3F)));
  }
}

/* Reads the character after a backslash; false when the line goes on below. */
static bool read_escape(text_reader *r, sl_buf *out) {
  static const char FROM[] = "ntrf", TO[] = "\n\t\r\f";
  if (r->p >= r->end) return true;
  char c = *r->p++;
  if (c == '\r' && r->p < r->end && *r->p == '\n') c = *r->p++;
  if (c == '\n') {
    r->line++;
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t')) r->p++;
    return false;
  }
  const char *simple = strchr(FROM, c);
  unsigned code = 0;
  if (c == 'u' && r->end - r->p >= 4 && sscanf(r->p, "%4x", &code) == 1) {
    r->p += 4;
    add_utf8(out, code);
  } else {
    sl_buf_add_byte(out, (uint8_t)(simple && c ? TO[simple - FROM] : c));
  }
  return true;
}

/* Reads up to the end of the line, or for names to a separator. */
static void read_part(text_reader *r, bool is_name, sl_buf *out) {
  while (r->p < r->end && *r->p != '\n') {
    char c = *r->p;
    if (is_name && (c == '=' || c == ':' || c == ' ' || c == '\t')) return;
    r->p++;
    if (c == '\\')
      read_escape(r, out);
    else if (c != '\r')
      sl_buf_add_byte(out, (uint8_t)c);
  }
}

static void skip_blanks(text_reader *r) {
  while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\f' || *r->p == '\r')) r->p++;
}

static void skip_separator(text_reader *r) {
  skip_blanks(r);
  if (r->p < r->end && (*r->p == '=' || *r->p == ':')) r->p++;
  skip_blanks(r);
}

static int read_properties(text_reader *r, const char *path, sl_settings *settings, sl_err *err) {
  sl_buf name = {0}, value = {0};
  int code = 0;
  for (; r->p < r->end && !code; r->line++) {
    skip_blanks(r);
    int line = r->line;
    bool comment = r->p < r->end && (*r->p == '#' || *r->p == '!');
    sl_buf_reset(&name);
    sl_buf_reset(&value);
    if (comment) {
      while (r->p < r->end && *r->p != '\n') r->p++;
    } else {
      read_part(r, true, &name);
      skip_separator(r);
      read_part(r, false, &value);
    }
    if (r->p < r->end) r->p++; /* the line feed */
    if (!name.len) continue;
    code = set(settings, sl_buf_str(&name), sl_buf_str(&value), err);
    if (code) sl_err_prefix(err, "%s:%d: ", path, line);
  }
  sl_buf_done(&name);
  sl_buf_done(&value);
  return code;
}

int sl_config_read_file(const char *path, sl_settings *settings, sl_err *err) {
  sl_arena arena;
  char *data;
  size_t len;
  sl_arena_init(&arena, 0);
  int code = sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, &arena, &data, &len, err);
  if (!code) {
    text_reader reader = {data, data + len, 1};
    code = read_properties(&reader, path, settings, err);
  }
  sl_arena_done(&arena);
  return code;
}

int sl_config_read_word(const char *word, sl_settings *settings, sl_err *err) {
  const char *equals = strchr(word, '=');
  if (!equals || equals == word) return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Expected NAME=VALUE, got '%s'.", word);
  return set(settings, sl_str_n(word, (size_t)(equals - word)), sl_str_of(equals + 1), err);
}

/* ---- environment ---- */

/* The property whose name is written KSQL_<NAME> that way, or NULL. */
static const char *property_of_variable(sl_str variable) {
  size_t count;
  const sl_property_row *rows = sl_property_rows(&count);
  for (size_t i = 0; i < count; i++) {
    const char *name = rows[i].name;
    size_t len = strlen(name), at = 0;
    if (len != variable.len) continue;
    while (at < len && variable.ptr[at] == (name[at] == '.' ? '_' : (char)toupper((unsigned char)name[at]))) at++;
    if (at == len) return name;
  }
  return NULL;
}

static int read_java_options(const char *text, sl_settings *settings, sl_err *err) {
  while (*text) {
    while (*text == ' ') text++;
    size_t len = strcspn(text, " ");
    if (len > 2 && text[0] == '-' && text[1] == 'D') {
      sl_str word = sl_str_n(text + 2, len - 2);
      const char *equals = memchr(word.ptr, '=', word.len);
      sl_str name = equals ? sl_str_n(word.ptr, (size_t)(equals - word.ptr)) : word;
      sl_str value = equals ? sl_str_n(equals + 1, word.len - name.len - 1) : sl_str_of("");
      int code = sl_property_find(name) ? set(settings, name, value, err) : 0;
      if (code) return code;
    }
    text += len;
  }
  return 0;
}

int sl_config_read_environment(char *const *environment, sl_settings *settings, sl_err *err) {
  int code = 0;
  for (; *environment && !code; environment++) {
    const char *equals = strchr(*environment, '=');
    sl_str variable = sl_str_n(*environment, equals ? (size_t)(equals - *environment) : 0);
    if (!sl_str_starts(variable, sl_str_of("KSQL_"))) continue;
    if (sl_str_eq_z(variable, "KSQL_OPTS")) {
      code = read_java_options(equals + 1, settings, err);
      continue;
    }
    const char *name = property_of_variable(sl_str_n(variable.ptr + 5, variable.len - 5));
    if (name) code = set(settings, sl_str_of(name), sl_str_of(equals + 1), err);
  }
  if (code) sl_err_prefix(err, "Environment: ");
  return code;
}
