/* Text for people, JUnit XML for machines. */
#include "cli/testing/test_report.h"

#include <errno.h>
#include <string.h>

static sl_test_totals count(const sl_vec *cases, const sl_test_result *results) {
  sl_test_totals totals = {0};
  for (size_t i = 0; i < cases->len; i++) {
    totals.passed += results[i].status == SL_TEST_PASSED;
    totals.failed += results[i].status == SL_TEST_FAILED;
    totals.skipped += results[i].status == SL_TEST_SKIPPED;
  }
  return totals;
}

sl_test_totals sl_test_print_results(FILE *out, const sl_vec *cases, const sl_test_result *results) {
  for (size_t i = 0; i < cases->len; i++) {
    if (results[i].status != SL_TEST_FAILED) continue;
    const sl_test_case *test = sl_vec_at(cases, i);
    fprintf(out, "FAILED %s\n  (%s", test->name, test->file);
    if (test->line) fprintf(out, ":%u", test->line);
    fprintf(out, ")\n  %s\n\n", results[i].message ? results[i].message : "");
  }
  sl_test_totals totals = count(cases, results);
  fprintf(out, "%zu passed, %zu failed, %zu skipped\n", totals.passed, totals.failed, totals.skipped);
  return totals;
}

/* XML text; characters that XML 1.0 does not know become '?'. */
static void write_xml(FILE *out, const char *text) {
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    switch (*p) {
    case '&': fputs("&amp;", out); break;
    case '<': fputs("&lt;", out); break;
    case '>': fputs("&gt;", out); break;
    case '"': fputs("&quot;", out); break;
    case '\n': fputs("&#10;", out); break;
    case '\t': fputs("&#9;", out); break;
    default: fputc(*p < 0x20 ? '?' : *p, out);
    }
  }
}

static void write_case(FILE *out, const sl_test_case *test, const sl_test_result *result) {
  fputs("  <testcase name=\"", out);
  write_xml(out, test->name);
  fputs("\" classname=\"", out);
  write_xml(out, test->file);
  fprintf(out, "\" time=\"%.6f\"", result->seconds);
  if (result->status == SL_TEST_PASSED) {
    fputs("/>\n", out);
    return;
  }
  if (result->status == SL_TEST_SKIPPED) {
    fputs("><skipped/></testcase>\n", out);
    return;
  }
  fputs("><failure message=\"", out);
  write_xml(out, result->message ? result->message : "");
  fputs("\"/></testcase>\n", out);
}

int sl_test_write_junit(const char *path, const sl_vec *cases, const sl_test_result *results, sl_err *err) {
  FILE *out = fopen(path, "w");
  if (!out) return sl_err_set(err, SL_E_IO, SL_NO_POS, "%s cannot be written: %s", path, strerror(errno));
  sl_test_totals totals = count(cases, results);
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"sluice\" tests=\"%zu\" failures=\"%zu\" "
          "skipped=\"%zu\">\n",
          cases->len, totals.failed, totals.skipped);
  for (size_t i = 0; i < cases->len; i++) write_case(out, sl_vec_at(cases, i), &results[i]);
  fputs("</testsuite>\n", out);
  bool bad = ferror(out) != 0;
  if (fclose(out) != 0 || bad)
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "%s cannot be written: %s", path, strerror(errno));
  return 0;
}
