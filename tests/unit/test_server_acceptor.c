/* Sockets that connect and say nothing: how long, and how many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>
#include "server/acceptor.h"

enum { MOST = 3, CLIENTS = 6, PATIENCE_MS = 10000 };

static void hand_over(void *ctx, int fd, const struct sockaddr *address, socklen_t len) {
  (void)ctx, (void)address, (void)len;
  close(fd);
}

static sl_acceptor *start(unsigned idle_seconds, size_t most_silent) {
  sl_acceptor *acceptor;
  sl_err err = {0};
  int rc = sl_acceptor_start(sl_str_of("http://127.0.0.1:0"), idle_seconds, most_silent, hand_over, hand_over, NULL,
                             &acceptor, &err);
  if (rc) fail_msg("%s", err.message);
  return acceptor;
}

static int connect_to(const sl_acceptor *acceptor) {
  const char *url = sl_acceptor_url(acceptor);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

/* Waits so long for the other side to close. */
static bool is_closed(int fd, int ms) {
  char byte;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, ms) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

static void test_acceptor__of_too_many_silent_clients_the_oldest_go(void **state) {
  (void)state;
  sl_acceptor *acceptor = start(0, MOST);
  int clients[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) clients[i] = connect_to(acceptor);
  for (int i = 0; i < CLIENTS - MOST; i++) assert_true(is_closed(clients[i], PATIENCE_MS));
  for (int i = CLIENTS - MOST; i < CLIENTS; i++) assert_false(is_closed(clients[i], 0));
  assert_int_equal(send(clients[CLIENTS - 1], "G", 1, MSG_NOSIGNAL), 1); /* it has spoken, and is handed over */
  assert_true(is_closed(clients[CLIENTS - 1], PATIENCE_MS));
  int one_more = connect_to(acceptor); /* there is room for it again */
  assert_int_equal(send(one_more, "G", 1, MSG_NOSIGNAL), 1);
  assert_true(is_closed(one_more, PATIENCE_MS));
  for (int i = CLIENTS - MOST; i < CLIENTS - 1; i++) assert_false(is_closed(clients[i], 0));
  sl_acceptor_stop(acceptor);
  for (int i = 0; i < CLIENTS; i++) close(clients[i]);
  close(one_more);
}

static void test_acceptor__a_silent_client_goes_when_its_time_is_over(void **state) {
  (void)state;
  sl_acceptor *acceptor = start(1, MOST);
  int fd = connect_to(acceptor);
  assert_true(is_closed(fd, PATIENCE_MS));
  sl_acceptor_stop(acceptor);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_acceptor__of_too_many_silent_clients_the_oldest_go),
      cmocka_unit_test(test_acceptor__a_silent_client_goes_when_its_time_is_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
