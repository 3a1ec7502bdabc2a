// SPDX-License-Identifier: MIT
// Inputs: what becomes of their edges.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    struct agent_channel_config *button = rig_add(rig, "button", CHANNEL_INPUT);
    snprintf(button->press, sizeof button->press, "led_toggle");
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void the_leading_edge_acts_at_once_and_says_from_where(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_edge(rig, "button", true);
    assert_int_equal(rig->events[0].kind, RIG_SWITCH);
    assert_int_equal(rig->events[1].kind, RIG_STATUS);
    assert_int_equal(rig->events[2].kind, RIG_DONE);
    assert_string_equal(rig->seen.last.from, "button");
    assert_string_equal(rig->seen.last.cmd, "led_toggle");
    assert_int_equal(rig->seen.last.result, RESULT_OK);
    assert_true(rig_seen(rig, "button")->on);
    assert_true(rig_seen(rig, "led")->on);
}

static void a_bouncing_button_acts_once_and_is_read_once_when_it_has_settled(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    int reads = rig_hardware(rig, "button")->reads;
    for (int i = 0; i < 9; i++) {
        rig_edge(rig, "button", i % 2 == 0);
        rig_run_ms(rig, 2);
    }
    rig_run_ms(rig, 100);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 1);
    assert_int_equal(rig_hardware(rig, "button")->reads, reads + 1);
    assert_true(rig_seen(rig, "button")->on);
    rig_edge(rig, "button", false);
    rig_run_ms(rig, 100);
    rig_edge(rig, "button", true);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 2);
}

static void a_release_within_the_debounce_time_is_found_by_reading(void **state)
{
    HERE(rig);
    struct agent_channel_config *button = &rig->config.channels[rig_index(rig, "button")];
    snprintf(button->press, sizeof button->press, "led_on");
    snprintf(button->release, sizeof button->release, "led_off");
    rig_start_afresh(rig);
    rig_edge(rig, "button", true);
    assert_true(rig_hardware(rig, "led")->level);
    rig_run_ms(rig, 5);
    rig_edge(rig, "button", false);
    assert_true(rig_hardware(rig, "led")->level);
    rig_run_ms(rig, 15);
    assert_false(rig_hardware(rig, "led")->level);
    assert_string_equal(rig->seen.last.cmd, "led_off");
    assert_string_equal(rig->seen.last.from, "button");
}

static void inputs_act_while_the_broker_is_away(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig->link_rc = -ENOTCONN;
    rig_edge(rig, "button", true);
    assert_true(rig_hardware(rig, "led")->level);
}

static void a_local_command_is_refused_like_any_other_after_a_stop(void **state)
{
    HERE(rig);
    struct agent_channel_config *button = &rig->config.channels[rig_index(rig, "button")];
    snprintf(button->press, sizeof button->press, "tilt_up");
    rig_start_afresh(rig);
    rig_send(rig, "stop");
    rig_edge(rig, "button", true);
    assert_int_equal(rig->seen.last.result, RESULT_REFUSED);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void local_commands_run_at_most_ten_times_a_second_and_the_last_level_wins(void **state)
{
    HERE(rig);
    struct agent_channel_config *button = &rig->config.channels[rig_index(rig, "button")];
    snprintf(button->press, sizeof button->press, "led_on");
    snprintf(button->release, sizeof button->release, "led_off");
    button->debounce_ms = 0;
    rig_start_afresh(rig);
    for (int i = 0; i < 99; i++) { // ends pressed
        rig_edge(rig, "button", i % 2 == 0);
        rig_run_ms(rig, 5);
    }
    assert_int_equal(rig_count(rig, RIG_SWITCH), 10);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 11);
    assert_true(rig_hardware(rig, "led")->level);
}

static void a_local_stop_never_waits(void **state)
{
    HERE(rig);
    struct agent_channel_config *button = &rig->config.channels[rig_index(rig, "button")];
    snprintf(button->press, sizeof button->press, "stop");
    button->debounce_ms = 0;
    rig_start_afresh(rig);
    for (int i = 0; i < 40; i++)
        rig_edge(rig, "button", i % 2 == 0);
    assert_int_equal(rig_count(rig, RIG_DONE), 20);
}

static void an_edge_is_told_at_once_even_right_after_another_status(void **state)
{
    HERE(rig);
    rig_add(rig, "door", CHANNEL_INPUT);
    rig_start_afresh(rig);
    rig_send(rig, "led_on");
    rig_run_ms(rig, 1);
    rig_forget(rig);
    rig_edge(rig, "door", true);
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_true(rig_seen(rig, "door")->on);
}

static void edges_are_told_at_most_twenty_times_a_second(void **state)
{
    HERE(rig);
    rig_add(rig, "door", CHANNEL_INPUT);
    rig_start_afresh(rig);
    rig_run_ms(rig, 100);
    rig_forget(rig);
    for (int i = 0; i < 500; i++) {
        rig_edge(rig, "door", i % 2 == 0);
        rig_run_ms(rig, 2);
    }
    // Twenty at once, and what was left of them in the rhythm of the other changes, with a heartbeat in
    // between.
    assert_in_range(rig_count(rig, RIG_STATUS), 19, 42);
    rig_run_ms(rig, 50);
    assert_false(rig_seen(rig, "door")->on);
}

static void an_input_without_a_command_is_reported(void **state)
{
    HERE(rig);
    rig_add(rig, "door", CHANNEL_INPUT);
    rig_hardware(rig, "door")->level = true;
    rig_start_afresh(rig);
    assert_true(rig_seen(rig, "door")->on);
    rig_run_ms(rig, 100);
    rig_forget(rig);
    rig_edge(rig, "door", false);
    rig_run_ms(rig, 50);
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_false(rig_seen(rig, "door")->on);
    assert_int_equal(rig->seen.last.n, 0);
}

static void an_input_that_cannot_be_read_is_told_and_keeps_its_level(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_edge(rig, "button", true);
    rig_hardware(rig, "button")->error = -EIO;
    rig_run_ms(rig, 100);
    assert_string_equal(rig->trouble, "input button: Input/output error");
    assert_true(rig_seen(rig, "button")->on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_leading_edge_acts_at_once_and_says_from_where),
        TEST(a_bouncing_button_acts_once_and_is_read_once_when_it_has_settled),
        TEST(a_release_within_the_debounce_time_is_found_by_reading),
        TEST(inputs_act_while_the_broker_is_away),
        TEST(a_local_command_is_refused_like_any_other_after_a_stop),
        TEST(local_commands_run_at_most_ten_times_a_second_and_the_last_level_wins),
        TEST(a_local_stop_never_waits),
        TEST(an_edge_is_told_at_once_even_right_after_another_status),
        TEST(edges_are_told_at_most_twenty_times_a_second),
        TEST(an_input_without_a_command_is_reported),
        TEST(an_input_that_cannot_be_read_is_told_and_keeps_its_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
