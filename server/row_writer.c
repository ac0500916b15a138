#include "server/row_writer.h"

#include <assert.h>

#include "server/server_int.h"

static void write_columns(sl_buf *out, const sl_row *row, const sl_schema *schema) {
  sl_buf_add_byte(out, '[');
  for (int i = 0; i < schema->count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_value_print_json(out, schema->columns[i].type, &row->values[i]);
  }
  sl_buf_add_byte(out, ']');
}

static void encode(sl_framing frame, bool pull, sl_buf *out, const sl_row *row, const sl_schema *schema,
                   bool tombstone) {
  switch (frame) {
  case SL_FRAME_ROWS:
    sl_buf_add_z(out, pull ? ",\n{\"row\":{\"columns\":" : "{\"row\":{\"columns\":");
    write_columns(out, row, schema);
    sl_buf_add_z(out, tombstone ? ",\"tombstone\":true}}" : "}}");
    sl_buf_add_z(out, pull ? "" : ",\n");
    return;
  case SL_FRAME_DELIMITED:
    if (tombstone) return;
    write_columns(out, row, schema);
    sl_buf_add_byte(out, '\n');
    return;
  case SL_FRAME_ARRAY:
    if (tombstone) return;
    sl_buf_add_byte(out, ',');
    write_columns(out, row, schema);
    return;
  case SL_FRAME_TEXT:
    sl_buf_add(out, row->values[0].bytes, row->values[0].len);
    sl_buf_add_byte(out, '\n');
    return;
  }
}

static bool is_record(const sl_row *line) {
  return sl_str_starts(sl_value_str(&line->values[0]), sl_str_of("rowtime: "));
}

void sl_write_row(void *writer, const sl_row *row, const sl_schema *schema, bool tombstone) {
  sl_row_writer *w = writer;
  if (w->frame == SL_FRAME_TEXT && w->records_only && !is_record(row)) return;
  encode(w->frame, sl_push_is_pull(w->push), &w->out, row, schema, tombstone);
}

static void encode_pushed(int frame, sl_buf *out, const sl_row *row, const sl_schema *schema, bool tombstone) {
  encode((sl_framing)frame, false, out, row, schema, tombstone);
}

sl_push_state sl_write_next(sl_row_writer *w) {
  static_assert((int)SL_FRAME_TEXT == (int)SL_PUSH_ENCODINGS, "rows that are shared come in all framings but PRINT's");
  if (sl_push_has_encoded(w->push)) return sl_push_take_encoded(w->push, (int)w->frame, encode_pushed, &w->out);
  return sl_push_take(w->push, 1, sl_write_row, w);
}

void sl_write_header(sl_row_writer *w) {
  bool pull = sl_push_is_pull(w->push);
  const sl_schema *schema = sl_push_schema(w->push);
  sl_buf *out = &w->out;
  sl_buf text = {0};
  if (w->frame == SL_FRAME_TEXT) return;
  sl_buf_add_z(out, w->frame == SL_FRAME_ROWS ? "[{\"header\":{" : w->frame == SL_FRAME_ARRAY ? "[{" : "{");
  sl_buf_add_z(out, "\"queryId\":");
  sl_json_write_str(out, sl_push_id(w->push));
  if (w->frame == SL_FRAME_ROWS) {
    sl_schema_print(&text, schema);
    sl_buf_add_z(out, ",\"schema\":");
    sl_json_write_str(out, sl_buf_str(&text));
    sl_buf_add_z(out, pull ? "}}" : "}},\n");
  } else {
    sl_buf_add_z(out, ",\"columnNames\":[");
    for (int i = 0; i < schema->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_json_write_str(out, schema->columns[i].name);
    }
    sl_buf_add_z(out, "],\"columnTypes\":[");
    for (int i = 0; i < schema->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_buf_reset(&text);
      sl_type_print(&text, schema->columns[i].type, SL_TYPE_SQL);
      sl_json_write_str(out, sl_buf_str(&text));
    }
    sl_buf_add_z(out, w->frame == SL_FRAME_DELIMITED ? "]}\n" : "]}");
  }
  sl_buf_done(&text);
}

void sl_write_end(sl_row_writer *w) {
  bool pull = sl_push_is_pull(w->push);
  const sl_err *err = sl_push_error(w->push);
  sl_buf *out = &w->out;
  sl_arena arena;
  sl_err generic = {0};
  sl_arena_init(&arena, 0);
  if (err) sl_err_set(&generic, SL_E_INTERNAL, SL_NO_POS, "%s", err->message);
  if (w->frame == SL_FRAME_ROWS && pull && !err) {
    sl_buf_add_byte(out, ']');
  } else if (w->frame == SL_FRAME_ROWS) {
    sl_buf_add_z(out, pull ? ",\n" : "");
    sl_buf_add_z(out, err ? "{\"errorMessage\":" : "{\"finalMessage\":");
    if (err)
      sl_error_write(out, &generic, NULL, &arena);
    else
      sl_json_write_str(out, sl_str_of(sl_push_limit_reached(w->push) ? "Limit Reached" : "Query Completed"));
    sl_buf_add_z(out, "}]");
  } else if (w->frame == SL_FRAME_ARRAY) {
    if (err) sl_buf_add_byte(out, ',');
    if (err) sl_error_write(out, &generic, NULL, &arena);
    sl_buf_add_byte(out, ']');
  } else if (err) {
    sl_error_write(out, &generic, NULL, &arena);
    sl_buf_add_byte(out, '\n');
  }
  sl_err_done(&generic);
  sl_arena_done(&arena);
}
