/* A plan's codec at run time: the serdes of a topic's keys and values, the native row codec of internal topics, and the
 * window bounds behind key bytes. A codec has prediction caches: one per reader or operator. */
#pragma once
#include "planner/plan.h"
#include "topics/log.h"
#include "types/row.h"

typedef struct sl_codec sl_codec;

/* topic is for messages. plan must outlive it. change: native values are changes, [new][old]. */
int sl_codec_new(const sl_plan_codec *plan, sl_str topic, bool change, sl_codec **out, sl_err *err);
void sl_codec_free(sl_codec *codec); /* accepts NULL */

/* Splits the window bounds off key bytes and sets them in row; does nothing for codecs without window. SL_E_DECODE. */
int sl_codec_split_key(const sl_codec *codec, const uint8_t **key, uint32_t *len, sl_row *row, sl_err *err);
int sl_codec_decode_key(sl_codec *codec, const uint8_t *key, size_t len, const bool *needed, sl_arena *arena,
                        sl_value *out, sl_err *err);
/* Sets values, and old with *flags |= SL_ROW_HAS_OLD when a native change holds one; a native change without a new row
 * sets SL_ROW_VALUE_ABSENT. old must have room for the value columns. */
int sl_codec_decode_value(sl_codec *codec, const uint8_t *value, size_t len, const bool *needed, sl_arena *arena,
                          sl_value *out, sl_value *old, uint32_t *flags, sl_err *err);
/* Appends key bytes without window; *null as in sl_serde_encode. */
int sl_codec_encode_key(sl_codec *codec, const sl_value *values, sl_buf *out, bool *null, sl_err *err);
/* Appends the bounds of a windowed row. */
void sl_codec_encode_window(const sl_codec *codec, const sl_row *row, sl_buf *out);
/* Appends value bytes of row, whose value columns begin at slot first. *null: a null value. */
int sl_codec_encode_value(sl_codec *codec, const sl_row *row, int first, sl_buf *out, bool *null, sl_err *err);
