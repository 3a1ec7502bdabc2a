// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/check/check.h"
#include "nano-agent/check/check_broker.h"

static struct config config;
static char report[8192];
static unsigned wrong;

static void finds(const char *finding, const char *mend)
{
    char *at = strstr(report, "!!  ");
    char *rest = at;
    const char *first = strsep(&rest, "\n"), *second = strsep(&rest, "\n");
    if (wrong != 1 || !first || !second) {
        fail_msg("%u findings:\n%s", wrong, report);
        return;
    }
    if (!strstr(first, finding) || strncmp(second, "    mend: ", 10) != 0 || !strstr(second, mend))
        fail_msg("wanted \"%s\" and \"%s\", got\n%s\n%s", finding, mend, first, second);
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void check_broker_at(int port)
{
    struct check c;
    char why[PROTOCOL_WHY_SIZE], place[64];
    FILE *out = fmemopen(report, sizeof report, "w");
    config_init(&config);
    snprintf(place, sizeof place, "127.0.0.1:%d", port);
    assert_int_equal(broker_options_add_hosts(&config.broker, place, why), 0);
    check_init(&c, &config, out);
    check_brokers(&c);
    fclose(out);
    wrong = c.wrong;
}

static void a_broker_that_refuses_or_is_silent_is_a_finding(void **state)
{
    (void)state;
    int port;
    int fd = listen_somewhere(&port); // takes the connection and never says a word
    check_broker_at(port);
    finds("broker 127.0.0.1:", "it hangs");
    close(fd);
    check_broker_at(port);
    finds("connection refused", "listener 1883");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_that_refuses_or_is_silent_is_a_finding),
    };
    return cmocka_run_group_tests_name("check_broker", tests, NULL, NULL);
}
