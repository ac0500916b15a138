/* Output: one stream of bytes to the terminal, copied to the spool file. Buffered by stdio; whoever prints something
 * that a user waits for flushes. */
#include "shell/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/heap.h"

enum { DEFAULT_WIDTH = 80, DEFAULT_HEIGHT = 24 };

void sl_output_init(sl_output *out) {
  *out = (sl_output){.terminal = isatty(STDOUT_FILENO)};
}

void sl_output_done(sl_output *out) {
  sl_output_flush(out);
  sl_output_spool_end(out);
}

static void to_spool(sl_output *out, sl_str text) {
  if (!out->spool || !text.len) return;
  sl_err err = {0};
  if (sl_file_write(out->spool, out->spool_size, text.ptr, text.len, &err)) {
    fprintf(stderr, "The spool file cannot be written: %s\n", err.message);
    sl_err_done(&err);
    sl_output_spool_end(out);
    return;
  }
  out->spool_size += text.len;
}

void sl_output_write(sl_output *out, sl_str text) {
  if (text.len && fwrite(text.ptr, 1, text.len, stdout) < text.len) out->broken = true;
  to_spool(out, text);
}

void sl_output_print(sl_output *out, const char *fmt, ...) {
  sl_buf buf = {0};
  va_list args;
  va_start(args, fmt);
  sl_buf_vprintf(&buf, fmt, args);
  va_end(args);
  sl_output_write(out, sl_buf_str(&buf));
  sl_buf_done(&buf);
}

void sl_output_line(sl_output *out, sl_str text) {
  sl_output_write(out, text);
  sl_output_write(out, sl_str_of("\n"));
}

void sl_output_control(sl_output *out, const char *bytes) {
  if (out->terminal && fputs(bytes, stdout) == EOF) out->broken = true;
}

void sl_output_error(sl_output *out, sl_str message) {
  sl_output_control(out, "\033[31m");
  sl_output_write(out, message);
  sl_output_control(out, "\033[0m");
  sl_output_write(out, sl_str_of("\n"));
  sl_output_flush(out);
}

void sl_output_flush(sl_output *out) {
  if (fflush(stdout) == EOF && errno != EINTR) out->broken = true;
}

static bool window(struct winsize *size) {
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, size) == 0;
}

int sl_output_width(void) {
  struct winsize size;
  return window(&size) && size.ws_col ? size.ws_col : DEFAULT_WIDTH;
}

int sl_output_height(void) {
  struct winsize size;
  return window(&size) && size.ws_row ? size.ws_row : DEFAULT_HEIGHT;
}

int sl_output_spool(sl_output *out, const char *path, sl_err *err) {
  char absolute[PATH_MAX];
  sl_file *file;
  int code = sl_fs_open(sl_fs_real(), path, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  if (!code) code = sl_file_truncate(file, 0, err);
  if (code) return code;
  out->spool = file;
  out->spool_size = 0;
  out->spool_path = sl_heap_strdup(realpath(path, absolute) ? absolute : path);
  return 0;
}

void sl_output_spool_end(sl_output *out) {
  sl_file_close(out->spool);
  sl_heap_free(out->spool_path);
  out->spool = NULL;
  out->spool_path = NULL;
}

void sl_output_spool_input(sl_output *out, sl_str text) {
  to_spool(out, sl_str_of("ksql> "));
  to_spool(out, text);
  to_spool(out, sl_str_of("\n"));
}

/* ---- text ---- */

size_t sl_text_width(sl_str text) {
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
  return count;
}

size_t sl_text_prefix(sl_str text, size_t n) {
  size_t i = 0;
  for (size_t count = 0; i < text.len; i++)
    if (((unsigned char)text.ptr[i] & 0xC0) != 0x80 && count++ == n) break;
  return i;
}
