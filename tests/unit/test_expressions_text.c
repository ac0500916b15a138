/* Text functions by example: CHR, ELT, FIELD, INSTR, MASK and its relatives, MD5, UUID; bytes and encodings; distances.
 */
#include "expressions_support.h"

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "NS", "STRING", "NULL");
  bench_column(&b, "NI", "INTEGER", "NULL");
  bench_column(&b, "ND", "DOUBLE", "NULL");
  bench_column(&b, "NB", "BYTES", "NULL");
  bench_column(&b, "S", "STRING", "'corporate floor'");
  bench_column(&b, "I", "INTEGER", "2");
  bench_column(&b, "L", "BIGINT", "6");
  bench_column(&b, "D", "DOUBLE", "2.5");
  bench_column(&b, "RAW", "BYTES", "'YWJj'");
  bench_column(&b, "FOUR", "BYTES", "'/////g=='");
  bench_column(&b, "EIGHT", "BYTES", "'QEUAAAAAAAA='");
  bench_column(&b, "SIXTEEN", "BYTES", "'AAECAwQFBgcICQoLDA0ODw=='");
  *state = &b;
  return 0;
}

static void test_chr__gives_characters_of_codes(void **state) {
  bench_check(state, (const example[]){{"CHR(75)", "STRING K"},
                                       {"CHR(22909)", "STRING 好"},
                                       {"CHR(99000)", "STRING 𘊸"},
                                       {"CHR(1114111)", "STRING \xf4\x8f\xbf\xbf"},
                                       {"CHR(1114112)", "STRING null"},
                                       {"CHR(-1)", "STRING null"},
                                       {"CHR(NI)", "STRING null"},
                                       {"CHR('\\u004b')", "STRING K"},
                                       {"CHR('\\u004bx\\n\\t\\101\\\\')", "STRING Kx\n\tA\\"},
                                       {"CHR('\\uu+004b')", "STRING K"},
                                       {"CHR('\\ud820\\udeb8')", "STRING 𘊸"},
                                       {"CHR('\\ud820x')", "STRING ?x"},
                                       {"CHR('\\ud820\\ud820')", "STRING ??"},
                                       {"CHR('\\u0041\\q\\777')", "STRING Aq?7"},
                                       {"CHR('\\u004b\\')", "STRING K"},
                                       {"CHR('\\u04b')", "STRING null"},
                                       {"CHR('75')", "STRING null"},
                                       {"CHR('bogus!')", "STRING null"},
                                       {"CHR('')", "STRING null"},
                                       {"CHR(NS)", "STRING null"},
                                       {0}});
  bench_check_error(state, "CHR('\\u00zz')", "Unable to parse unicode value in: \\u00zz");
  bench_check_error(state, "CHR('\\u0041\\u1')", "Unable to parse unicode value in: \\u0041\\u1");
}

static void test_elt_and_field__are_inverse(void **state) {
  bench_check(state, (const example[]){{"ELT(2, 'a', 'b')", "STRING b"},
                                       {"ELT(2, 'a', NS)", "STRING null"},
                                       {"ELT(1, 'a', NS)", "STRING a"},
                                       {"ELT(0, 'a', 'b')", "STRING null"},
                                       {"ELT(-1, 'a', 'b')", "STRING null"},
                                       {"ELT(3, 'a', 'b')", "STRING null"},
                                       {"ELT(1)", "STRING null"},
                                       {"FIELD('b', 'a', 'b', 'b')", "INTEGER 2"},
                                       {"FIELD('b', NS, 'b')", "INTEGER 2"},
                                       {"FIELD('B', 'a', 'b')", "INTEGER 0"},
                                       {"FIELD(NS, 'a', NS)", "INTEGER 0"},
                                       {"FIELD('', 'a', '')", "INTEGER 2"},
                                       {"FIELD('a')", "INTEGER 0"},
                                       {0}});
  bench *b = *state;
  bench_eval(b, "ELT(NI, 'a')");
  assert_string_not_equal(b->error, ""); /* INT! */
}

