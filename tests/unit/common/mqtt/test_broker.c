// SPDX-License-Identifier: MIT
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/mqtt/broker.h"

enum { MINUTE_MS = 60000 };

static struct broker broker;
static const struct link_broker place = {.host = "localhost", .port = 1883};

static void on_answer(void *ctx, struct broker *answered)
{
    (void)ctx;
    (void)answered;
    fail_msg("localhost is never asked for");
}

static int make(void **state)
{
    (void)state;
    broker_init(&broker, NULL, &place, 5, true, on_answer, NULL);
    return 0;
}

static void begin(int64_t now_ms)
{
    assert_int_equal(broker_begin(&broker, now_ms), BROKER_LOOKUP_KNOWN);
    assert_true(broker_take_addresses(&broker));
}

// A connection of the attempt ends like this; true if the attempt goes on.
static bool ends(enum connection_phase phase, enum link_trouble trouble, int code)
{
    struct connection_end end = {.phase = phase, .trouble = trouble, .code = code};

    return broker_try_again(&broker, &end);
}

static void each_address_is_tried_and_then_the_attempt_is_over(void **state)
{
    (void)state;
    begin(0);
    assert_string_equal(broker_address(&broker), "127.0.0.1");
    assert_true(ends(PHASE_TCP, TROUBLE_REFUSED, 0));
    assert_string_equal(broker_address(&broker), "::1");
    assert_false(ends(PHASE_TCP, TROUBLE_REFUSED, 0));
    begin(0);
    assert_string_equal(broker_address(&broker), "127.0.0.1");
}

static void a_refusal_of_mqtt_5_is_remembered_for_a_minute(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(broker.version, 5);
    assert_true(ends(PHASE_HELLO, TROUBLE_PROTOCOL, 132));
    assert_int_equal(broker.version, 4);
    broker_is_up(&broker, 1000);
    begin(1000 + MINUTE_MS - 1);
    assert_int_equal(broker.version, 4);
    begin(1000 + MINUTE_MS);
    assert_int_equal(broker.version, 5);
}

static void a_hang_up_or_a_silence_counts_for_one_attempt(void **state)
{
    (void)state;
    begin(0);
    assert_true(ends(PHASE_HELLO, TROUBLE_NETWORK, 0));
    assert_int_equal(broker.version, 4);
    broker_is_up(&broker, 0);
    begin(1);
    assert_int_equal(broker.version, 5);
    assert_false(ends(PHASE_HELLO, TROUBLE_SILENT, 0));
    begin(2);
    assert_int_equal(broker.version, 4);
    begin(3);
    assert_int_equal(broker.version, 5);
}

static void a_broker_that_has_spoken_mqtt_5_is_doubted_only_at_the_third_time(void **state)
{
    (void)state;
    begin(0);
    broker_is_up(&broker, 0);
    begin(1);
    assert_false(ends(PHASE_HELLO, TROUBLE_SILENT, 0));
    begin(2);
    assert_int_equal(broker.version, 5);
    assert_false(ends(PHASE_HELLO, TROUBLE_NETWORK, 0));
    begin(3);
    assert_int_equal(broker.version, 5);
    assert_true(ends(PHASE_HELLO, TROUBLE_NETWORK, 0));
    assert_int_equal(broker.version, 4);
    // What it says itself is believed at once.
    make(NULL);
    begin(4);
    broker_is_up(&broker, 4);
    begin(5);
    assert_true(ends(PHASE_HELLO, TROUBLE_PROTOCOL, 1));
}

static void a_will_that_is_refused_is_made_smaller_as_the_code_says(void **state)
{
    (void)state;
    begin(0);
    assert_true(ends(PHASE_HELLO, TROUBLE_CLOSED, 155));
    assert_int_equal(broker.version, 5);
    assert_int_equal(broker.limits.max_qos, 0);
    assert_true(broker.limits.retains);
    assert_true(ends(PHASE_HELLO, TROUBLE_CLOSED, 154));
    assert_false(broker.limits.retains);
    broker_is_up(&broker, 0);
    begin(1); // remembered
    assert_int_equal(broker.limits.max_qos, 0);
    begin(10 * MINUTE_MS);
    assert_int_equal(broker.limits.max_qos, 2);
    assert_true(broker.limits.retains);
}

static void where_less_of_a_will_does_not_help_all_of_it_is_sent_again(void **state)
{
    (void)state;
    begin(0);
    assert_true(ends(PHASE_HELLO, TROUBLE_NETWORK, 0)); // 3.1.1
    assert_true(ends(PHASE_HELLO, TROUBLE_NETWORK, 0)); // at QoS 0
    assert_true(ends(PHASE_HELLO, TROUBLE_NETWORK, 0)); // not retained
    assert_false(ends(PHASE_HELLO, TROUBLE_NETWORK, 0));
    assert_int_equal(broker.limits.max_qos, 2);
    assert_true(broker.limits.retains);
    assert_false(ends(PHASE_HELLO, TROUBLE_LOGIN, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_address_is_tried_and_then_the_attempt_is_over, make),
        cmocka_unit_test_setup(a_refusal_of_mqtt_5_is_remembered_for_a_minute, make),
        cmocka_unit_test_setup(a_hang_up_or_a_silence_counts_for_one_attempt, make),
        cmocka_unit_test_setup(a_broker_that_has_spoken_mqtt_5_is_doubted_only_at_the_third_time, make),
        cmocka_unit_test_setup(a_will_that_is_refused_is_made_smaller_as_the_code_says, make),
        cmocka_unit_test_setup(where_less_of_a_will_does_not_help_all_of_it_is_sent_again, make),
    };

    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
