// SPDX-License-Identifier: MIT
// A list of brokers: over to the next one, and back when an earlier one answers again.
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "link_rig.h"

enum { SCOUT_MS = 200 };

static void two_brokers(struct link_options *options, int first, int second)
{
    options_for(options, "127.0.0.1", first);
    options->brokers[1] = options->brokers[0];
    options->brokers[1].port = second;
    options->broker_count = 2;
    options->scout_ms = SCOUT_MS;
}

static void it_goes_back_to_the_first_broker_after_three_good_answers(void **state)
{
    const int first = peers_free_port(), second = peers_free_port();
    pid_t other = peers_start_mosquitto(second, "127.0.0.1", true);
    struct link_options options;
    struct end end;

    (void)state;
    two_brokers(&options, first, second);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->broker.port, second);
    const pid_t back = peers_start_mosquitto(first, "127.0.0.1", true);
    const int64_t began_us = now_us();
    WAIT_FOR(&end, state_of(&end) == LINK_UP && link_report(end.link)->broker.port == first);
    assert_in_range(now_us() - began_us, (int64_t)(2 * SCOUT_MS - 50) * 1000, DEADLINE_MS * 1000);
    assert_non_null(strstr(end.reasons, "changing over to 127.0.0.1:"));
    assert_null(strchr(end.states, 'w')); // without a wait
    close_end(&end);
    peers_end(back, SIGTERM);
    peers_end(other, SIGTERM);
}

static bool may;
static unsigned asked;

static bool may_change_over(void *ctx)
{
    (void)ctx;
    asked++;
    return may;
}

static void on_changed(void *ctx, const struct link_report *report)
{
    *(int *)ctx = report->state == LINK_UP ? report->broker.port : 0;
}

static void on_message(void *ctx, const struct link_message *message)
{
    (void)ctx;
    (void)message;
}

static void it_stays_as_long_as_its_owner_is_busy(void **state)
{
    static const struct link_events events = {
        .changed = on_changed, .message = on_message, .may_change_over = may_change_over};
    const int first = peers_free_port(), second = peers_free_port();
    const pid_t other = peers_start_mosquitto(second, "127.0.0.1", true);
    struct event_base *base = new_base();
    struct link_options options;
    int up_at = 0;

    (void)state;
    may = false;
    asked = 0;
    two_brokers(&options, first, second);
    struct link *link = link_new(base, &options, &events, &up_at);
    for (int64_t until = now_us() + 5000000; up_at != second && now_us() < until;)
        tick(base, 20);
    const pid_t back = peers_start_mosquitto(first, "127.0.0.1", true);
    for (int64_t until = now_us() + 10000000; asked < 5 && now_us() < until;)
        tick(base, 20);
    assert_true(asked >= 5); // again and again, without a change
    assert_int_equal(up_at, second);
    may = true;
    for (int64_t until = now_us() + 5000000; up_at != first && now_us() < until;)
        tick(base, 20);
    assert_int_equal(up_at, first);
    link_free(link);
    event_base_free(base);
    peers_end(back, SIGTERM);
    peers_end(other, SIGTERM);
}

static void new_options_hold_from_the_next_attempt_on(void **state)
{
    const int first = peers_free_port(), second = peers_free_port();
    const pid_t other = peers_start_mosquitto(second, "127.0.0.1", true);
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, "127.0.0.1", first);
    options.version = 4;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    options.brokers[0].port = second;
    link_renew(end.link, link_news_new(&options));
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->broker.port, second);
    close_end(&end);
    peers_end(other, SIGTERM);
}

enum { QUICK_SCOUT_MS = 100, TRIES = 3 };

static void a_broker_that_answers_and_lets_nobody_in_is_tried_less_and_less(void **state)
{
    static const struct fake_words refuses = {.connack = "\x20\x03\x00\x87\x00", .connack_len = 5};
    struct fake_broker first;
    const int second = peers_free_port();
    const pid_t other = peers_start_mosquitto(second, "127.0.0.1", true);
    struct link_options options;
    struct end end;

    (void)state;
    peers_start_speaker(&first, &refuses, 1);
    two_brokers(&options, first.port, second);
    options.scout_ms = QUICK_SCOUT_MS;
    open_end(&end, &options);
    // Three answers at first, then six, then twelve. The beginning is seen up to 20 ms late.
    for (int i = 0; i < TRIES; i++) {
        WAIT_FOR(&end, state_of(&end) == LINK_UP && link_report(end.link)->broker.port == second);
        const int64_t up_us = now_us();
        WAIT_FOR(&end, state_of(&end) != LINK_UP);
        assert_true(now_us() - up_us >= ((3 << i) * QUICK_SCOUT_MS - 40) * INT64_C(1000));
    }
    close_end(&end);
    peers_end_fake(&first);
    peers_end(other, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_back_to_the_first_broker_after_three_good_answers),
        cmocka_unit_test(it_stays_as_long_as_its_owner_is_busy),
        cmocka_unit_test(a_broker_that_answers_and_lets_nobody_in_is_tried_less_and_less),
        cmocka_unit_test(new_options_hold_from_the_next_attempt_on),
    };

    return cmocka_run_group_tests_name("link_failover", tests, NULL, NULL);
}
