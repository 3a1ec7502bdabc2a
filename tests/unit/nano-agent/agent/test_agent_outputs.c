// SPDX-License-Identifier: MIT
// What servos, dimmers and switches do when they are commanded.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

static void a_motion_is_twenty_ms_frames_the_first_at_once_and_none_after_arrival(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    int64_t begin = rig->now_us;
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_OK);
    assert_int_equal(rig_event(rig, RIG_SET, 0)->at_us, begin);
    rig_run_ms(rig, 3000);
    size_t sets = rig_count(rig, RIG_SET);
    assert_in_range(sets, 18, 30);
    for (size_t i = 1; i < sets; i++)
        assert_int_equal(rig_event(rig, RIG_SET, i)->at_us, begin + (int64_t)i * MOTION_FRAME_US);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1722222);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
    assert_false(rig_seen(rig, "tilt")->moving);
    assert_int_equal(rig_count(rig, RIG_ENABLE), 1);
}

static void a_command_to_a_moving_servo_does_not_rewrite_within_the_period(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig->now_us += 5000;
    rig_send(rig, "tilt -20");
    rig_send(rig, "tilt_up");
    assert_int_equal(rig_count(rig, RIG_SET), 1);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, -150);
}

static void only_what_changed_is_written(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 256;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 40");
    rig_run_ms(rig, 2000);
    for (size_t i = 1; i < rig_count(rig, RIG_SET); i++)
        assert_int_not_equal(rig_event(rig, RIG_SET, i)->value, rig_event(rig, RIG_SET, i - 1)->value);
    size_t sets = rig_count(rig, RIG_SET);
    assert_int_equal(sets, 7); // 0 degrees is step 19, 40 degrees step 25
    rig_send(rig, "tilt 40");
    assert_int_equal(rig_count(rig, RIG_SET), sets);
}

static void up_and_down_are_a_step_or_so_many_degrees(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt_up");
    assert_int_equal(rig_seen(rig, "tilt")->target, 50);
    rig_send(rig, "tilt_down 12.5");
    assert_int_equal(rig_seen(rig, "tilt")->target, -75);
    assert_int_equal(rig_send(rig, "move 20"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "tilt")->target, 200);
    assert_int_equal(rig_send(rig, "move tilt -3"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "tilt")->target, -30);
    assert_int_equal(rig_send(rig, "tilt_center"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "tilt")->target, 0);
}

static void the_limit_is_reached_and_said(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "tilt 100"), RESULT_LIMIT);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 2000000);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_LIMIT);
    assert_int_equal(rig_send(rig, "tilt 45"), RESULT_OK);
    for (size_t i = 0; i < rig_count(rig, RIG_SET); i++)
        assert_true(rig_event(rig, RIG_SET, i)->value <= 2000000);
}

static void a_pan_answers_to_left_and_right(void **state)
{
    HERE(rig);
    struct agent_channel_config *pan = rig_add(rig, "pan", CHANNEL_SERVO);
    pan->axis = AXIS_PAN;
    pan->id.pan = true;
    rig_start_afresh(rig);
    rig_send(rig, "pan_left");
    assert_int_equal(rig_seen(rig, "pan")->target, -50);
    rig_send(rig, "pan_right 15");
    assert_int_equal(rig_seen(rig, "pan")->target, 100);
}

static void several_servos_move_at_once_and_one_stop_holds_them_all(void **state)
{
    HERE(rig);
    rig_add(rig, "pan", CHANNEL_SERVO);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 7);
    rig_send(rig, "pan -45");
    rig_run_ms(rig, 200);
    assert_true(rig_hardware(rig, "tilt")->pulse_ns > 1500000);
    assert_true(rig_hardware(rig, "pan")->pulse_ns < 1500000);
    assert_int_equal(rig_send(rig, "stop"), RESULT_OK);
    rig_forget(rig);
    rig_run_ms(rig, 500);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    assert_int_equal(rig_send(rig, "center"), RESULT_OK);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1500000);
    assert_int_equal(rig_hardware(rig, "pan")->pulse_ns, 1500000);
}

static void the_stop_of_one_servo_leaves_the_others_moving(void **state)
{
    HERE(rig);
    rig_add(rig, "pan", CHANNEL_SERVO);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_send(rig, "pan -45");
    rig_run_ms(rig, 100);
    rig_send(rig, "pan_stop");
    assert_true(rig_seen(rig, "tilt")->moving);
    assert_false(rig_seen(rig, "pan")->moving);
    assert_int_equal(rig_send(rig, "pan_up"), RESULT_REFUSED);
    assert_int_equal(rig_send(rig, "center"), RESULT_REFUSED);
    assert_int_equal(rig_send(rig, "tilt 10"), RESULT_OK);
}

