/* sluice test: runs test files against the engine, in this program and in memory. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <getopt.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/logger.h"
#include "cli/commands.h"
#include "cli/testing/test_report.h"
#include "engine/extensions.h"

static const char HELP[] =
    "Usage: sluice test [OPTION ...] FILE|FOLDER ...\n"
    "\n"
    "Runs query-validation and REST JSON files and .sql test files; folders are searched for all.\n"
    "\n"
    "  --filter REGEX    only cases whose full name contains a match\n"
    "  --list            print the names of the cases, run none\n"
    "  --junit FILE      write the results as JUnit XML, too\n"
    "  --batch N         write up to N records of one topic before the engine runs (default 1000)\n"
    "  --restart         stop the engine and open it again between records\n"
    "  --extensions DIR  load user functions from DIR (default: SLUICE_EXTENSIONS in the environment)\n"
    "  --jobs N          processes (default: one per core); 0: none, all runs in this one\n"
    "  --timeout SECONDS of one case (default 60)\n"
    "\n"
    "The last line is 'N passed, N failed, N skipped'. The exit code is 1 if any failed.\n";

enum { DEFAULT_BATCH = 1000, DEFAULT_TIMEOUT_S = 60 };

typedef struct words {
  sl_test_options options;
  const char *filter, *junit, *extensions;
  bool list, help;
  char **paths;
  int path_count;
} words;

static int bad_number(const char *option, const char *text, sl_err *err) {
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "--%s takes a number from 0 to 1000000, not '%s'.", option, text);
}

static int read_number(const char *option, const char *text, int least, int *out, sl_err *err) {
  int64_t n;
  if (!sl_str_int64(sl_str_of(text), &n) || n < least || n > 1000000) return bad_number(option, text, err);
  *out = (int)n;
  return 0;
}

static int read_words(int argc, char **argv, words *out, sl_err *err) {
  static const struct option OPTIONS[] = {
      {"filter", required_argument, NULL, 'f'},
      {"list", no_argument, NULL, 'l'},
      {"junit", required_argument, NULL, 'j'},
      {"batch", required_argument, NULL, 'b'},
      {"restart", no_argument, NULL, 'r'},
      {"jobs", required_argument, NULL, 'n'},
      {"extensions", required_argument, NULL, 'e'},
      {"timeout", required_argument, NULL, 't'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  int code = 0, option;
  optind = 1;
  while (!code && (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
    switch (option) {
    case 'f': out->filter = optarg; break;
    case 'l': out->list = true; break;
    case 'e': out->extensions = optarg; break;
    case 'j': out->junit = optarg; break;
    case 'b': code = read_number("batch", optarg, 1, &out->options.batch, err); break;
    case 'r': out->options.restart = true; break;
    case 'n': code = read_number("jobs", optarg, 0, &out->options.jobs, err); break;
    case 't': code = read_number("timeout", optarg, 0, &out->options.timeout_s, err); break;
    case 'h': out->help = true; break;
    default: code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'sluice test --help' lists the options.");
    }
  }
  out->paths = argv + optind;
  out->path_count = argc - optind;
  if (!code && !out->help && !out->path_count)
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Name a file or folder to test.");
  return code;
}

/* Leaves only the cases whose name matches. */
static int filter_cases(const char *pattern, sl_vec *cases, sl_err *err) {
  int number;
  PCRE2_SIZE at;
  pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &number, &at, NULL);
  if (!regex) {
    PCRE2_UCHAR text[128];
    pcre2_get_error_message(number, text, sizeof text);
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "--filter '%s': %s at character %zu.", pattern, (char *)text,
                      at);
  }
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(regex, NULL);
  size_t kept = 0;
  for (size_t i = 0; i < cases->len; i++) {
    const sl_test_case *test = sl_vec_at(cases, i);
    if (pcre2_match(regex, (PCRE2_SPTR)test->name, PCRE2_ZERO_TERMINATED, 0, 0, match, NULL) >= 0)
      cases->items[kept++] = cases->items[i];
  }
  cases->len = kept;
  pcre2_match_data_free(match);
  pcre2_code_free(regex);
  return 0;
}

static int run(const words *w, const sl_vec *cases, bool *failed, sl_err *err) {
  sl_test_result *results = sl_heap_zalloc((cases->len + 1) * sizeof *results);
  int code = sl_test_run_all(cases, &w->options, results, err);
  if (!code) *failed = sl_test_print_results(stdout, cases, results).failed > 0;
  if (!code && w->junit) code = sl_test_write_junit(w->junit, cases, results, err);
  for (size_t i = 0; i < cases->len; i++) sl_heap_free(results[i].message);
  sl_heap_free(results);
  return code;
}

static int test(const words *w, bool *failed, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 1 << 20);
  sl_vec cases;
  sl_vec_init(&cases, &arena);
  int code = 0;
  for (int i = 0; i < w->path_count && !code; i++) code = sl_test_load(&arena, w->paths[i], &cases, err);
  sl_test_name_apart(&arena, &cases);
  if (!code && w->filter) code = filter_cases(w->filter, &cases, err);
  for (size_t i = 0; w->list && i < cases.len && !code; i++) puts(((const sl_test_case *)sl_vec_at(&cases, i))->name);
  if (!code && !w->list) code = run(w, &cases, failed, err);
  sl_arena_done(&arena);
  return code;
}

int sl_cmd_test(int argc, char **argv) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  words w = {.options = {.batch = DEFAULT_BATCH, .jobs = cores > 0 ? (int)cores : 1, .timeout_s = DEFAULT_TIMEOUT_S}};
  sl_err err = {0};
  bool failed = false;
  sl_log_set_level(SL_LOG_WARN);
  int code = read_words(argc, argv, &w, &err);
  if (!code && w.help) {
    fputs(HELP, stdout);
    return 0;
  }
  if (!code) code = sl_extensions_load(w.extensions, &(sl_settings){0}, false, &err);
  if (!code) code = test(&w, &failed, &err);
  if (code) fprintf(stderr, "sluice test: %s\n", err.message);
  sl_err_done(&err);
  return code ? 2 : failed;
}
