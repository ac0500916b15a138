/* Ctrl-C as a flag and a descriptor to poll: it ends what is going on, never the shell. */
#pragma once
#include <stdbool.h>

/* Catches SIGINT and SIGWINCH from now on. Reads that wait are interrupted. */
void sl_interrupt_install(void);
/* Was there a Ctrl-C since the last sl_interrupt_clear? */
bool sl_interrupt_seen(void);
void sl_interrupt_clear(void);
/* Readable after a Ctrl-C; -1 before sl_interrupt_install. */
int sl_interrupt_fd(void);
/* True once after the terminal has changed its size. */
bool sl_interrupt_resized(void);