static void test_instr__counts_units_in_both_directions(void **state) {
  bench_check(state, (const example[]){{"INSTR(S, 'or')", "INTEGER 2"},
                                       {"INSTR(S, 'or', 4)", "INTEGER 5"},
                                       {"INSTR(S, 'or', 4, 2)", "INTEGER 14"},
                                       {"INSTR(S, 'or', -4)", "INTEGER 5"},
                                       {"INSTR(S, 'or', -4, 2)", "INTEGER 2"},
                                       {"INSTR(S, 'or', -1)", "INTEGER 14"},
                                       {"INSTR(S, 'or', -15)", "INTEGER 0"},
                                       {"INSTR(S, 'or', -16)", "INTEGER 0"},
                                       {"INSTR(S, 'or', 16)", "INTEGER 0"},
                                       {"INSTR(S, 'or', 0)", "INTEGER 0"},
                                       {"INSTR(S, 'or', 1, 0)", "INTEGER 0"},
                                       {"INSTR(S, 'or', 1, 9)", "INTEGER 0"},
                                       {"INSTR('aaaa', 'aa', 1, 3)", "INTEGER 3"},
                                       {"INSTR('aaaa', 'aa', -1, 3)", "INTEGER 1"},
                                       {"INSTR(S, 'x')", "INTEGER 0"},
                                       {"INSTR('abc', '', 2)", "INTEGER 2"},
                                       {"INSTR('abc', '', -1)", "INTEGER 4"},
                                       {"INSTR('', 'a')", "INTEGER 0"},
                                       {"INSTR('', '')", "INTEGER 0"},
                                       {"INSTR('é😀zé', 'z')", "INTEGER 4"},
                                       {"INSTR('é😀zé', 'é', 2)", "INTEGER 5"},
                                       {"INSTR('é😀zé', '😀', 3)", "INTEGER 0"},
                                       {"INSTR('é😀zé', '😀', -3)", "INTEGER 2"},
                                       {"INSTR('é😀zé', '😀', -4)", "INTEGER 0"},
                                       {"INSTR(NS, 'x')", "INTEGER 0"},
                                       {"INSTR('x', NS)", "INTEGER 0"},
                                       {0}});
  bench *b = *state;
  assert_string_equal(bench_eval(b, "INSTR(S, 'or', NI)"), "INTEGER null");
  assert_string_not_equal(b->error, "");
  assert_string_equal(bench_eval(b, "INSTR(S, 'or', 1, NI)"), "INTEGER null");
  assert_string_not_equal(b->error, "");
}

static void test_mask__hides_by_class(void **state) {
  bench_check(state, (const example[]){{"MASK('AbCd#$123xy Z')", "STRING XxXx--nnnxx-X"},
                                       {"MASK('AbCd#$123xy Z', NULL, 'q', NULL, '=')", "STRING AqCq==123qq=Z"},
                                       {"MASK('Éßǅʰ٣', 'U', 'l', 'd', 'o')", "STRING Ulood"},
                                       {"MASK('a😀b')", "STRING x--x"},
                                       {"MASK('a𝐀b')", "STRING xX-x"},
                                       {"MASK('a😀b', NULL, NULL, NULL, NULL)", "STRING a😀b"},
                                       {"MASK('aB', 'é', 'ü', '1', '2')", "STRING üé"},
                                       {"MASK('')", "STRING "},
                                       {"MASK(NS)", "STRING null"},
                                       {"MASK(NS, 'too long', 'x', 'n', '-')", "STRING null"},
                                       {0}});
  bench_check_error(state, "MASK('a', 'XX', 'x', 'n', '-')",
                    "Invalid mask character. Must be only single character, but was 'XX'");
  bench_check_error(state, "MASK('a', '', 'x', 'n', '-')",
                    "Invalid mask character. Must be only single character, but was ''");
  bench_check_error(state, "MASK('a', '😀', 'x', 'n', '-')",
                    "Invalid mask character. Must be only single character, but was '😀'");
}

