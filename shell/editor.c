/* Reading lines: with libedit on a terminal, plainly from anything else. The only file that names libedit.
 *
 * Characters come through a function of ours that polls the terminal and Ctrl-C together, so that an interrupt ends the
 * line being typed and nothing more. */
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "base/heap.h"
#include "shell/shell_int.h"

enum { LINE_LIMIT = 64 << 20, LISTED = 200 };

struct sl_editor {
  sl_shell *shell;
  EditLine *el; /* NULL: not a terminal */
  History *history;
  const char *prompt;
  bool interrupted;
  sl_buf buffer; /* plain reading: bytes read and not given out */
  size_t given;
  bool at_end;
};

static sl_editor *editor_of(EditLine *el) {
  void *data = NULL;
  el_get(el, EL_CLIENTDATA, &data);
  return data;
}

static char *prompt(EditLine *el) {
  return (char *)(uintptr_t)editor_of(el)->prompt;
}

/* One byte of the terminal; -1 at its end or on Ctrl-C. */
static int read_byte(sl_editor *editor, EditLine *el) {
  for (;;) {
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = sl_interrupt_fd(), .events = POLLIN}};
    int ready = poll(fds, 2, -1);
    if (sl_interrupt_resized()) el_resize(el);
    if (sl_interrupt_seen()) {
      editor->interrupted = true;
      return -1;
    }
    if (ready < 0 && errno != EINTR) return -1;
    if (ready <= 0 || !fds[0].revents) continue;
    unsigned char byte;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got == 1) return byte;
    if (got == 0 || errno != EINTR) return -1;
  }
}

static int read_character(EditLine *el, wchar_t *out) {
  sl_editor *editor = editor_of(el);
  mbstate_t state = {0};
  for (;;) {
    int byte = read_byte(editor, el);
    if (byte < 0) return editor->interrupted ? -1 : 0;
    char c = (char)byte;
    size_t result = mbrtowc(out, &c, 1, &state);
    if (result == (size_t)-2) continue;
    if (result == (size_t)-1) { /* no text in this locale: passed by */
      memset(&state, 0, sizeof state);
      continue;
    }
    return 1;
  }
}

/* ---- Tab ---- */

static size_t common_length(const sl_vec *words) {
  const char *first = sl_vec_at(words, 0);
  size_t len = strlen(first);
  for (size_t i = 1; i < words->len; i++) {
    const char *word = sl_vec_at(words, i);
    size_t same = 0;
    while (same < len && word[same] == first[same]) same++;
    len = same;
  }
  while (len > 0 && ((unsigned char)first[len] & 0xC0) == 0x80) len--;
  return len;
}

static void list(const sl_vec *words) {
  size_t widest = 0, width = (size_t)sl_output_width();
  for (size_t i = 0; i < words->len; i++) {
    size_t len = sl_text_width(sl_str_of(sl_vec_at(words, i)));
    if (len > widest) widest = len;
  }
  size_t across = width / (widest + 2);
  if (!across) across = 1;
  fputs("\n", stdout);
  for (size_t i = 0; i < words->len && i < LISTED; i++) {
    const char *word = sl_vec_at(words, i);
    bool last = (i + 1) % across == 0 || i + 1 == words->len;
    int pad = (int)(widest + 2 - sl_text_width(sl_str_of(word)));
    printf("%s%*s", word, last ? 0 : pad, last ? "\n" : "");
  }
  if (words->len > LISTED) printf("... and %zu more\n", words->len - LISTED);
  fflush(stdout);
}

static unsigned char complete(EditLine *el, int c) {
  sl_editor *editor = editor_of(el);
  const LineInfo *line = el_line(el);
  sl_arena arena;
  sl_vec words;
  size_t start;
  unsigned char result = CC_REFRESH;
  (void)c;
  sl_arena_init(&arena, 0);
  sl_vec_init(&words, &arena);
  sl_str before = sl_str_n(line->buffer, (size_t)(line->cursor - line->buffer));
  sl_complete(editor->shell, &arena, before, &start, &words);
  size_t typed = before.len - start, common = words.len ? common_length(&words) : 0;
  sl_str prefix = sl_str_n(before.ptr + start, typed);
  if (!words.len) {
    result = CC_REFRESH_BEEP;
  } else if (words.len == 1 || common > typed) {
    char *word = sl_str_z(&arena, sl_str_n(sl_vec_at(&words, 0), common));
    el_deletestr(el, (int)sl_text_width(prefix));
    el_insertstr(el, word);
    bool quote = start > 0 && before.ptr[start - 1] == '\'';
    if (words.len == 1 && !strchr(word, ';')) el_insertstr(el, quote ? "'" : " ");
  } else {
    list(&words);
    result = CC_REDISPLAY;
  }
  sl_arena_done(&arena);
  return result;
}

