// SPDX-License-Identifier: MIT
// When systemd hears of us, with a clock that the test sets.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/system/watchdog.h"

enum { SECOND = 1000000 };

static char path[64];
static int fd;

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/test_watchdog.%ld", (long)getpid());
    unlink(path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    setenv("NOTIFY_SOCKET", path, 1);
    setenv("WATCHDOG_USEC", "10000000", 1);
    unsetenv("WATCHDOG_PID");
    return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(fd);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    return unlink(path);
}

static void assert_heard(const char *wanted)
{
    char text[64] = "";
    ssize_t len = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    assert_string_equal(len < 0 ? "" : text, wanted);
}

static void it_is_fed_twice_in_its_time_and_earlier_where_that_costs_nothing(void **state)
{
    (void)state;
    struct watchdog watchdog;
    watchdog_start(&watchdog, 0);
    assert_heard("READY=1");
    assert_int_equal(watchdog_next_us(&watchdog), 5 * SECOND);
    watchdog_feed(&watchdog, 2 * SECOND);
    assert_heard("");
    watchdog_feed(&watchdog, 3 * SECOND);
    assert_heard("WATCHDOG=1");
    assert_int_equal(watchdog_next_us(&watchdog), 8 * SECOND);
}

static void while_a_motor_may_turn_it_waits_a_second_and_is_fed_each_quarter(void **state)
{
    (void)state;
    struct watchdog watchdog;
    watchdog_start(&watchdog, 0);
    assert_heard("READY=1");
    watchdog_hurry(&watchdog, true, SECOND);
    assert_heard("WATCHDOG=1\nWATCHDOG_USEC=1000000");
    assert_int_equal(watchdog_next_us(&watchdog), SECOND + SECOND / 4);
    watchdog_hurry(&watchdog, true, SECOND);
    assert_heard("");
    watchdog_feed(&watchdog, SECOND + SECOND / 4);
    assert_heard("WATCHDOG=1");
    watchdog_hurry(&watchdog, false, 2 * SECOND);
    assert_heard("WATCHDOG=1\nWATCHDOG_USEC=10000000");
    assert_int_equal(watchdog_next_us(&watchdog), 7 * SECOND);
}

static void a_change_that_systemd_could_not_be_told_is_told_soon(void **state)
{
    (void)state;
    struct watchdog watchdog;
    watchdog_start(&watchdog, 0);
    assert_heard("READY=1");
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    watchdog_hurry(&watchdog, true, SECOND);
    assert_int_equal(watchdog_next_us(&watchdog), SECOND + SECOND / 8);
    setenv("NOTIFY_SOCKET", path, 1);
    watchdog_feed(&watchdog, SECOND + SECOND / 8);
    assert_heard("WATCHDOG=1\nWATCHDOG_USEC=1000000");
}

static void without_a_watchdog_nothing_is_due_and_nothing_is_sent(void **state)
{
    (void)state;
    struct watchdog watchdog;
    unsetenv("WATCHDOG_USEC");
    watchdog_start(&watchdog, 0);
    assert_heard("READY=1");
    watchdog_hurry(&watchdog, true, SECOND);
    watchdog_feed(&watchdog, 60 * SECOND);
    assert_heard("");
    assert_true(watchdog_next_us(&watchdog) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            it_is_fed_twice_in_its_time_and_earlier_where_that_costs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            while_a_motor_may_turn_it_waits_a_second_and_is_fed_each_quarter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_that_systemd_could_not_be_told_is_told_soon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            without_a_watchdog_nothing_is_due_and_nothing_is_sent, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
