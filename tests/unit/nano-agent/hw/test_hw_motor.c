// SPDX-License-Identifier: MIT
// What a motor's outputs are told, transfer by transfer.
#include "hw_motor_rig.h"

static void the_first_that_a_motors_outputs_are_told_is_to_be_off(void **state)
{
    (void)state;
    rig_power_up();
    struct hw_motor_options options = car_options();
    struct hw_motor *motor = open_motor(&options);
    bool told[4] = {false};
    for (unsigned i = 0; i < rig_count(); i++) {
        struct rig_transfer transfer = rig_transfer(i);
        if (transfer.reads || transfer.reg < 6 || transfer.reg >= 6 + 4 * 4)
            continue;
        assert_int_equal(transfer.len, 4);
        assert_int_equal(transfer.bytes[3], 0x10);
        told[(transfer.reg - 6) / 4] = true;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(told[i]);
    assert_int_equal(motor->period_ns, 5079040); // 31 * 4096 * 40 ns
    assert_true(motor->can_short);
    assert_false(motor->has_enable || motor->may_turn);
    motor->ops->close(motor);
}

static void outputs_side_by_side_change_in_one_transfer(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(writes(), 1);
    struct rig_transfer transfer = rig_transfer(rig_count() - 1);
    assert_int_equal(transfer.address, CAR);
    assert_int_equal(transfer.reg, 6);
    assert_int_equal(transfer.len, 16);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    assert_true(motor->may_turn);
    rig_forget();
    assert_int_equal(zero(motor), 0);
    assert_int_equal(writes(), 1);
    assert_int_equal(rig_transfer(0).len, 16);
    assert_car(0, 0, 0, 0);
    assert_false(motor->may_turn);
    assert_int_equal(turn(motor, HW_MOTOR_BACKWARD, 1000), 0);
    assert_car(0, 4096, 4096, 0);
    motor->ops->close(motor);
    assert_car(0, 0, 0, 0);
}

static void channels_between_those_of_a_motor_are_left_alone(void **state)
{
    (void)state;
    rig_power_up();
    struct hw_motor_options options = car_options();
    options.forward[0] = channel_of(CAR, 4);
    options.backward[0] = channel_of(OTHER_CHIP, 15);
    struct hw_motor *motor = open_motor(&options);
    rig_forget();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(zero(motor), 0);
    for (unsigned i = 0; i < rig_count(); i++) {
        struct rig_transfer transfer = rig_transfer(i);
        if (transfer.reads || transfer.address != CAR)
            continue;
        unsigned first = (transfer.reg - 6) / 4, last = first + transfer.len / 4 - 1;
        assert_true(last <= 1 || first == 4);
    }
    motor->ops->close(motor);
}

static void a_zero_is_written_though_zero_was_written_before(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    for (int i = 0; i < 3; i++) {
        rig_forget();
        assert_int_equal(zero(motor), 0);
        assert_int_equal(writes(), 1);
        assert_true(rig_count() > 1); // and read back
    }
    motor->ops->close(motor);
}

static void a_zero_that_took_no_effect_is_written_once_more(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_fail(1, 1, false);
    assert_int_equal(zero(motor), 0);
    assert_car(0, 0, 0, 0);
    motor->ops->close(motor);
}

static void a_zero_that_is_not_read_back_as_zero_has_failed(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_stick(CAR, 9); // OFF_H of channel 0
    assert_int_equal(zero(motor), -EIO);
    assert_true(motor->may_turn);
    assert_true(rig_steps(CAR, 0) > 0);
    rig_stick(CAR, 255);
    assert_int_equal(zero(motor), 0);
    assert_false(motor->may_turn);
    motor->ops->close(motor);
}

// Forward, zero, backward, zero, with one transfer after the other failing, before or after it took effect.
static void whichever_transfer_fails_it_is_told_or_mended_and_the_motor_can_be_zeroed(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 40; n++) {
        for (int late = 0; late <= 1; late++) {
            struct hw_motor *motor = open_car();
            rig_fail(n, 1, late);
            for (int i = 0; i < 2; i++) {
                int rc = turn(motor, i ? HW_MOTOR_BACKWARD : HW_MOTOR_FORWARD, PERMILLE_60);
                if (rc == 0)
                    assert_car(i ? 0 : STEPS_60, i ? STEPS_60 : 0, i ? STEPS_60 : 0, i ? 0 : STEPS_60);
                rc = zero(motor);
                if (rc < 0)
                    rc = zero(motor);
                assert_int_equal(rc, 0);
                assert_car(0, 0, 0, 0);
            }
            motor->ops->close(motor);
        }
    }
}

