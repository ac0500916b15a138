/* The scanner: one token a call, white space and comments passed by (sql.md 1.2). Longest match wins, the earlier rule on
 * a tie. Words come back as identifiers; keywords.c tells keywords from names. The text ends with a NUL at limit. */
#include "parser/parser_int.h"

int ast_scan(ast_scanner *s) {
  const char *YYMARKER;
  for (;;) {
    s->start = s->cursor;
    /*!re2c
      re2c:define:YYCTYPE = "unsigned char";
      re2c:define:YYCURSOR = s->cursor;
      re2c:define:YYLIMIT = s->limit;
      re2c:yyfill:enable = 0;
      re2c:eof = 0;

      digit = [0-9];
      letter = [A-Za-z_];
      exponent = [eE] [+-]? digit+;

      $ { return AST_EOF; }
      [ \t\r\n]+ { continue; }

      "=" { return SL_TK_EQ; }
      "<>" | "!=" { return SL_TK_NEQ; }
      "<" { return SL_TK_LT; }
      "<=" { return SL_TK_LTE; }
      ">" { return SL_TK_GT; }
      ">=" { return SL_TK_GTE; }
      "+" { return SL_TK_PLUS; }
      "-" { return SL_TK_MINUS; }
      "*" { return SL_TK_ASTERISK; }
      "/" { return SL_TK_SLASH; }
      "%" { return SL_TK_PERCENT; }
      "||" { return SL_TK_CONCAT; }
      ":=" { return SL_TK_ASSIGN; }
      "->" { return SL_TK_ARROW; }
      "=>" { return SL_TK_LAMBDA; }
      "(" { return SL_TK_LP; }
      ")" { return SL_TK_RP; }
      "[" { return SL_TK_LB; }
      "]" { return SL_TK_RB; }
      "," { return SL_TK_COMMA; }
      "." { return SL_TK_DOT; }
      ";" { return SL_TK_SEMI; }

      "'" ([^'] | "''")* "'" { return SL_TK_STRING_LITERAL; }
      digit+ { return SL_TK_INTEGER_VALUE; }
      digit+ "." digit* | "." digit+ { return SL_TK_DECIMAL_VALUE; }
      (digit+ | digit+ "." digit* | "." digit+) exponent { return SL_TK_FLOATING_POINT_VALUE; }
      letter [A-Za-z0-9_@]* { return SL_TK_IDENTIFIER; }
      digit [A-Za-z0-9_@]+ { return SL_TK_DIGIT_IDENTIFIER; }
      ["] ([^"] | ["]["])* ["] { return SL_TK_QUOTED_IDENTIFIER; }
      "`" ([^`] | "``")* "`" { return SL_TK_BACKQUOTED_IDENTIFIER; }
      "${" letter [A-Za-z0-9_@]* "}" { return SL_TK_VARIABLE; }

      "--@" [^\r\n]* { if (s->directives) return AST_DIRECTIVE; continue; }
      /* One character after the dashes is taken whatever it is, a line end included. */
      "--" [^@] [^\r\n]* { continue; }
      "/*" ([^*] | "*"+ [^*/])* "*"+ "/" { continue; }

      * { return SL_TK_ILLEGAL; }
    */
  }
}
