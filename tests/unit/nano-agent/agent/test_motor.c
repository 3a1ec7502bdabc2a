// SPDX-License-Identifier: MIT
// One motor: its interlock, its ramp, its end, and zero until it is obeyed.
#include "tests/unit/nano-agent/agent/motor_rig.h"

static void the_start_writes_zero_before_anything_else(void **state)
{
    (void)state;
    assert_int_equal(hw.zeros, 1);
    assert_int_equal(hw.sets, 0);
    assert_off();
    assert_false(motor_is_driven(&motor));
    assert_int_equal(motor_next_us(&motor), INT64_MAX);
}

static void the_first_frame_is_at_min_and_comes_at_once(void **state)
{
    (void)state;
    pass(DEAD);
    assert_int_equal(go(600, 500), 0);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    assert_int_equal(hw.permille, 200);
    assert_true(hw.enabled);
    assert_true(motor_is_driven(&motor));
}

static void the_ramp_goes_up_and_down_in_frames(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 10000);
    pass(20 * MS);
    assert_int_equal(hw.permille, 260);
    pass(40 * MS);
    assert_int_equal(hw.permille, 380);
    pass(100 * MS);
    assert_int_equal(hw.permille, 600);
    pass(1000 * MS); // a long time at one speed earns no jump afterwards
    go(300, 10000);
    assert_int_equal(hw.permille, 540);
    pass(20 * MS);
    assert_int_equal(hw.permille, 480);
    pass(200 * MS);
    assert_int_equal(hw.permille, 300);
    assert_int_equal(hw.zeros, 1);
}

static void without_a_ramp_the_first_frame_is_the_target(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.ramp = 0;
    fresh_with(&config);
    pass(DEAD);
    go(-700, 500);
    assert_int_equal(hw.turn, HW_MOTOR_BACKWARD);
    assert_int_equal(hw.permille, 700);
    go(-300, 500);
    assert_int_equal(hw.permille, 300);
}

static void the_other_side_comes_after_min_zero_and_dead(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 10000);
    pass(500 * MS);
    go(-400, 10000);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    assert_int_equal(hw.permille, 540);
    pass(120 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    assert_int_equal(hw.permille, 200);
    pass(20 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    int64_t off_us = hw.off_us;
    pass(DEAD - 1);
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    pass(1);
    assert_int_equal(hw.turn, HW_MOTOR_BACKWARD);
    assert_int_equal(hw.permille, 200);
    assert_int_equal(hw.now_us - off_us, DEAD);
    pass(100 * MS);
    assert_int_equal(hw.permille, 400);
}

// A PCA9685 ends the pulse that runs, so that the time counts from when the chip had the zero and not from the wish.
static void dead_counts_from_the_acknowledged_zero(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.ramp = 0;
    fresh_with(&config);
    pass(DEAD);
    go(600, 10000);
    hw.delay_us = 15 * MS;
    go(-600, 10000);
    pass(15 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    pass(DEAD - 1 + hw.delay_us);
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    pass(1);
    assert_int_equal(hw.turn, HW_MOTOR_BACKWARD);
}

static void the_same_side_again_waits_for_nothing(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 500);
    motor_rest(&motor, true, hw.now_us);
    assert_off();
    go(600, 500);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
}

static void a_run_ends_without_a_ramp_at_its_time(void **state)
{
    (void)state;
    pass(DEAD);
    go(900, 500);
    pass(500 * MS - 1);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    assert_int_equal(hw.permille, 900);
    pass(1);
    assert_off();
    assert_false(motor_is_driven(&motor));
    assert_int_equal(motor_next_us(&motor), INT64_MAX);
}

static void the_next_command_renews_the_run_and_may_shorten_it(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 500);
    pass(400 * MS);
    go(600, 500);
    pass(400 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    go(600, 50);
    pass(50 * MS);
    assert_off();
}

// A run that is over before `dead` was must not begin afterwards.
static void a_run_that_is_over_while_it_waits_never_begins(void **state)
{
    (void)state;
    pass(DEAD);
    go(200, 500);
    go(-200, 10);
    pass(1000 * MS);
    assert_off();
    assert_int_equal(hw.last, 1);
}

static void zero_is_written_however_often_it_was_written_before(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 5; i++) {
        assert_int_equal(hw.zeros, i);
        motor_rest(&motor, false, hw.now_us);
    }
}

static void a_zero_that_fails_is_tried_every_20_ms_until_it_is_read(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 500);
    hw.error = -EIO;
    assert_int_equal(motor_rest(&motor, true, hw.now_us), -EIO);
    assert_false(hw.enabled);
    assert_true(motor_is_driven(&motor));
    unsigned before = hw.zeros;
    pass(100 * MS);
    assert_int_equal(hw.zeros, before + 5);
    assert_int_equal(told, 0); // it was returned once
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    hw.error = 0;
    pass(20 * MS);
    assert_off();
    assert_false(motor_is_driven(&motor));
    pass(1000 * MS);
    assert_int_equal(hw.zeros, before + 6);
}

