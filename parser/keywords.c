/* The keyword table: grammar/keywords.def with the tokens of the grammar. Sorted by text, found by bisection. */
#include "parser/parser_int.h"

static const sl_keyword words[] = {
#define SL_KEYWORD(word, reserved) {#word, reserved},
#include "grammar/keywords.def"
#undef SL_KEYWORD
};
static const int tokens[] = {
#define SL_KEYWORD(word, reserved) SL_TK_##word,
#include "grammar/keywords.def"
#undef SL_KEYWORD
};
enum { WORD_COUNT = sizeof words / sizeof *words, LONGEST = 12 };

const sl_keyword *sl_keywords(size_t *count) {
  *count = WORD_COUNT;
  return words;
}

int ast_keyword_token(sl_str word) {
  char upper[LONGEST + 1];
  if (word.len > LONGEST) return SL_TK_IDENTIFIER;
  for (size_t i = 0; i < word.len; i++) {
    char c = word.ptr[i];
    upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
  }
  upper[word.len] = 0;
  int low = 0, high = WORD_COUNT - 1;
  while (low <= high) {
    int middle = (low + high) / 2, order = strcmp(upper, words[middle].text);
    if (order == 0) return tokens[middle];
    if (order < 0)
      high = middle - 1;
    else
      low = middle + 1;
  }
  return SL_TK_IDENTIFIER;
}

const char *ast_keyword_text(int token, bool *reserved) {
  static const sl_keyword by_token[] = {
#define SL_KEYWORD(word, reserved) [SL_TK_##word] = {#word, reserved},
#include "grammar/keywords.def"
#undef SL_KEYWORD
  };
  if (token < 0 || token >= (int)(sizeof by_token / sizeof *by_token) || !by_token[token].text) return NULL;
  if (reserved) *reserved = by_token[token].reserved;
  return by_token[token].text;
}
