// SPDX-License-Identifier: MIT
// One motor: its interlock, its ramp, its end, and zero until it is obeyed.
#include "tests/unit/nano-agent/agent/motor_rig.h"

enum { MS = 1000, START = 5000 * MS, DEAD = 20 * MS };

static const struct motor_config usual = {
    .min = 200, .max = 990, .start_at = 600, .ramp = 3000, .dead_us = DEAD, .brake_short = false};

static struct fake_motor hw;
static struct motor motor;
static int told; // the latest fault that motor_tick returned

static void fresh_with(const struct motor_config *config)
{
    fake_motor_init(&hw, DEAD, START);
    told = 0;
    assert_int_equal(motor_init(&motor, config, &hw.base, START), 0);
}

static int fresh(void **state)
{
    (void)state;
    fresh_with(&usual);
    return 0;
}

static void pass(int64_t us)
{
    int64_t end_us = hw.now_us + us, next_us;
    bool changed = false;
    int turns = 0;
    while ((next_us = fake_motor_next_us(&hw, &motor)) <= end_us) {
        assert_true(turns++ < 10000);
        fake_motor_at(&hw, next_us > hw.now_us ? next_us : hw.now_us);
        int rc = motor_tick(&motor, hw.now_us, &changed);
        told = rc < 0 ? rc : told;
        assert_true(motor_next_us(&motor) > hw.now_us);
    }
    fake_motor_at(&hw, end_us);
}

static int go(int permille, int run_ms)
{
    return motor_go(&motor, permille, hw.now_us + (int64_t)run_ms * MS, hw.now_us);
}

static void assert_off(void)
{
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    assert_int_equal(hw.permille, 0);
    assert_false(hw.enabled);
    assert_int_equal(motor.value, 0);
}

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

// ---- every sequence

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
    hw.hangs = false;
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
        cmocka_unit_test_setup(in_every_sequence_of_commands_times_and_failures_no_promise_is_broken, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