static void test_mask__hides_one_end(void **state) {
  bench_check(state, (const example[]){{"MASK_LEFT('AbCd#12', 3)", "STRING XxXd#12"},
                                       {"MASK_LEFT('AbCd#12', 3, 'A', 'a', '9', '+')", "STRING AaAd#12"},
                                       {"MASK_RIGHT('AbCd#12', 3)", "STRING AbCd-nn"},
                                       {"MASK_RIGHT('AbCd#12', 3, NULL, NULL, NULL, '+')", "STRING AbCd+12"},
                                       {"MASK_KEEP_LEFT('AbCd#12', 3)", "STRING AbCx-nn"},
                                       {"MASK_KEEP_LEFT('AbCd#12', 3, NULL, 'q', NULL, NULL)", "STRING AbCq#12"},
                                       {"MASK_KEEP_RIGHT('AbCd#12', 3)", "STRING XxXx#12"},
                                       {"MASK_KEEP_RIGHT('AbCd#12', 3, 'A', NULL, NULL, NULL)", "STRING AbAd#12"},
                                       {"MASK_LEFT('Ab', 9)", "STRING Xx"},
                                       {"MASK_RIGHT('Ab', 9)", "STRING Xx"},
                                       {"MASK_KEEP_LEFT('Ab', 9)", "STRING Ab"},
                                       {"MASK_KEEP_RIGHT('Ab', 9)", "STRING Ab"},
                                       {"MASK_LEFT('Ab', 0)", "STRING Ab"},
                                       {"MASK_KEEP_RIGHT('Ab', 0)", "STRING Xx"},
                                       {"MASK_LEFT('é😀z', 3)", "STRING x--z"},
                                       {"MASK_RIGHT('é😀z', 1)", "STRING é😀x"},
                                       {"MASK_RIGHT('é😀z', 2)", "STRING é?-x"},
                                       {"MASK_LEFT(NS, 1)", "STRING null"},
                                       {"MASK_RIGHT(NS, 1, 'A', 'a', '9', '+')", "STRING null"},
                                       {"MASK_KEEP_LEFT(NS, 1)", "STRING null"},
                                       {"MASK_KEEP_RIGHT(NS, 1)", "STRING null"},
                                       {0}});
  bench_check_error(state, "MASK_LEFT('a', -1)",
                    "function mask_left requires a non-negative number of characters to mask or "
                    "skip");
  bench_check_error(state, "MASK_KEEP_RIGHT('a', -1)",
                    "function mask_keep_right requires a non-negative number of characters to mask or skip");
  bench *b = *state;
  bench_eval(b, "MASK_RIGHT('a', NI)");
  assert_string_not_equal(b->error, ""); /* INT! */
}

static void test_md5__of_texts_of_all_lengths(void **state) {
  bench_check(state, (const example[]){{"MD5('')", "STRING d41d8cd98f00b204e9800998ecf8427e"},
                                       {"MD5('abc')", "STRING 900150983cd24fb0d6963f7d28e17f72"},
                                       {"MD5('é')", "STRING 66ddcd97cfdeabb2f6fb8a999b4bc76f"},
                                       {"MD5(RPAD('', 55, 'a'))", "STRING ef1772b6dff9a122358552954ad0df65"},
                                       {"MD5(RPAD('', 56, 'a'))", "STRING 3b0c8ac703f828b04c6c197006d17218"},
                                       {"MD5(RPAD('', 64, 'a'))", "STRING 014842d480b571495a4a0363793f7367"},
                                       {"MD5(RPAD('', 1000, 'a'))", "STRING cabe45dcc9ae5b66ba86600cca6b8ba8"},
                                       {"MD5(NS)", "STRING null"},
                                       {0}});
}

static void test_uuid__has_its_form(void **state) {
  bench_check(state,
              (const example[]){{"UUID(SIXTEEN)", "STRING 00010203-0405-0607-0809-0a0b0c0d0e0f"},
                                {"UUID(RAW)", "STRING null"},
                                {"UUID(NB)", "STRING null"},
                                {"REGEXP_EXTRACT('^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
                                 "$', UUID()) IS NOT NULL",
                                 "BOOLEAN true"},
                                {"UUID() = UUID()", "BOOLEAN false"},
                                {0}});
}

