// SPDX-License-Identifier: MIT
// What the agent does at its start, before the first command.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "lamp", CHANNEL_DIMMER);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void nothing_is_powered_or_moves_at_start(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 5000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE) + rig_count(rig, RIG_SWITCH), 0);
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_false(rig_seen(rig, "tilt")->deg_known);
    assert_false(rig_seen(rig, "tilt")->target_known);
    assert_int_equal(rig_seen(rig, "tilt")->us, 0);
}

static void start_center_powers_the_servo_at_its_centre(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->start = POLICY_CENTER;
    rig_start(rig);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1500000);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    assert_true(rig_seen(rig, "tilt")->assumed);
}

static void start_last_without_a_saved_position_powers_nothing(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    assert_false(rig_seen(rig, "tilt")->deg_known);
}

static void start_on_lights_a_dimmer_and_tells_of_a_switch(void **state)
{
    HERE(rig);
    rig_config(rig, "lamp")->start = POLICY_ON;
    rig_config(rig, "led")->start = POLICY_ON;
    rig_start(rig);
    assert_int_equal(rig_hardware(rig, "lamp")->pulse_ns, 1000000);
    assert_true(rig_hardware(rig, "lamp")->enabled);
    assert_true(rig_seen(rig, "led")->on);
}

static void a_running_pwm_is_taken_over_with_its_duty_as_the_position(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.was_enabled = true;
    rig_hardware(rig, "tilt")->pwm.found_ns = 1750000;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    assert_true(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 225);
    assert_int_equal(rig_seen(rig, "tilt")->us, 1750);
    assert_false(rig_seen(rig, "tilt")->assumed);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_OK);
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 275);
    assert_true(rig_event(rig, RIG_SET, 0)->value < 1770000); // it started from there
}

static void a_pwm_found_running_with_no_pulse_is_disabled(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.was_enabled = true;
    rig_start(rig);
    assert_false(rig_hardware(rig, "tilt")->enabled);
    assert_false(rig_seen(rig, "tilt")->deg_known);
}

static void a_dimmer_found_running_starts_as_its_start_says(void **state)
{
    HERE(rig);
    rig_hardware(rig, "lamp")->pwm.was_enabled = true;
    rig_hardware(rig, "lamp")->pwm.found_ns = 400000;
    rig_config(rig, "lamp")->start = POLICY_LAST;
    rig_start(rig);
    assert_int_equal(rig_seen(rig, "lamp")->percent, 40);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    agent_free(rig->agent);
    rig_config(rig, "lamp")->start = POLICY_OFF;
    rig_start(rig);
    assert_int_equal(rig_hardware(rig, "lamp")->pulse_ns, 0);
    assert_false(rig_seen(rig, "lamp")->on);
}

static void the_period_and_the_steps_are_those_of_the_hardware(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 256;
    rig_start(rig);
    assert_int_equal(rig_seen(rig, "tilt")->res_milli, 7031);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1718750);
    assert_int_equal(rig_seen(rig, "tilt")->us, 1719);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 197);
}

static void hardware_coarser_than_the_step_is_warned_of_once(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 256;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, "servo tilt: this PWM moves it by 7.0 degrees"));
    assert_non_null(strstr(rig->trouble, "PCA9685"));
    agent_free(rig->agent);
    rig_forget(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 4096;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_powered_or_moves_at_start),
        TEST(start_center_powers_the_servo_at_its_centre),
        TEST(start_last_without_a_saved_position_powers_nothing),
        TEST(start_on_lights_a_dimmer_and_tells_of_a_switch),
        TEST(a_running_pwm_is_taken_over_with_its_duty_as_the_position),
        TEST(a_pwm_found_running_with_no_pulse_is_disabled),
        TEST(a_dimmer_found_running_starts_as_its_start_says),
        TEST(the_period_and_the_steps_are_those_of_the_hardware),
        TEST(hardware_coarser_than_the_step_is_warned_of_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