static void another_turn_is_refused_until_a_zero_was_acknowledged(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(turn(motor, HW_MOTOR_BACKWARD, PERMILLE_60), -EBUSY);
    assert_int_equal(turn(motor, HW_MOTOR_SHORT, PERMILLE_60), -EBUSY);
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, 700), 0);
    assert_int_equal(turn(motor, HW_MOTOR_COAST, 0), 0);
    assert_int_equal(turn(motor, HW_MOTOR_SHORT, 1000), 0);
    assert_car(4096, 4096, 4096, 4096);
    assert_int_equal(zero(motor), 0);
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, 1001), -EINVAL);
    motor->ops->close(motor);
}

static void asking_does_not_wait_for_a_bus_that_hangs(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    int64_t done_us;
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_hang();
    int64_t began_ms = clock_now_ms();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 700), 0);
    rig_wait_until_hung();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 800), 0);
    assert_int_equal(motor->ops->zero(motor), 0);
    assert_int_equal(motor->ops->result(motor, &done_us), -EINPROGRESS);
    assert_true(clock_now_ms() - began_ms < AT_ONCE_MS);
    rig_forget();
    rig_free();
    assert_int_equal(result_of(motor), 0);
    assert_int_equal(rig_transfer(0).bytes[3], 0x10); // the zero took the place of what waited
    assert_car(0, 0, 0, 0);
    motor->ops->close(motor);
}

static void a_turn_that_is_asked_for_after_a_zero_comes_after_it(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    rig_hang();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 100), 0);
    rig_wait_until_hung();
    assert_int_equal(motor->ops->zero(motor), 0);
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_forget();
    rig_free();
    assert_int_equal(result_of(motor), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    bool zeroed = false;
    for (unsigned i = 0; i < rig_count(); i++) {
        struct rig_transfer transfer = rig_transfer(i);
        if (!transfer.reads && transfer.len == 16 && transfer.bytes[3] == 0x10 && transfer.bytes[15] == 0x10)
            zeroed = true;
    }
    assert_true(zeroed);
    motor->ops->close(motor);
}

static void a_zero_goes_before_what_other_motors_of_the_bus_wait_for(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    struct hw_motor_options options = car_options();
    options.forward[0] = channel_of(OTHER_CHIP, 0);
    options.forward_count = options.backward_count = 1;
    options.backward[0] = channel_of(OTHER_CHIP, 1);
    struct hw_motor *other = open_motor(&options);
    rig_hang();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 100), 0);
    rig_wait_until_hung();
    assert_int_equal(other->ops->set(other, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(motor->ops->zero(motor), 0);
    rig_forget();
    rig_free();
    assert_int_equal(result_of(other), 0);
    assert_int_equal(result_of(motor), 0);
    unsigned zero_at = 0, turn_at = 0;
    for (unsigned i = 0; i < rig_count(); i++) {
        struct rig_transfer transfer = rig_transfer(i);
        if (!transfer.reads && transfer.len == 16 && transfer.bytes[3] == 0x10 && transfer.bytes[15] == 0x10)
            zero_at = i + 1;
        if (!transfer.reads && transfer.address == OTHER_CHIP && transfer.len == 8)
            turn_at = i + 1;
    }
    assert_true(zero_at > 0 && zero_at < turn_at);
    other->ops->close(other);
    motor->ops->close(motor);
}

static void closing_a_motor_waits_200_ms_for_a_bus_that_hangs(void **state)
{
    (void)state;
    struct hw_motor_options options = car_options();
    rig_power_up();
    for (unsigned i = 0; i < 2; i++) { // a bus of its own, because its outputs stay open
        snprintf(options.forward[i].chip, sizeof options.forward[i].chip, "i2c-9");
        snprintf(options.backward[i].chip, sizeof options.backward[i].chip, "i2c-9");
    }
    struct hw_motor *motor = open_motor(&options);
    rig_hang();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_wait_until_hung();
    int64_t began_ms = clock_now_ms();
    motor->ops->close(motor);
    int64_t took_ms = clock_now_ms() - began_ms;
    assert_true(took_ms >= 190 && took_ms < DEADLINE_MS);
    rig_free();
}

static void a_chip_that_lost_its_supply_is_told_and_turns_nothing(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    // The chip is looked at ten times a second at the most, and opening it has not counted as a look.
    assert_int_equal(turn(motor, HW_MOTOR_COAST, 0), 0);
    rig_reset_chip(CAR);
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), -ESTALE);
    assert_car(0, 0, 0, 0);
    assert_int_equal(rig_register(CAR, 0) & 0x30, 0x20); // awake again, and its registers' addresses count up
    assert_int_equal(zero(motor), 0);
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    motor->ops->close(motor);
}

