/* Where all that a user reads goes: standard output, and the spool file while there is one. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"

typedef struct sl_output {
  bool terminal; /* colours and the status line make sense */
  bool broken;   /* nobody reads standard output any more */
  sl_file *spool;
  uint64_t spool_size;
  char *spool_path; /* absolute */
} sl_output;

void sl_output_init(sl_output *out);
void sl_output_done(sl_output *out);
void sl_output_write(sl_output *out, sl_str text);
void sl_output_print(sl_output *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sl_output_line(sl_output *out, sl_str text); /* with a newline */
/* An error message: red on terminals, plain in the spool and elsewhere. */
void sl_output_error(sl_output *out, sl_str message);
void sl_output_flush(sl_output *out);
/* Bytes that mean something to the terminal only; they do not go into the spool. */
void sl_output_control(sl_output *out, const char *bytes);
/* Columns (and lines) of the terminal now; 80 x 24 when they are not known. */
int sl_output_width(void);
int sl_output_height(void);

/* ---- spool ---- */
int sl_output_spool(sl_output *out, const char *path, sl_err *err);
void sl_output_spool_end(sl_output *out);
/* What the user typed, as "ksql> text", into the spool only. */
void sl_output_spool_input(sl_output *out, sl_str text);

/* Characters (code points) of UTF-8 text, and the length in bytes of its first n characters. */
size_t sl_text_width(sl_str text);
size_t sl_text_prefix(sl_str text, size_t n);