static void stop_never_powers_an_unpowered_servo(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "stop");
    rig_send(rig, "tilt_stop");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    assert_false(rig_seen(rig, "tilt")->deg_known);
}

static void off_is_no_pulse_for_one_frame_and_then_disabled(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 1000);
    rig_forget(rig);
    int64_t at = rig->now_us;
    assert_int_equal(rig_send(rig, "tilt_off"), RESULT_OK);
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_seen(rig, "tilt")->us, 0);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
    rig_run_ms(rig, 1000);
    rig_assert_released(rig, at);
    rig_forget(rig);
    assert_int_equal(rig_send(rig, "tilt_off"), RESULT_OK);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void a_slow_pwm_is_disabled_only_after_its_own_period(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.period_ns = 50000000;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 0");
    rig_send(rig, "tilt_off");
    rig_run_ms(rig, 49);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    rig_run_ms(rig, 1);
    assert_false(rig_hardware(rig, "tilt")->enabled);
}

static void a_command_right_after_off_drives_on_without_disabling(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 0");
    rig_send(rig, "tilt_off");
    rig_run_ms(rig, 10);
    rig_send(rig, "tilt 10");
    rig_run_ms(rig, 1000);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    assert_int_equal(rig_count(rig, RIG_ENABLE), 1);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 100);
}

static void idle_off_stops_driving_after_rest(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->idle_off_ms = 2000;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    while (rig_seen(rig, "tilt")->moving)
        rig_run_ms(rig, 1);
    size_t sets = rig_count(rig, RIG_SET);
    int64_t arrived = rig_event(rig, RIG_SET, sets - 1)->at_us;
    rig_forget(rig);
    rig_run_ms(rig, 5000);
    rig_assert_released(rig, arrived + 2000000);
    assert_false(rig_seen(rig, "tilt")->driven);
    rig_send(rig, "tilt_up");
    assert_true(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_seen(rig, "tilt")->target, 250);
}

static void a_command_before_idle_off_keeps_it_driven(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->idle_off_ms = 2000;
    rig_start_afresh(rig);
    for (int i = 0; i < 10; i++) {
        rig_send(rig, i % 2 ? "tilt 2" : "tilt 4");
        rig_run_ms(rig, 1900);
        assert_true(rig_seen(rig, "tilt")->driven);
    }
    rig_send(rig, "tilt_stop");
    rig_run_ms(rig, 2100);
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_count(rig, RIG_ENABLE), 2);
}

static void a_switch_goes_on_off_and_toggles(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    static const struct {
        const char *command;
        bool on;
    } steps[] = {
        {"led_on", true}, {"led_on", true}, {"led_toggle", false}, {"led_toggle", true}, {"led_off", false}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(rig_send(rig, steps[i].command), RESULT_OK);
        assert_int_equal(rig_hardware(rig, "led")->level, steps[i].on);
        assert_int_equal(rig_seen(rig, "led")->on, steps[i].on);
    }
}

static void a_dimmer_keeps_its_last_percent(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    static const struct {
        const char *command;
        enum protocol_result result;
        int percent;
    } steps[] = {{"lamp_on", RESULT_OK, 100}, // none yet
        {"lamp 40", RESULT_OK, 40}, {"lamp_off", RESULT_OK, 0}, {"lamp_on", RESULT_OK, 40},
        {"lamp_toggle", RESULT_OK, 0}, {"lamp_toggle", RESULT_OK, 40}, {"lamp_up", RESULT_OK, 50},
        {"lamp_up 25", RESULT_OK, 75}, {"lamp_up 30", RESULT_LIMIT, 100}, {"lamp_up", RESULT_LIMIT, 100},
        {"lamp_down", RESULT_OK, 90}, {"lamp_down 0.2", RESULT_OK, 89}, {"lamp 0", RESULT_OK, 0},
        {"lamp_down", RESULT_LIMIT, 0}, {"lamp_on", RESULT_OK, 89}, {"lamp 130", RESULT_LIMIT, 100},
        {"lamp -1", RESULT_LIMIT, 0}, {"lamp_up", RESULT_OK, 10}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(rig_send(rig, steps[i].command), steps[i].result);
        assert_int_equal(rig_seen(rig, "lamp")->percent, steps[i].percent);
        assert_int_equal(rig_seen(rig, "lamp")->on, steps[i].percent > 0);
        assert_int_equal(rig_hardware(rig, "lamp")->pulse_ns, steps[i].percent * 10000);
        assert_true(rig_hardware(rig, "lamp")->enabled);
    }
    rig_send(rig, "lamp_off");
    rig_run_ms(rig, 1000);
    assert_false(rig_hardware(rig, "lamp")->enabled);
}

