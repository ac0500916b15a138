/* Java's regular expressions on PCRE2: a translator of the syntax, and one compiled pattern with what a call site needs
 * to match it. PCRE2 is named in regex.c alone. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/str.h"

/* Rewrites Java's pattern syntax to PCRE2's: class intersections and unions, POSIX and Is.. properties, \uXXXX, flags.
 * The text is in arena; what cannot be told apart is left for PCRE2 to refuse. */
sl_str sl_regex_translate(sl_arena *arena, sl_str pattern, bool *unicode_classes);

typedef struct sl_regex sl_regex; /* immutable; Thread: any */

/* NULL when the pattern is malformed; *message then is the library's text, in arena. Free with sl_regex_free. */
sl_regex *sl_regex_new(sl_arena *arena, sl_str pattern, const char **message);
void sl_regex_free(sl_regex *regex); /* accepts NULL */
int sl_regex_groups(const sl_regex *regex);
/* Number of a named group, -1 if there is none. */
int sl_regex_group(const sl_regex *regex, sl_str name);

/* Matching, one per thread: starts as zero bytes. */
typedef struct sl_matcher {
  void *data; /* match data, made for the largest pattern so far */
  int room;   /* groups data has room for */
} sl_matcher;
void sl_matcher_done(sl_matcher *matcher);

/* Searches s from byte from on. 1 found, 0 not, negative: given up at the match limit or the text is not UTF-8. first:
 * s is not yet known to be valid UTF-8. */
int sl_regex_find(const sl_regex *regex, sl_matcher *matcher, sl_str s, size_t from, bool first);
/* Group of the last match: false when it took no part. *from, *to are byte positions. */
bool sl_regex_span(const sl_matcher *matcher, int group, size_t *from, size_t *to);
