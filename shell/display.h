/* Answers of a server (or of an engine) as a user sees them: entities as tables, result rows as a grid, or everything
 * as JSON. Takes JSON trees, so it does not matter where they come from. */
#pragma once
#include "base/json.h"
#include "shell/output.h"

typedef struct sl_display {
  sl_output *out;
  bool json;        /* OUTPUT JSON */
  bool clip;        /* SET CLI WRAP OFF */
  int column_width; /* SET CLI COLUMN-WIDTH; 0 = by the terminal */
} sl_display;

/* An array of entities (http-api.md 7); with_text puts the statement before each even if there is one only. */
void sl_display_entities(sl_display *display, const sl_json *entities, bool with_text);
/* {"header":{"queryId":...,"schema":"`A` INTEGER, ..."}} */
void sl_display_header(sl_display *display, const sl_json *element);
/* {"row":{"columns":[...],"tombstone":true}} */
void sl_display_row(sl_display *display, const sl_json *element);
/* A JSON document over several lines, two blanks a level. */
void sl_json_print_pretty(sl_buf *out, const sl_json *v);