static void a_dimmer_is_not_held_back_by_a_stop(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "lamp 40");
    rig_send(rig, "stop");
    assert_int_equal(rig_send(rig, "lamp_up"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "lamp")->percent, 50);
}

static void a_fault_under_way_stops_the_servo_and_is_told_once(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 200);
    int64_t pulse = rig_hardware(rig, "tilt")->pulse_ns;
    rig_hardware(rig, "tilt")->error = -ENODEV;
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_string_equal(rig->trouble, "servo tilt: No such device");
    assert_false(rig_seen(rig, "tilt")->moving);
    assert_int_equal(rig_seen(rig, "tilt")->us, (pulse + 500) / 1000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, rig_seen(rig, "tilt")->target);
}

static void an_output_whose_chip_was_reset_is_told_and_no_longer_claimed_to_be_driven(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "lamp 40");
    rig_send(rig, "tilt 40");
    rig_run_ms(rig, 100);
    assert_true(rig_seen(rig, "tilt")->moving);
    rig_hardware(rig, "tilt")->reset = rig_hardware(rig, "lamp")->reset = true;
    rig_run_ms(rig, 1000); // the next heartbeat
    const struct status_channel *tilt = rig_seen(rig, "tilt"), *lamp = rig_seen(rig, "lamp");
    assert_false(tilt->driven);
    assert_false(tilt->moving);
    assert_int_equal(tilt->us, 0);
    assert_false(lamp->on);
    assert_int_equal(lamp->percent, 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
    int stood = tilt->deg;
    rig_forget(rig);
    rig_run_ms(rig, 5000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
    assert_int_equal(rig_count(rig, RIG_SET), 0); // it stays off until somebody commands it
    assert_int_equal(rig_send(rig, "tilt 0"), RESULT_OK);
    assert_true(rig_seen(rig, "tilt")->driven);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    assert_in_range(abs(rig_seen(rig, "tilt")->deg - stood), 0, 10); // it begins where it stood
}

static void a_chip_that_cannot_be_asked_is_told_once_until_it_can_be(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_hardware(rig, "tilt")->check_error = -ETIMEDOUT;
    rig_run_ms(rig, 5000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    rig_hardware(rig, "tilt")->check_error = 0;
    rig_run_ms(rig, 1000);
    rig_hardware(rig, "tilt")->check_error = -ETIMEDOUT;
    rig_run_ms(rig, 5000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
}

static void a_servo_without_a_possible_pulse_is_a_fault_and_never_driven(void **state)
{
    HERE(rig);
    rig_hardware(rig, "tilt")->pwm.steps = 256;
    rig_config(rig, "tilt")->motion.limit[0] = 10;
    rig_config(rig, "tilt")->motion.limit[1] = 40;
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "tilt 2"), RESULT_FAULT);
    assert_string_equal(rig->seen.last.why, "servo tilt: this output can emit no pulse inside the limits");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_motion_is_twenty_ms_frames_the_first_at_once_and_none_after_arrival),
        TEST(a_command_to_a_moving_servo_does_not_rewrite_within_the_period),
        TEST(only_what_changed_is_written),
        TEST(up_and_down_are_a_step_or_so_many_degrees),
        TEST(the_limit_is_reached_and_said),
        TEST(a_pan_answers_to_left_and_right),
        TEST(several_servos_move_at_once_and_one_stop_holds_them_all),
        TEST(the_stop_of_one_servo_leaves_the_others_moving),
        TEST(stop_never_powers_an_unpowered_servo),
        TEST(off_is_no_pulse_for_one_frame_and_then_disabled),
        TEST(a_slow_pwm_is_disabled_only_after_its_own_period),
        TEST(a_command_right_after_off_drives_on_without_disabling),
        TEST(idle_off_stops_driving_after_rest),
        TEST(a_command_before_idle_off_keeps_it_driven),
        TEST(a_switch_goes_on_off_and_toggles),
        TEST(a_dimmer_keeps_its_last_percent),
        TEST(a_dimmer_is_not_held_back_by_a_stop),
        TEST(a_fault_under_way_stops_the_servo_and_is_told_once),
        TEST(an_output_whose_chip_was_reset_is_told_and_no_longer_claimed_to_be_driven),
        TEST(a_chip_that_cannot_be_asked_is_told_once_until_it_can_be),
        TEST(a_servo_without_a_possible_pulse_is_a_fault_and_never_driven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
