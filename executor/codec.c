/* Codecs: see codec.h. Values of internal topics are native rows; everything else goes through the formats' serdes. */
#include "executor/codec.h"
#include "base/heap.h"
#include "state/key_codec.h"
#include "state/row_codec.h"
#include <string.h>

struct sl_codec {
  const sl_plan_codec *plan;
  bool change;
  sl_serde *key, *value; /* value NULL for native codecs, key NULL without key columns */
  const sl_type **types; /* of the value columns */
};

int sl_codec_new(const sl_plan_codec *plan, sl_str topic, bool change, sl_codec **out, sl_err *err) {
  sl_codec *codec = sl_heap_zalloc(sizeof *codec);
  codec->plan = plan;
  codec->change = plan->native && change;
  codec->types = sl_heap_zalloc(((size_t)plan->value_count + 1) * sizeof *codec->types);
  for (int i = 0; i < plan->value_count; i++) codec->types[i] = plan->value_columns[i].type;
  char *name = sl_heap_strndup(topic.ptr, topic.len);
  int rc = 0;
  if (plan->key_count)
    rc = sl_serde_new(&plan->key_format, plan->key_columns, plan->key_count, true, name, &codec->key, err);
  if (!rc && !plan->native)
    rc = sl_serde_new(&plan->value_format, plan->value_columns, plan->value_count, false, name, &codec->value, err);
  sl_heap_free(name);
  if (rc)
    sl_codec_free(codec);
  else
    *out = codec;
  return rc;
}

void sl_codec_free(sl_codec *codec) {
  if (!codec) return;
  sl_serde_free(codec->key);
  sl_serde_free(codec->value);
  sl_heap_free(codec->types);
  sl_heap_free(codec);
}

int sl_codec_split_key(const sl_codec *codec, const uint8_t **key, uint32_t *len, sl_row *row, sl_err *err) {
  if (codec->plan->window == SL_WINDOW_NONE || !*key || !*len) return 0;
  sl_windowed_key parts;
  int rc = sl_key_split(codec->plan->window, codec->plan->window_size, sl_str_n((const char *)*key, *len), &parts, err);
  if (rc) return rc;
  *key = (const uint8_t *)parts.key.ptr;
  *len = (uint32_t)parts.key.len;
  row->flags |= SL_ROW_WINDOWED;
  row->window_start = parts.start;
  row->window_end = parts.end;
  return 0;
}

int sl_codec_decode_key(sl_codec *codec, const uint8_t *key, size_t len, const bool *needed, sl_arena *arena,
                        sl_value *out, sl_err *err) {
  return codec->key ? sl_serde_decode(codec->key, key, len, needed, arena, out, err) : 0;
}

int sl_codec_decode_value(sl_codec *codec, const uint8_t *value, size_t len, const bool *needed, sl_arena *arena,
                          sl_value *out, sl_value *old, uint32_t *flags, sl_err *err) {
  int count = codec->plan->value_count;
  if (codec->value) return sl_serde_decode(codec->value, value, len, needed, arena, out, err);
  if (!codec->change) return sl_row_decode(value, len, codec->types, count, arena, out, err);
  bool has_now, has_old;
  int rc = sl_row_decode_change(value, len, codec->types, count, arena, out, &has_now, old, &has_old, err);
  if (rc) return rc;
  if (!has_now) *flags |= SL_ROW_VALUE_ABSENT;
  if (has_old) *flags |= SL_ROW_HAS_OLD;
  return 0;
}

int sl_codec_encode_key(sl_codec *codec, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  *null = !codec->key;
  return codec->key ? sl_serde_encode(codec->key, values, out, null, err) : 0;
}

void sl_codec_encode_window(const sl_codec *codec, const sl_row *row, sl_buf *out) {
  if (!(row->flags & SL_ROW_WINDOWED)) return;
  static const sl_str nothing = {"", 0};
  switch (codec->plan->window) {
  case SL_WINDOW_NONE: break;
  case SL_WINDOW_TUMBLING:
  case SL_WINDOW_HOPPING: sl_key_join_window(out, nothing, row->window_start); break;
  case SL_WINDOW_SESSION: sl_key_join_session(out, nothing, row->window_start, row->window_end); break;
  }
}

int sl_codec_encode_value(sl_codec *codec, const sl_row *row, int first, sl_buf *out, bool *null, sl_err *err) {
  const sl_value *now = row->flags & SL_ROW_VALUE_ABSENT ? NULL : row->values + first;
  int count = codec->plan->value_count;
  *null = false;
  if (codec->change) {
    const sl_value *old = row->flags & SL_ROW_HAS_OLD ? row->old + first : NULL;
    if (!now && !old)
      *null = true;
    else
      sl_row_encode_change(out, codec->types, count, now, old);
    return 0;
  }
  if (!now) {
    *null = true;
    return 0;
  }
  if (codec->value) return sl_serde_encode(codec->value, now, out, null, err);
  sl_row_encode(out, codec->types, count, now);
  return 0;
}
