// SPDX-License-Identifier: MIT
// Channels whose hardware could not be opened, and what becomes of them when it is there at last.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static const char fault[] = "no chip answers at address 0x40 of /dev/i2c-1: Remote I/O error";

static void lose(struct rig *rig, const char *name)
{
    snprintf(rig_config(rig, name)->fault, sizeof rig->config.channels[0].fault, "%s", fault);
}

// The servo, the dimmer and the button have no hardware; the LED has.
static int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "lamp", CHANNEL_DIMMER);
    snprintf(
        rig_add(rig, "button", CHANNEL_INPUT)->press, sizeof rig->config.channels[0].press, "led_toggle");
    lose(rig, "tilt");
    lose(rig, "lamp");
    lose(rig, "button");
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void the_others_work_and_each_command_for_it_says_why(void **state)
{
    HERE(rig);
    static const char *const refused[] = {
        "tilt 20", "tilt_up", "tilt_center", "tilt_off", "lamp 40", "lamp_on"};
    rig_start(rig);
    assert_string_equal(rig_seen(rig, "tilt")->fault, fault);
    assert_string_equal(rig_seen(rig, "button")->fault, fault);
    assert_string_equal(rig_seen(rig, "led")->fault, "");
    assert_int_equal(rig_seen(rig, "tilt")->axis, AXIS_TILT);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(rig_send(rig, refused[i]), RESULT_FAULT);
        assert_string_equal(rig->seen.last.why, fault);
    }
    assert_int_equal(rig_send(rig, "led_on"), RESULT_OK);
    assert_true(rig_seen(rig, "led")->on);
    rig_run_ms(rig, 10000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
}

static void the_start_tells_it_once(void **state)
{
    HERE(rig);
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 3);
    assert_non_null(strstr(rig->trouble, "input button: no chip answers"));
    rig_run_ms(rig, 10000);
    agent_channel_fault(rig->agent, rig_index(rig, "tilt"), fault);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 3);
}

static void another_reason_is_told_and_reported(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    agent_channel_fault(rig->agent, rig_index(rig, "tilt"), "the address is busy");
    assert_string_equal(rig->trouble, "servo tilt: the address is busy");
    rig_run_ms(rig, 100);
    assert_string_equal(rig_seen(rig, "tilt")->fault, "the address is busy");
    agent_channel_fault(rig->agent, rig_index(rig, "led"), "never");
    rig_run_ms(rig, 2000);
    assert_string_equal(rig_seen(rig, "led")->fault, "");
}

static void what_is_for_all_reaches_the_others_and_names_what_it_did_not_reach(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_send(rig, "led_on");
    assert_int_equal(rig_send(rig, "stop"), RESULT_OK);
    assert_int_equal(rig_send(rig, "off"), RESULT_FAULT);
    assert_non_null(strstr(rig->seen.last.why, "servo tilt: no chip answers"));
    assert_false(rig_seen(rig, "led")->on);
    rig_config(rig, "led")->lost = POLICY_OFF;
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_send(rig, "center"), RESULT_FAULT);
    rig_forget(rig);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_int_equal(rig_count(rig, RIG_FINAL), 1);
}

static void what_comes_back_is_told_and_unmoved_whatever_its_start_says(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->start = POLICY_CENTER;
    rig_config(rig, "lamp")->start = POLICY_ON;
    lose(rig, "led");
    rig_config(rig, "led")->start = POLICY_ON;
    rig_start_afresh(rig);
    static const char *const names[] = {"tilt", "lamp", "led"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        rig_plug(rig, names[i]);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 3);
    assert_non_null(strstr(rig->trouble, "switch led: its hardware is there now"));
    rig_run_ms(rig, 5000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE) + rig_count(rig, RIG_SWITCH), 0);
    assert_string_equal(rig_seen(rig, "tilt")->fault, "");
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_false(rig_seen(rig, "lamp")->on);
    assert_false(rig_seen(rig, "led")->on);
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_OK);
    assert_int_equal(rig_send(rig, "led_on"), RESULT_OK);
    assert_int_equal(rig_send(rig, "lamp 40"), RESULT_OK);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
    assert_true(rig_hardware(rig, "tilt")->enabled);
}

