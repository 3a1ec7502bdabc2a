// SPDX-License-Identifier: MIT
// What is looked at in a socket before the library reads it, on a real TCP connection.
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/mqtt/intake.h"
#include "common/mqtt/tcp.h"

enum { PATIENCE_MS = 10000, PUBLISH = 0x30, HEAD = 6000 };

struct ends {
    int broker, client;
    struct intake intake;
};

static int set_up(void **state)
{
    static struct ends ends;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ends.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || ends.client < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
        connect(ends.client, (struct sockaddr *)&address, sizeof address) < 0)
        return -1;
    ends.broker = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    intake_init(&ends.intake, ends.client, true);
    *state = &ends;
    return ends.broker < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    struct ends *ends = *state;

    close(ends->broker);
    close(ends->client);
    return 0;
}

static void sends(struct ends *ends, const uint8_t *bytes, size_t len)
{
    int before = tcp_waiting(ends->client);

    assert_int_equal(write(ends->broker, bytes, len), (ssize_t)len);
    for (int ms = 0; tcp_waiting(ends->client) < before + (int)len; ms++) {
        assert_true(ms < PATIENCE_MS);
        usleep(1000);
    }
}

// One turn of the loop.
static enum intake_verdict turn(struct ends *ends)
{
    struct packet packet;

    intake_begin(&ends->intake);
    return intake_next(&ends->intake, 0, &packet);
}

// The beginning of a PUBLISH whose properties are HEAD bytes long: 3 of its length, the topic "t", 2 of their length.
static const uint8_t beginning[] = {
    PUBLISH,
    (HEAD + 5) % 128 | 128,
    (HEAD + 5) / 128,
    0,
    1,
    't',
    HEAD % 128 | 128,
    HEAD / 128,
};

static void a_head_in_pieces_is_waited_for(void **state)
{
    struct ends *ends = *state;
    // User properties with an empty name and a value of 995 bytes, six of them.
    static uint8_t property[HEAD / 6] = {38, 0, 0, (HEAD / 6 - 5) / 256, (HEAD / 6 - 5) % 256};
    memset(property + 5, 'v', sizeof property - 5);

    if (ends->intake.off)
        skip(); // this libmosquitto reads ahead
    sends(ends, beginning, sizeof beginning);
    assert_int_equal(turn(ends), INTAKE_WAIT);
    for (int i = 0; i < 5; i++) {
        sends(ends, property, sizeof property);
        assert_int_equal(turn(ends), INTAKE_WAIT);
        assert_false(ends->intake.off);
        ends->intake.grown = false; // the kernel did not say that it is full; the turn is the test's own
    }
    sends(ends, property, sizeof property);
    assert_int_equal(turn(ends), INTAKE_READ);
    assert_false(ends->intake.off);
}

static void a_head_that_fills_the_buffer_before_all_of_it_is_there_is_not_read_unseen(void **state)
{
    struct ends *ends = *state;

    if (ends->intake.off)
        skip(); // this libmosquitto reads ahead
    sends(ends, beginning, sizeof beginning);
    assert_int_equal(turn(ends), INTAKE_WAIT);
    // The kernel calls the socket readable though less is there than was asked for: the buffer is made larger, once.
    assert_int_equal(turn(ends), INTAKE_WAIT);
    assert_true(ends->intake.grown);
    assert_int_equal(turn(ends), INTAKE_STUCK);
    assert_int_equal(turn(ends), INTAKE_STUCK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_in_pieces_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_head_that_fills_the_buffer_before_all_of_it_is_there_is_not_read_unseen, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