static void a_faulted_motor_takes_no_motion_until_zero_was_read(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 500);
    hw.error = -EREMOTEIO;
    pass(20 * MS); // the ramp's next step fails
    assert_int_equal(told, -EREMOTEIO);
    assert_int_equal(motor.target, 0);
    unsigned sets = hw.sets;
    assert_int_equal(go(600, 500), -EREMOTEIO);
    assert_int_equal(go(-600, 500), -EREMOTEIO);
    pass(300 * MS);
    assert_int_equal(hw.sets, sets);
    hw.error = 0;
    pass(20 * MS);
    assert_off(); // and the wish that came meanwhile is forgotten
    pass(1000 * MS);
    assert_int_equal(hw.sets, sets);
    assert_int_equal(go(600, 500), 0);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
}

// A transfer that took effect and returned an error leaves an output on that is believed to be off.
static void a_first_write_that_fails_is_followed_by_zero(void **state)
{
    (void)state;
    pass(DEAD);
    hw.error = -EIO;
    hw.obeys = true;
    assert_int_equal(go(600, 500), -EIO);
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    assert_false(hw.enabled);
    hw.error = 0;
    pass(20 * MS);
    assert_off();
}

static void a_bus_that_hangs_is_told_and_cuts_enable_at_once(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 5000);
    pass(500 * MS);
    hw.hangs = true;
    motor_rest(&motor, true, hw.now_us);
    assert_false(hw.enabled);
    pass(MOTOR_LATE_US - 1);
    assert_int_equal(told, 0);
    pass(1);
    assert_int_equal(told, -ETIMEDOUT);
    assert_int_equal(go(600, 500), -ETIMEDOUT);
    assert_true(motor_is_driven(&motor));
    assert_int_equal(motor_next_us(&motor), INT64_MAX); // its fd says when the bus has come back
    told = 0;
    pass(9000 * MS);
    assert_int_equal(told, 0);
    hw.hangs = false;
    pass(1);
    assert_off();
    assert_false(motor_is_driven(&motor));
    assert_int_equal(go(600, 500), 0);
}

static void a_turn_without_an_answer_ends_in_zero(void **state)
{
    (void)state;
    pass(DEAD);
    hw.hangs = true;
    assert_int_equal(go(600, 5000), 0);
    assert_true(hw.enabled);
    pass(MOTOR_LATE_US);
    assert_int_equal(told, -ETIMEDOUT);
    assert_false(hw.enabled);
    hw.hangs = false;
    pass(MS);
    assert_off();
}

static void somebody_who_stops_again_and_again_does_not_hide_a_bus_that_hangs(void **state)
{
    (void)state;
    hw.hangs = true;
    for (int i = 0; i < 20; i++) {
        motor_rest(&motor, false, hw.now_us);
        pass(10 * MS);
    }
    assert_int_equal(told, -ETIMEDOUT);
}

static void a_short_brake_comes_after_dead_lasts_half_a_second_and_coasts(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.brake_short = true;
    fresh_with(&config);
    pass(DEAD);
    go(600, 5000);
    pass(500 * MS);
    motor_rest(&motor, true, hw.now_us);
    assert_off();
    pass(DEAD - 1);
    assert_off();
    pass(1);
    assert_int_equal(hw.turn, HW_MOTOR_SHORT);
    assert_int_equal(hw.permille, 1000);
    assert_true(hw.enabled);
    assert_int_equal(motor.value, 0);
    pass(250 * MS);
    motor_rest(&motor, true, hw.now_us); // a stop that is repeated lets it brake on
    assert_int_equal(hw.turn, HW_MOTOR_SHORT);
    pass(250 * MS);
    assert_off();
    pass(1000 * MS);
    assert_off();
    go(600, 50);
    pass(50 * MS + DEAD);
    assert_int_equal(hw.turn, HW_MOTOR_SHORT); // the end of a run brakes too
}

static void whatever_is_not_its_own_stop_coasts(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.brake_short = true;
    fresh_with(&config);
    pass(DEAD);
    go(600, 5000);
    motor_rest(&motor, false, hw.now_us);
    pass(1000 * MS);
    assert_off();
    assert_int_equal(hw.last, 1);
    go(600, 5000);
    motor_rest(&motor, true, hw.now_us);
    pass(DEAD + MS);
    assert_int_equal(hw.turn, HW_MOTOR_SHORT);
    motor_rest(&motor, false, hw.now_us);
    assert_off();
    motor_rest(&motor, true, hw.now_us); // what rests has nothing to brake
    pass(1000 * MS);
    assert_off();
}

