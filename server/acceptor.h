/* Accepting: listening sockets, and new connections handed to the protocol that their first bytes name. */
#pragma once
#include <sys/socket.h>
#include "base/err.h"
#include "base/str.h"

typedef struct sl_acceptor sl_acceptor;

/* Gets a connected, non-blocking socket whose first bytes have come (not read yet). Owns fd. Thread: the acceptor's. */
typedef void (*sl_accepted)(void *ctx, int fd, const struct sockaddr *address, socklen_t len);

/* Listens on every address of the comma list ("HOST:PORT" or "http://HOST:PORT"). SL_E_IO when a port is in use.
 * A client that has sent nothing for idle_seconds (0: no limit) is left, and of more than most_silent the oldest. */
int sl_acceptor_start(sl_str listeners, unsigned idle_seconds, size_t most_silent, sl_accepted http1, sl_accepted http2,
                      void *ctx, sl_acceptor **out, sl_err *err);
/* "http://HOST:PORT" of the first listener. */
const char *sl_acceptor_url(const sl_acceptor *acceptor);
void sl_acceptor_stop(sl_acceptor *acceptor); /* accepts NULL */