static void a_servo_that_comes_back_stands_where_it_was_left(void **state)
{
    HERE(rig);
    rig->kept.count = 1;
    snprintf(rig->kept.of[0].name, sizeof rig->kept.of[0].name, "tilt");
    rig->kept.of[0].tenths = -123;
    rig->kept.of[0].driven = true;
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start_afresh(rig);
    rig_plug(rig, "tilt");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, -123);
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void its_saved_position_outlasts_a_run_without_it(void **state)
{
    HERE(rig);
    rig->kept.count = 1;
    snprintf(rig->kept.of[0].name, sizeof rig->kept.of[0].name, "tilt");
    rig->kept.of[0].tenths = -123;
    rig_add(rig, "pan", CHANNEL_SERVO);
    rig_start(rig);
    rig_send(rig, "pan 20");
    rig_run_ms(rig, 10000);
    assert_int_equal(rig->saves, 1);
    const struct position *tilt = positions_find(&rig->saved, "tilt");
    assert_non_null(tilt);
    assert_int_equal(tilt->tenths, -123);
}

static void what_was_stopped_while_it_was_away_is_stopped_when_it_comes_back(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->lost = POLICY_CENTER;
    rig_start(rig);
    assert_int_equal(rig_send(rig, "tilt_stop"), RESULT_FAULT);
    rig_plug(rig, "tilt");
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_REFUSED);
    rig_run_ms(rig, 600);
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_OK);
}

static void an_input_that_comes_back_runs_its_commands_from_then_on(void **state)
{
    HERE(rig);
    rig_hardware(rig, "button")->level = true;
    rig_start_afresh(rig);
    rig_plug(rig, "button");
    rig_run_ms(rig, 1000);
    assert_true(rig_seen(rig, "button")->on);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 0);
    rig_edge(rig, "button", false);
    rig_run_ms(rig, 100);
    rig_edge(rig, "button", true);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 1);
    assert_true(rig_seen(rig, "led")->on);
}

static void a_pulse_found_running_is_taken_over_where_it_is(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.was_enabled = true;
    rig_hardware(rig, "tilt")->pwm.found_ns = 1600000;
    rig_start_afresh(rig);
    rig_plug(rig, "tilt");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    assert_true(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_seen(rig, "tilt")->us, 1600);
}

static void hardware_that_is_coarse_is_warned_of_when_it_is_there(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 256;
    rig_start_afresh(rig);
    rig_plug(rig, "tilt");
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
    assert_non_null(strstr(rig->trouble, "servo tilt: this PWM moves it by 7.0 degrees"));
}

static void after_the_end_nothing_comes_back(void **state)
{
    HERE(rig);
    rig_start(rig);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig_forget(rig);
    rig_plug(rig, "tilt");
    agent_channel_fault(rig->agent, rig_index(rig, "lamp"), "another");
    assert_int_equal(rig->event_count, 0);
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_others_work_and_each_command_for_it_says_why),
        TEST(the_start_tells_it_once),
        TEST(another_reason_is_told_and_reported),
        TEST(what_is_for_all_reaches_the_others_and_names_what_it_did_not_reach),
        TEST(what_comes_back_is_told_and_unmoved_whatever_its_start_says),
        TEST(a_servo_that_comes_back_stands_where_it_was_left),
        TEST(its_saved_position_outlasts_a_run_without_it),
        TEST(what_was_stopped_while_it_was_away_is_stopped_when_it_comes_back),
        TEST(an_input_that_comes_back_runs_its_commands_from_then_on),
        TEST(a_pulse_found_running_is_taken_over_where_it_is),
        TEST(hardware_that_is_coarse_is_warned_of_when_it_is_there),
        TEST(after_the_end_nothing_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