static void test_bytes__to_and_from_text(void **state) {
  bench_check(state, (const example[]){{"TO_BYTES('1ab2', 'hex')", "BYTES \"GrI=\""},
                                       {"TO_BYTES('', 'HEX')", "BYTES \"\""},
                                       {"TO_BYTES('é', 'utf8')", "BYTES \"w6k=\""},
                                       {"TO_BYTES('aé😀', 'ascii')", "BYTES \"YT8/\""},
                                       {"TO_BYTES('YWI', 'base64')", "BYTES \"YWI=\""},
                                       {"TO_BYTES('a', NS)", "BYTES null"},
                                       {"TO_BYTES(NS, 'hex')", "BYTES null"},
                                       {"FROM_BYTES(RAW, 'hex')", "STRING 616263"},
                                       {"FROM_BYTES(TO_BYTES('1ab2', 'hex'), 'Hex')", "STRING 1AB2"},
                                       {"FROM_BYTES(RAW, 'utf8')", "STRING abc"},
                                       {"FROM_BYTES(TO_BYTES('61c3e98062', 'hex'), 'utf8')", "STRING a\ufffd\ufffdb"},
                                       {"FROM_BYTES(TO_BYTES('e282', 'hex'), 'utf8')", "STRING \ufffd"},
                                       {"FROM_BYTES(TO_BYTES('eda080', 'hex'), 'utf8')", "STRING \ufffd\ufffd\ufffd"},
                                       {"FROM_BYTES(TO_BYTES('f09f98', 'hex'), 'utf8')", "STRING \ufffd"},
                                       {"FROM_BYTES(TO_BYTES('61c3a9', 'hex'), 'ascii')", "STRING a\ufffd\ufffd"},
                                       {"FROM_BYTES(RAW, 'base64')", "STRING YWJj"},
                                       {"FROM_BYTES(NB, 'base64')", "STRING null"},
                                       {"FROM_BYTES(RAW, NS)", "STRING null"},
                                       {0}});
  bench_check_error(state, "TO_BYTES('a', 'utf-8')",
                    "Unknown encoding type 'utf-8'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.");
  bench_check_error(state, "FROM_BYTES(RAW, '')",
                    "Unknown encoding type ''. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.");
  bench_check_error(state, "TO_BYTES('abc', 'hex')", "hexBinary needs to be even-length: abc");
  bench_check_error(state, "TO_BYTES('0x12', 'hex')", "contains illegal character for hexBinary: 0x12");
  bench_check_error(state, "TO_BYTES('YW I', 'base64')", "The text is not base64: YW I");
}

static void test_encode__is_lenient_about_hex_and_base64(void **state) {
  bench_check(state, (const example[]){{"ENCODE('4578616d706C6521', 'hex', 'ascii')", "STRING Example!"},
                                       {"ENCODE('c39c62', 'hex', 'ascii')", "STRING \ufffd\ufffdb"},
                                       {"ENCODE('0x4578', 'hex', 'utf8')", "STRING Ex"},
                                       {"ENCODE('0x578', 'hex', 'base64')", "STRING BXg="},
                                       {"ENCODE('X''4578''', 'hex', 'utf8')", "STRING Ex"},
                                       {"ENCODE('x''4578''', 'hex', 'utf8')", "STRING Ex"},
                                       {"ENCODE('0x', 'hex', 'utf8')", "STRING "},
                                       {"ENCODE('X''''', 'hex', 'utf8')", "STRING "},
                                       {"ENCODE('é', 'utf8', 'hex')", "STRING c3a9"},
                                       {"ENCODE('é', 'ascii', 'hex')", "STRING 3f"},
                                       {"ENCODE('zpX OuA=', 'base64', 'utf8')", "STRING Εθ"},
                                       {"ENCODE('_-8', 'base64', 'hex')", "STRING ffef"},
                                       {"ENCODE('YWJjY', 'base64', 'ascii')", "STRING abc"},
                                       {"ENCODE('abc', 'UTF8', 'Base64')", "STRING YWJj"},
                                       {"ENCODE(NS, 'hex', 'utf8')", "STRING null"},
                                       {"ENCODE('a', NS, 'utf8')", "STRING null"},
                                       {"ENCODE('a', 'hex', NS)", "STRING null"},
                                       {0}});
  const char *supported = "Supported input and output encodings are: hex, utf8, ascii and base64";
  bench_check_error(state, "ENCODE('a', 'hex', 'HEX')", supported);
  bench_check_error(state, "ENCODE('a', 'hex', 'null')", supported);
  bench_check_error(state, "ENCODE('0x0x', 'hex', 'utf8')", "Illegal hexadecimal character x at index 1");
  bench_check_error(state, "ENCODE('X''', 'hex', 'utf8')", "Illegal hexadecimal character X at index 0");
  bench_check_error(state, "ENCODE('x''57861''', 'hex', 'utf8')", "Odd number of characters.");
  bench_check_error(state, "ENCODE('578', 'hex', 'utf8')", "Odd number of characters.");
}