/* ---- opening ---- */

static const char *const BINDINGS[][2] = {{"\t", "sluice-complete"},
                                          {"^R", "em-inc-search-prev"},
                                          {"^W", "ed-delete-prev-word"},
                                          {"^U", "vi-kill-line-prev"}};

static void open_terminal(sl_editor *editor) {
  HistEvent event;
  if (!setlocale(LC_CTYPE, "") || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0) setlocale(LC_CTYPE, "C.UTF-8");
  editor->el = el_init("sluice", stdin, stdout, stderr);
  if (!editor->el) return;
  editor->history = history_init();
  history(editor->history, &event, H_SETSIZE, 2000);
  history(editor->history, &event, H_SETUNIQUE, 1);
  el_set(editor->el, EL_CLIENTDATA, editor);
  el_set(editor->el, EL_PROMPT, prompt);
  el_set(editor->el, EL_EDITOR, "emacs");
  el_set(editor->el, EL_HIST, history, editor->history);
  el_set(editor->el, EL_GETCFN, read_character);
  /* the wide call keeps these words; the other one would keep copies that nobody frees */
  el_wset(editor->el, EL_ADDFN, L"sluice-complete", L"Complete the word before the cursor", complete);
  for (size_t i = 0; i < sizeof BINDINGS / sizeof *BINDINGS; i++)
    el_set(editor->el, EL_BIND, BINDINGS[i][0], BINDINGS[i][1], NULL);
  el_source(editor->el, NULL); /* ~/.editrc may change keys */
}

sl_editor *sl_editor_new(sl_shell *shell) {
  sl_editor *editor = sl_heap_zalloc(sizeof *editor);
  editor->shell = shell;
  if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) open_terminal(editor);
  return editor;
}

void sl_editor_free(sl_editor *editor) {
  if (!editor) return;
  if (editor->history) history_end(editor->history);
  if (editor->el) el_end(editor->el);
  sl_buf_done(&editor->buffer);
  sl_heap_free(editor);
}

void sl_editor_remember(sl_editor *editor, const char *entry) {
  HistEvent event;
  if (editor->history && *entry) history(editor->history, &event, H_ENTER, entry);
}

/* ---- reading ---- */

static sl_editor_result read_plain(sl_editor *editor, sl_str *line) {
  if (editor->given)
    memmove(editor->buffer.data, editor->buffer.data + editor->given, editor->buffer.len - editor->given);
  editor->buffer.len -= editor->given;
  editor->given = 0;
  size_t looked = 0;
  for (;;) {
    const uint8_t *end =
        editor->buffer.len > looked ? memchr(editor->buffer.data + looked, '\n', editor->buffer.len - looked) : NULL;
    looked = editor->buffer.len;
    if (end || (editor->at_end && editor->buffer.len)) {
      size_t len = end ? (size_t)(end - editor->buffer.data) : editor->buffer.len;
      editor->given = end ? len + 1 : len;
      *line = sl_str_n((const char *)editor->buffer.data, len);
      if (line->len && line->ptr[line->len - 1] == '\r') line->len--;
      return SL_EDITOR_LINE;
    }
    if (editor->at_end || editor->buffer.len > LINE_LIMIT) return SL_EDITOR_END;
    ssize_t got = read(STDIN_FILENO, sl_buf_reserve(&editor->buffer, 65536), 65536);
    if (got > 0) editor->buffer.len += (size_t)got;
    if (got == 0 || (got < 0 && errno != EINTR)) editor->at_end = true;
    if (got < 0 && errno == EINTR && sl_interrupt_seen()) return SL_EDITOR_INTERRUPTED;
  }
}

sl_editor_result sl_editor_read(sl_editor *editor, const char *text, sl_str *line) {
  int count = 0;
  if (!editor->el) return read_plain(editor, line);
  editor->prompt = text;
  editor->interrupted = false;
  const char *typed = el_gets(editor->el, &count);
  if (editor->interrupted) return SL_EDITOR_INTERRUPTED;
  if (!typed || count <= 0) return SL_EDITOR_END;
  size_t len = strlen(typed);
  while (len && (typed[len - 1] == '\n' || typed[len - 1] == '\r')) len--;
  *line = sl_str_n(typed, len);
  return SL_EDITOR_LINE;
}
