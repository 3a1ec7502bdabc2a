// SPDX-License-Identifier: MIT
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

#include "nano-agent/system/notify.h"

static char path[64];

static int make_socket(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/test_notify.%ld", (long)getpid());
    unlink(path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void systemd_is_told_by_one_datagram(void **state)
{
    (void)state;
    int fd = make_socket();
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_send("READY=1"), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    assert_int_equal(notify_send("READY=1"), 0);
    char text[64] = "";
    assert_int_equal(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    assert_int_equal(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), -1);
    close(fd);
    unlink(path);
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_fed_only_where_it_is_ours(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    unsetenv("WATCHDOG_PID");
    assert_int_equal(notify_watchdog_us(), 10000000);
    setenv("WATCHDOG_PID", "1", 1); // somebody else's
    assert_int_equal(notify_watchdog_us(), 0);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void a_systemd_that_hangs_is_not_waited_for(void **state)
{
    (void)state;
    int fd = make_socket();
    setenv("NOTIFY_SOCKET", path, 1);
    int rc = 0;
    for (int i = 0; i < 100000 && rc == 0;
         i++) // the kernel queues a dozen datagrams, and net.unix.max_dgram_qlen says how many
        rc = notify_send("WATCHDOG=1");
    assert_int_equal(rc, -EAGAIN);
    char text[64];
    while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0)
        continue;
    assert_int_equal(notify_send("WATCHDOG=1"), 0); // it reads again
    close(fd);
    unlink(path);
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(systemd_is_told_by_one_datagram),
        cmocka_unit_test(the_watchdog_is_fed_only_where_it_is_ours),
        cmocka_unit_test(a_systemd_that_hangs_is_not_waited_for),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