static void test_numbers__from_bytes(void **state) {
  bench_check(state, (const example[]){
                         {"INT_FROM_BYTES(FOUR)", "INTEGER -2"},
                         {"INT_FROM_BYTES(FOUR, 'little_endian')", "INTEGER -16777217"},
                         {"INT_FROM_BYTES(FOUR, 'BIG_ENDIAN')", "INTEGER -2"},
                         {"BIGINT_FROM_BYTES(EIGHT)", "BIGINT 4631107791820423168"},
                         {"BIGINT_FROM_BYTES(EIGHT, 'LITTLE_ENDIAN')", "BIGINT 17728"},
                         {"DOUBLE_FROM_BYTES(EIGHT)", "DOUBLE 42.0"},
                         {"DOUBLE_FROM_BYTES(TO_BYTES('0000000000004540', 'hex'), 'LITTLE_ENDIAN')", "DOUBLE 42.0"},
                         {"DOUBLE_FROM_BYTES(TO_BYTES('7ff8000000000000', 'hex'))", "DOUBLE NaN"},
                         {"INT_FROM_BYTES(NB)", "INTEGER null"},
                         {"BIGINT_FROM_BYTES(NB, 'BIG_ENDIAN')", "BIGINT null"},
                         {"DOUBLE_FROM_BYTES(NB)", "DOUBLE null"},
                         {0}});
  bench_check_error(state, "INT_FROM_BYTES(RAW)", "Number of bytes must be equal to 4, but found 3");
  bench_check_error(state, "BIGINT_FROM_BYTES(FOUR)", "Number of bytes must be equal to 8, but found 4");
  bench_check_error(state, "DOUBLE_FROM_BYTES(FOUR)", "Number of bytes must be equal to 8, but found 4");
  bench_check_error(state, "INT_FROM_BYTES(FOUR, 'weird')",
                    "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order 'weird'.");
  bench_check_error(state, "INT_FROM_BYTES(FOUR, NS)",
                    "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order 'null'.");
}

static void test_geo_distance__in_both_units(void **state) {
  bench_check(
      state,
      (const example[]){{"ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122), 6)", "DOUBLE 8634.659797"},
                        {"ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, ' KM '), 6)", "DOUBLE 8634.659797"},
                        {"ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, 'Miles'), 6)", "DOUBLE 5365.659729"},
                        {"ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, NS), 6)", "DOUBLE 8634.659797"},
                        {"ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, ' '), 6)", "DOUBLE 8634.659797"},
                        {"GEO_DISTANCE(I, L, I, L)", "DOUBLE 0.0"},
                        {"GEO_DISTANCE(ND, 1, 2, 3)", "DOUBLE null"},
                        {0}});
  bench *b = *state;
  bench_eval(b, "GEO_DISTANCE(ND, 1, 2, 3)");
  assert_string_not_equal(b->error, ""); /* DOUBLE! */
  bench_check_error(state, "GEO_DISTANCE(90.5, 1, 2, 3)",
                    "valid latitude values for GeoDistance function are in the range of -90 to 90 decimal degrees");
  bench_check_error(state, "GEO_DISTANCE(90, 1, 2, -180.5)",
                    "valid longitude values for GeoDistance function are in the range of -180 to +180 decimal degrees");
  bench_check_error(state, "GEO_DISTANCE(90, 1, 2, 3, 'feet')",
                    "GeoDistance function units parameter must be one of mi, mile, miles, km, kilometer, kilometers, "
                    "kilometre or kilometres. Values are case-insensitive.");
  assert_non_null(strstr(bench_eval(b, "GEO_DISTANCE(S, 1, 2, 3)"),
                         "Function 'geo_distance' does not accept parameters (STRING, INTEGER, INTEGER, INTEGER)."));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chr__gives_characters_of_codes),
      cmocka_unit_test(test_elt_and_field__are_inverse),
      cmocka_unit_test(test_instr__counts_units_in_both_directions),
      cmocka_unit_test(test_mask__hides_by_class),
      cmocka_unit_test(test_mask__hides_one_end),
      cmocka_unit_test(test_md5__of_texts_of_all_lengths),
      cmocka_unit_test(test_uuid__has_its_form),
      cmocka_unit_test(test_bytes__to_and_from_text),
      cmocka_unit_test(test_encode__is_lenient_about_hex_and_base64),
      cmocka_unit_test(test_numbers__from_bytes),
      cmocka_unit_test(test_geo_distance__in_both_units),
  };
  return cmocka_run_group_tests_name("expressions/text", tests, setup, bench_teardown);
}