static int look_at(struct hw_motor *motor)
{
    int rc = motor->ops->check(motor);
    return rc < 0 ? rc : result_of(motor);
}

static void a_chip_that_loses_its_supply_while_the_motor_turns_is_found_by_a_look(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(look_at(motor), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    rig_reset_chip(CAR);
    // A chip that sleeps takes a pulse over and emits nothing.
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    int rc = 0;
    for (int64_t until_ms = clock_now_ms() + DEADLINE_MS; rc == 0 && clock_now_ms() < until_ms;)
        rc = look_at(motor); // it asks the chip ten times a second at the most
    assert_int_equal(rc, -ESTALE);
    assert_car(0, 0, 0, 0);
    assert_int_equal(rig_register(CAR, 0) & 0x30, 0x20);
    assert_true(motor->may_turn);
    assert_int_equal(zero(motor), 0);
    assert_false(motor->may_turn);
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    motor->ops->close(motor);
}

static void a_look_never_takes_the_place_of_a_request_and_a_request_takes_its(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    rig_hang();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 200), 0);
    rig_wait_until_hung();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    assert_int_equal(motor->ops->check(motor), 0);
    rig_free();
    assert_int_equal(result_of(motor), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    rig_hang();
    assert_int_equal(motor->ops->set(motor, HW_MOTOR_FORWARD, 200), 0);
    rig_wait_until_hung();
    assert_int_equal(motor->ops->check(motor), 0);
    assert_int_equal(motor->ops->zero(motor), 0);
    rig_free();
    assert_int_equal(result_of(motor), 0);
    assert_car(0, 0, 0, 0);
    motor->ops->close(motor);
}

static void an_output_of_two_motors_is_refused(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car(), *other = NULL;
    struct hw_motor_options options = car_options();
    char why[HW_WHY_SIZE];
    assert_int_equal(hw_motor_open(&options, &other, why), -EBUSY);
    assert_non_null(strstr(why, "0x5e:3"));
    motor->ops->close(motor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_a_motors_outputs_are_told_is_to_be_off),
        cmocka_unit_test(outputs_side_by_side_change_in_one_transfer),
        cmocka_unit_test(channels_between_those_of_a_motor_are_left_alone),
        cmocka_unit_test(a_zero_is_written_though_zero_was_written_before),
        cmocka_unit_test(a_zero_that_took_no_effect_is_written_once_more),
        cmocka_unit_test(a_zero_that_is_not_read_back_as_zero_has_failed),
        cmocka_unit_test(whichever_transfer_fails_it_is_told_or_mended_and_the_motor_can_be_zeroed),
        cmocka_unit_test(another_turn_is_refused_until_a_zero_was_acknowledged),
        cmocka_unit_test(asking_does_not_wait_for_a_bus_that_hangs),
        cmocka_unit_test(a_turn_that_is_asked_for_after_a_zero_comes_after_it),
        cmocka_unit_test(a_zero_goes_before_what_other_motors_of_the_bus_wait_for),
        cmocka_unit_test(closing_a_motor_waits_200_ms_for_a_bus_that_hangs),
        cmocka_unit_test(a_chip_that_lost_its_supply_is_told_and_turns_nothing),
        cmocka_unit_test(a_chip_that_loses_its_supply_while_the_motor_turns_is_found_by_a_look),
        cmocka_unit_test(a_look_never_takes_the_place_of_a_request_and_a_request_takes_its),
        cmocka_unit_test(an_output_of_two_motors_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
