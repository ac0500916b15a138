/* Rows of a query on the wire: header, rows and end in the framings of http-api.md 9.3 to 9.5 and 10. */
#pragma once
#include "base/buf.h"
#include "engine/engine.h"

typedef enum sl_framing {
  SL_FRAME_ROWS /* 9.4 */,
  SL_FRAME_DELIMITED /* 9.3 */,
  SL_FRAME_ARRAY /* 9.5 */,
  SL_FRAME_TEXT /* PRINT */
} sl_framing;

/* On a table's pull query separators stand before elements, since none is known to follow; else behind them. */
typedef struct sl_row_writer {
  sl_push *push;
  sl_framing frame;
  bool records_only; /* PRINT without the lines about formats */
  sl_buf out;        /* owned; everything below appends to it */
} sl_row_writer;

void sl_write_header(sl_row_writer *w);
/* An sl_push_row with the writer as its ctx. */
void sl_write_row(void *writer, const sl_row *row, const sl_schema *schema, bool tombstone);
/* Takes the next row, whose bytes are those that others who read the same query get. */
sl_push_state sl_write_next(sl_row_writer *w);
/* After SL_PUSH_DONE. */
void sl_write_end(sl_row_writer *w);