static void a_command_while_it_brakes_waits_for_zero_and_dead(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.brake_short = true;
    fresh_with(&config);
    pass(DEAD);
    go(600, 5000);
    motor_rest(&motor, true, hw.now_us);
    pass(DEAD + MS);
    go(600, 5000);
    assert_off();
    pass(DEAD);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
}

static void a_cut_takes_the_power_before_any_zero_is_written(void **state)
{
    (void)state;
    pass(DEAD);
    go(600, 5000);
    motor_cut(&motor);
    assert_false(hw.enabled);
    assert_int_equal(hw.zeros, 1);
    hw.base.has_enable = false;
    hw.enabled = true;
    motor_cut(&motor);
    assert_true(hw.enabled);
}

static int refuse(struct hw_motor *base)
{
    ((struct fake_motor *)base)->zeros++;
    return -EIO;
}

static int refuse_enable(struct hw_motor *base, bool on)
{
    (void)base;
    return on ? -ENODEV : 0;
}

static int refuse_set(struct hw_motor *base, enum hw_motor_turn turn, int permille)
{
    (void)base;
    (void)turn;
    (void)permille;
    return -EBUSY;
}

static void a_request_that_is_refused_at_once_is_a_fault_as_well(void **state)
{
    (void)state;
    struct hw_motor_ops ops = fake_motor_ops;
    hw.base.ops = &ops;
    pass(DEAD);
    ops.set = refuse_set;
    assert_int_equal(go(600, 500), -EBUSY);
    assert_off();
    ops.set = fake_motor_set;
    ops.enable = refuse_enable;
    assert_int_equal(go(600, 500), -ENODEV);
    assert_off();
    ops.enable = fake_motor_enable;
    go(600, 500);
    ops.zero = refuse;
    unsigned before = hw.zeros;
    assert_int_equal(motor_rest(&motor, true, hw.now_us), -EIO);
    pass(100 * MS);
    assert_int_equal(hw.zeros, before + 6);
    ops.zero = fake_motor_zero;
    pass(20 * MS);
    assert_off();
}

static void a_zero_that_fails_at_the_start_is_told_and_ends(void **state)
{
    (void)state;
    fake_motor_init(&hw, DEAD, START);
    hw.error = -EIO;
    assert_int_equal(motor_init(&motor, &usual, &hw.base, START), -EIO);
    assert_int_equal(go(600, 500), -EIO);
    hw.error = 0;
    pass(20 * MS);
    assert_int_equal(go(600, 500), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_start_writes_zero_before_anything_else, fresh),
        cmocka_unit_test_setup(the_first_frame_is_at_min_and_comes_at_once, fresh),
        cmocka_unit_test_setup(the_ramp_goes_up_and_down_in_frames, fresh),
        cmocka_unit_test_setup(without_a_ramp_the_first_frame_is_the_target, fresh),
        cmocka_unit_test_setup(the_other_side_comes_after_min_zero_and_dead, fresh),
        cmocka_unit_test_setup(dead_counts_from_the_acknowledged_zero, fresh),
        cmocka_unit_test_setup(the_same_side_again_waits_for_nothing, fresh),
        cmocka_unit_test_setup(a_run_ends_without_a_ramp_at_its_time, fresh),
        cmocka_unit_test_setup(the_next_command_renews_the_run_and_may_shorten_it, fresh),
        cmocka_unit_test_setup(a_run_that_is_over_while_it_waits_never_begins, fresh),
        cmocka_unit_test_setup(zero_is_written_however_often_it_was_written_before, fresh),
        cmocka_unit_test_setup(a_zero_that_fails_is_tried_every_20_ms_until_it_is_read, fresh),
        cmocka_unit_test_setup(a_faulted_motor_takes_no_motion_until_zero_was_read, fresh),
        cmocka_unit_test_setup(a_first_write_that_fails_is_followed_by_zero, fresh),
        cmocka_unit_test_setup(a_bus_that_hangs_is_told_and_cuts_enable_at_once, fresh),
        cmocka_unit_test_setup(a_turn_without_an_answer_ends_in_zero, fresh),
        cmocka_unit_test_setup(somebody_who_stops_again_and_again_does_not_hide_a_bus_that_hangs, fresh),
        cmocka_unit_test_setup(a_short_brake_comes_after_dead_lasts_half_a_second_and_coasts, fresh),
        cmocka_unit_test_setup(whatever_is_not_its_own_stop_coasts, fresh),
        cmocka_unit_test_setup(a_command_while_it_brakes_waits_for_zero_and_dead, fresh),
        cmocka_unit_test_setup(a_cut_takes_the_power_before_any_zero_is_written, fresh),
        cmocka_unit_test_setup(a_request_that_is_refused_at_once_is_a_fault_as_well, fresh),
        cmocka_unit_test_setup(a_zero_that_fails_at_the_start_is_told_and_ends, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
