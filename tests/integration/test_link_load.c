// SPDX-License-Identifier: MIT
// What a link costs: round trips, many messages, messages that cannot be sent, and wake-ups.
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "link_rig.h"

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

// 44 ms here: TCP_NODELAY or TCP_QUICKACK is missing, or an answer waits for the next turn of the loop.
static void a_round_trip_on_a_stock_broker_takes_no_forty_milliseconds(void **state)
{
    struct link_options options;
    struct end commander, device;
    enum { N = 300 };
    static int64_t times[N];
    struct event_base *base = new_base();

    (void)state;
    for (int qos = 0; qos <= 1; qos++) {
        options_for(&options, rig_address, rig_port);
        options.topic_qos[0] = qos;
        open_end_in(base, &device, &options);
        options.topics[0] = "t/status";
        open_end_in(base, &commander, &options);
        device.echo = true;
        device.echo_qos = qos;
        WAIT_FOR(&device, state_of(&device) == LINK_UP);
        WAIT_FOR(&commander, state_of(&commander) == LINK_UP);
        for (int i = 0; i < N; i++) {
            const int64_t began_us = now_us();
            const unsigned before = commander.messages;
            assert_int_equal(link_publish(commander.link, "t/control", "x", 1, qos, false, NULL, 0, NULL), 0);
            while (commander.messages == before && now_us() - began_us < 1000000)
                event_base_loop(base, EVLOOP_ONCE);
            times[i] = now_us() - began_us;
        }
        qsort(times, N, sizeof times[0], compare);
        print_message("QoS %d round trip: p50 %lld us, p90 %lld us\n", qos, (long long)times[N / 2],
            (long long)times[N * 9 / 10]);
        assert_true(times[N * 9 / 10] < 20000);
        link_free(commander.link);
        link_free(device.link);
    }
    event_base_free(base);
}

static void a_thousand_messages_at_once_are_all_answered(void **state)
{
    struct link_options options;
    struct end commander, device;
    struct event_base *base = new_base();

    (void)state;
    options_for(&options, rig_address, rig_port);
    open_end_in(base, &device, &options);
    options.topics[0] = "t/status";
    open_end_in(base, &commander, &options);
    device.echo = true;
    WAIT_FOR(&device, state_of(&device) == LINK_UP);
    WAIT_FOR(&commander, state_of(&commander) == LINK_UP);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(link_publish(commander.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), 0);
    WAIT_FOR(&commander, commander.messages == 1000);
    assert_int_equal(device.messages, 1000);
    WAIT_FOR(&commander, commander.published == 1000);
    assert_int_equal(link_unsent(commander.link), 0);
    link_free(commander.link);
    link_free(device.link);
    event_base_free(base);
}

static void reading_pauses_while_too_much_waits_for_the_socket(void **state)
{
    struct link_options options;
    struct end device, commander;
    enum { COMMANDS = 50, SIZE = 64 * 1024 };
    static char big[SIZE];

    (void)state;
    options_for(&options, rig_address, rig_port);
    options.unsent_max = 10;
    open_end(&device, &options);
    WAIT_FOR(&device, state_of(&device) == LINK_UP);
    open_up(&commander);
    for (int i = 0; i < COMMANDS; i++)
        link_publish(commander.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&commander, commander.messages == COMMANDS); // so they are in the device's socket as well
    kill(rig_pid, SIGSTOP);
    for (int i = 0; i < 10000 && link_unsent(device.link) <= 10; i++)
        assert_int_equal(link_publish(device.link, "t/big", big, SIZE, 0, false, NULL, 0, NULL), 0);
    assert_true(link_unsent(device.link) > 10);
    tick(device.base, 200);
    assert_in_range(device.messages, 0, 1);
    kill(rig_pid, SIGCONT);
    WAIT_FOR(&device, device.messages == COMMANDS && link_unsent(device.link) == 0);
    close_end(&commander);
    close_end(&device);
}

static void an_idle_link_outlives_the_keep_alive(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, rig_address, rig_port);
    options.keepalive_s = 5;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    const int64_t until_us = now_us() + 14000000; // the broker gives up after 7.5 s and looks every 5 s
    while (now_us() < until_us)
        tick(end.base, 500);
    assert_string_equal(end.states, "cu");
    close_end(&end);
}

static void beat(evutil_socket_t fd, short what, void *arg)
{
    struct end *end = arg;

    (void)fd;
    (void)what;
    assert_int_equal(link_publish(end->link, "t/heartbeat", "{}", 2, 1, true, NULL, 0, NULL), 0);
}

// Four beats and four PUBACKs: a timer of the keep-alive of 5 s would add one every 1.25 s. What else a busy
// machine does only adds turns, so the quietest of three windows counts.
static void the_keep_alive_adds_no_wake_ups_to_a_heartbeat(void **state)
{
    struct link_options options;
    struct end end;
    unsigned quietest = UINT_MAX;

    (void)state;
    options_for(&options, rig_address, rig_port);
    options.keepalive_s = 5;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    struct event *timer = event_new(end.base, -1, EV_PERSIST, beat, &end);
    const struct timeval second = {.tv_sec = 1};
    event_add(timer, &second);
    WAIT_FOR(&end, end.published == 1); // the timers of waiting itself have run out
    tick(end.base, 500);
    for (unsigned window = 0; window < 3 && quietest > 10; window++) {
        const unsigned beats = end.published + 4;
        unsigned turns = 0;
        for (; end.published < beats; turns++)
            event_base_loop(end.base, EVLOOP_ONCE);
        quietest = turns < quietest ? turns : quietest;
    }
    event_free(timer);
    assert_in_range(quietest, 8, 10);
    assert_string_equal(end.states, "cu");
    close_end(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_trip_on_a_stock_broker_takes_no_forty_milliseconds),
        cmocka_unit_test(a_thousand_messages_at_once_are_all_answered),
        cmocka_unit_test(reading_pauses_while_too_much_waits_for_the_socket),
        cmocka_unit_test(an_idle_link_outlives_the_keep_alive),
        cmocka_unit_test(the_keep_alive_adds_no_wake_ups_to_a_heartbeat),
    };

    return cmocka_run_group_tests_name("link_load", tests, start_broker, end_broker);
}
