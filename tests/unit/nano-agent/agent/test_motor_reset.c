// SPDX-License-Identifier: MIT
// A motor whose chip forgets what it was told, as after its supply broke down.
#include "tests/unit/nano-agent/agent/motor_rig.h"

static void a_chip_that_is_reset_while_it_turns_is_found_within_half_a_second_and_told(void **state)
{
    (void)state;
    hw.base.ops = &fake_checked_ops;
    hw.delay_us = 2 * MS;
    pass(DEAD);
    go(600, 10000);
    pass(3000 * MS);
    assert_in_range(hw.looks, 5, 6);
    unsigned zeros = hw.zeros;
    hw.was_reset = true;
    pass(MOTOR_CHECK_US + 10 * MS);
    assert_int_equal(told, -ESTALE);
    assert_true(hw.zeros > zeros);
    assert_off();
    assert_int_equal(motor.target, 0);
    assert_true(motor.reset && motor.interrupted);
    // It is told until somebody has seen it, or turns it again.
    bool changed = false;
    motor_tick(&motor, hw.now_us, &changed);
    assert_false(changed);
    pass(MOTOR_RESET_US);
    motor_tick(&motor, hw.now_us, &changed);
    assert_true(changed);
    assert_false(motor.reset);
    unsigned looks = hw.looks;
    pass(3000 * MS);
    assert_int_equal(hw.looks, looks); // at rest nothing has to be known
    assert_int_equal(go(600, 500), 0);
    pass(100 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
}

static void a_new_command_ends_what_is_told_of_a_reset(void **state)
{
    (void)state;
    hw.base.ops = &fake_checked_ops;
    pass(DEAD);
    go(600, 10000);
    hw.was_reset = true;
    pass(MOTOR_CHECK_US);
    assert_true(motor.reset);
    assert_off();
    assert_int_equal(go(600, 500), 0);
    assert_false(motor.reset);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
}

static void a_motor_that_brakes_is_looked_at_and_a_bus_that_hangs_meanwhile_is_found(void **state)
{
    (void)state;
    struct motor_config config = usual;
    config.brake_short = true;
    fresh_with(&config);
    hw.base.ops = &fake_checked_ops;
    pass(DEAD);
    go(600, 100);
    pass(100 * MS + DEAD);
    assert_int_equal(hw.turn, HW_MOTOR_SHORT);
    hw.was_reset = true;
    pass(MOTOR_BRAKE_US);
    assert_off();
    go(600, 10000);
    pass(400 * MS);
    hw.hangs = true; // nothing is written any more: only a look finds that
    pass(MOTOR_CHECK_US + MOTOR_LATE_US);
    assert_int_equal(told, -ETIMEDOUT);
    assert_false(hw.enabled);
}

static int refuse_look(struct hw_motor *base)
{
    (void)base;
    return -EIO;
}

static void a_look_that_is_refused_at_once_is_a_fault_as_well(void **state)
{
    (void)state;
    struct hw_motor_ops ops = fake_checked_ops;
    ops.check = refuse_look;
    hw.base.ops = &ops;
    pass(DEAD);
    go(600, 10000);
    pass(MOTOR_CHECK_US);
    assert_int_equal(told, -EIO);
    assert_off();
    assert_false(motor.reset);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            a_chip_that_is_reset_while_it_turns_is_found_within_half_a_second_and_told, fresh),
        cmocka_unit_test_setup(a_new_command_ends_what_is_told_of_a_reset, fresh),
        cmocka_unit_test_setup(
            a_motor_that_brakes_is_looked_at_and_a_bus_that_hangs_meanwhile_is_found, fresh),
        cmocka_unit_test_setup(a_look_that_is_refused_at_once_is_a_fault_as_well, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
