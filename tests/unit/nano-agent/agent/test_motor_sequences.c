// SPDX-License-Identifier: MIT
// What holds of a motor in every sequence of commands, times and failures.
#include "tests/unit/nano-agent/agent/motor_rig.h"

static uint32_t random_state;

static uint32_t next_random(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

// What the motor was told last, as somebody beside it knows it.
static struct {
    int64_t until_us; // the end of the latest run that was accepted
    bool resting;     // it was told to rest since
} promised;

// What all sequences together came to, so that the test cannot pass by doing nothing.
static struct {
    unsigned forward, backward, braking, refused;
} seen;

static void command(int permille, int run_ms)
{
    if (go(permille, run_ms) < 0) {
        seen.refused++;
        return;
    }
    promised.until_us = hw.now_us + (int64_t)run_ms * MS;
    promised.resting = false;
}

static void assert_as_told(void)
{
    seen.forward += hw.turn == HW_MOTOR_FORWARD;
    seen.backward += hw.turn == HW_MOTOR_BACKWARD;
    seen.braking += hw.turn == HW_MOTOR_SHORT;
    bool turns = hw.turn == HW_MOTOR_FORWARD || hw.turn == HW_MOTOR_BACKWARD;
    bool works = hw.error == 0 && !hw.hangs;
    // A request that waits for its bus, and a failure that is tried again, take their time; the wish never does.
    if (turns && works && (promised.resting || hw.now_us > promised.until_us))
        assert_true(hw.waits || motor.phase == MOTOR_ZEROING);
    if (promised.resting || hw.now_us > promised.until_us)
        assert_int_equal(motor.target, 0);
    if (motor.phase == MOTOR_RESTING) {
        assert_int_equal(hw.turn, HW_MOTOR_COAST);
        assert_false(hw.enabled);
    }
}

static void pass_randomly(void)
{
    static const int64_t times_us[] = {0, 1, MS, 7 * MS, 20 * MS, 60 * MS, 200 * MS, 700 * MS};
    pass(times_us[next_random(8)]);
}

static void happen(void)
{
    int run_ms = 1 + (int)next_random(600);
    int permille = 200 + (int)next_random(791);
    switch (next_random(12)) {
    case 0:
    case 1:
    case 2:
        command(permille, run_ms);
        break;
    case 3:
    case 4:
        command(-permille, run_ms);
        break;
    case 5:
        motor_rest(&motor, next_random(2), hw.now_us);
        promised.resting = true;
        assert_false(hw.enabled && motor.phase != MOTOR_BRAKING);
        break;
    case 6:
        hw.error = next_random(2) ? 0 : -EIO;
        hw.obeys = next_random(2);
        break;
    case 7:
        hw.hangs = next_random(4) == 0;
        hw.was_reset = hw.was_reset || next_random(4) == 0;
        break;
    case 8:
        hw.delay_us = next_random(2) ? 0 : next_random(60) * MS;
        break;
    default:
        pass_randomly();
        break;
    }
    assert_as_told();
}

static void finish_well(void)
{
    hw.error = 0;
    hw.hangs = hw.was_reset = false;
    hw.delay_us = 0;
    hw.due_us = hw.now_us;
    pass(2 * MOTOR_RETRY_US); // zero within two attempts of hardware that works again
    assert_int_not_equal(motor.phase, MOTOR_ZEROING);
    motor_rest(&motor, false, hw.now_us);
    promised.resting = true;
    assert_off();
    assert_false(motor_is_driven(&motor));
    assert_int_equal(motor_next_us(&motor), INT64_MAX);
    assert_int_equal(go(500, 100), 0);
    promised.resting = false;
    pass(90 * MS);
    assert_int_equal(hw.turn, HW_MOTOR_FORWARD);
    pass(10 * MS);
    assert_int_not_equal(hw.turn, HW_MOTOR_FORWARD);
}

// The outputs of the rig assert the interlock and the dead time at each write.
static void in_every_sequence_of_commands_times_and_failures_no_promise_is_broken(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40000; seed++) {
        random_state = seed * 2654435761u | 1u;
        struct motor_config config = usual;
        config.ramp = next_random(3) == 0 ? 0 : (int)next_random(9000);
        config.brake_short = next_random(2);
        fresh_with(&config);
        hw.base.has_enable = next_random(4) != 0;
        hw.base.ops = next_random(2) ? &fake_motor_ops : &fake_checked_ops;
        promised.until_us = START;
        promised.resting = true;
        for (int i = 0; i < 60; i++)
            happen();
        finish_well();
    }
    assert_true(seen.forward > 10000 && seen.backward > 10000 && seen.braking > 1000 && seen.refused > 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_every_sequence_of_commands_times_and_failures_no_promise_is_broken, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
