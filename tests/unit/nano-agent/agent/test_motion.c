// SPDX-License-Identifier: MIT
// A servo's way: limits, speed, arrival and stop must hold for every hardware, calibration and order of
// commands.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/array.h"
#include "nano-agent/agent/motion.h"
#include "tests/unit/nano-agent/agent/motion_rig.h"

static int random_below(uint64_t *state, int n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); // Knuth's MMIX
    return (int)((*state >> 33) % (uint64_t)n);
}

static double pulse_at(const struct motion_config *c, double tenths)
{
    return 1000.0 * (c->pulse_us[0] + (tenths - c->angle[0]) * (c->pulse_us[1] - c->pulse_us[0]) /
                                          (double)(c->angle[1] - c->angle[0]));
}

// What the hardware makes of a pulse: the nearest of its steps.
static double emitted(const struct motion_config *c, int64_t pulse_ns)
{
    if (c->steps == 0)
        return (double)pulse_ns;
    int64_t step = (pulse_ns * c->steps + c->period_ns / 2) / c->period_ns;
    return (double)step * (double)c->period_ns / (double)c->steps;
}

static void assert_pulse_is_inside_limits(const struct motion *m)
{
    const struct motion_config *c = &m->config;
    double a = pulse_at(c, c->limit[0]), b = pulse_at(c, c->limit[1]);
    int64_t pulse = motion_pulse_ns(m);
    double real = emitted(c, pulse);
    assert_true(pulse > 0);
    assert_true(real >= (a < b ? a : b) - 1e-6);
    assert_true(real <= (a < b ? b : a) + 1e-6);
    // Nothing left for the hardware to round, and nothing above the step that a driver could round up.
    assert_true(real - (double)pulse < 1 && (double)pulse <= real);
}

static void the_centre_is_clamped_into_the_limits(void **state)
{
    (void)state;
    struct motion_config config = plain;
    config.limit[0] = 100;
    struct motion m;
    motion_init(&m, &config);
    assert_true(motion_go(&m, 0, START_US));
    assert_false(m.moving);
    assert_int_equal(motion_tenths(&m), 100);
}

static void the_first_frame_is_due_at_once(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1500000);
    motion_go(&m, 450, START_US);
    assert_true(motion_frame(&m, START_US));
    assert_true(motion_pulse_ns(&m) > 1500000);
}

static void it_moves_at_the_configured_speed_and_acceleration(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    // 90 degrees at 120 a second, and once more what the ramps of 600 a second squared cost: 750 + 200 ms.
    int64_t took = run_to_rest(&m, START_US);
    assert_in_range(took, 900000, 1000000);

    struct motion_config abrupt = plain;
    abrupt.accel = 0;
    motion_init(&m, &abrupt);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    took = run_to_rest(&m, START_US);
    assert_in_range(took, 720000, 760000);
}

static void a_single_motion_never_overshoots_or_turns_back(void **state)
{
    (void)state;
    const int accels[] = {0, 1, 30, 600, 20000, 1000000};
    const int speeds[] = {1, 120, 10000};
    for (size_t a = 0; a < ARRAY_LENGTH(accels); a++) {
        for (size_t s = 0; s < ARRAY_LENGTH(speeds); s++) {
            struct motion_config config = plain;
            config.accel = accels[a];
            config.speed = speeds[s];
            struct motion m;
            motion_init(&m, &config);
            motion_found(&m, 1500000);
            motion_go(&m, 137, START_US);
            int64_t before = m.position;
            for (int64_t now = START_US; motion_frame(&m, now); now += FRAME_US) {
                assert_true(m.position >= before && m.position <= m.target);
                before = m.position;
                assert_true(now < START_US + 60 * SECOND_US);
            }
            assert_int_equal(m.position, m.target);
            assert_int_equal(motion_tenths(&m), 137);
        }
    }
}

static void the_ramps_of_a_motion_are_as_long_as_accel_says(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    int64_t fastest = 0, at_top_us = 0, braking_us = 0;
    for (int64_t now = START_US; motion_frame(&m, now); now += FRAME_US) {
        if (m.velocity > fastest)
            at_top_us = now - START_US;
        fastest = m.velocity > fastest ? m.velocity : fastest;
        if (m.velocity == fastest)
            braking_us = now - START_US;
    }
    assert_int_equal(fastest, 120 * 1000000);
    assert_in_range(at_top_us, 160000, 220000);  // 120 degrees a second at 600 a second squared
    assert_in_range(braking_us, 680000, 760000); // 90 degrees: 550 ms at full speed between the two ramps

    motion_found(&m, 1500000); // a way too short for full speed is a triangle
    motion_go(&m, 20, 2 * START_US);
    fastest = 0;
    for (int64_t now = 2 * START_US; motion_frame(&m, now); now += FRAME_US)
        fastest = m.velocity > fastest ? m.velocity : fastest;
    assert_in_range(fastest, 20 * 1000000, 36 * 1000000); // root of 2 degrees * 600
}

static void a_mirrored_servo_does_the_same_the_other_way_round(void **state)
{
    (void)state;
    struct motion_config config = mirrored(plain);
    struct motion a, b;
    motion_init(&a, &plain);
    motion_init(&b, &config);
    motion_go(&a, 0, START_US);
    motion_go(&b, 0, START_US);
    assert_false(motion_step(&a, 333, START_US));
    assert_false(motion_step(&b, 333, START_US));
    bool moving = true;
    for (int64_t now = START_US; moving; now += FRAME_US) {
        moving = motion_frame(&a, now);
        assert_int_equal(motion_frame(&b, now), moving);
        assert_in_range(motion_pulse_ns(&a) + motion_pulse_ns(&b), 2999998, 3000002);
    }
    assert_int_equal(motion_tenths(&b), 333);
    assert_true(motion_pulse_ns(&b) < 1500000);
}

static void a_target_outside_the_limits_is_cut_and_says_so(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    assert_true(motion_go(&m, 9000, START_US));
    assert_int_equal(motion_target_tenths(&m), 450);
    assert_true(motion_go(&m, -451, START_US));
    assert_int_equal(motion_target_tenths(&m), -450);
    assert_false(motion_go(&m, -450, START_US));
}

static void at_the_limit_a_step_moves_nothing_and_says_so(void **state)
{
    (void)state;
    const uint32_t steps[] = {0, 256, 4096};
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        struct motion_config config = with_steps(steps[i]);
        struct motion m;
        motion_init(&m, &config);
        motion_go(&m, 450, START_US);
        run_to_rest(&m, START_US);
        int64_t pulse = motion_pulse_ns(&m);
        assert_true(motion_step(&m, 50, 2 * START_US));
        assert_false(motion_frame(&m, 2 * START_US));
        assert_int_equal(motion_pulse_ns(&m), pulse);
        assert_false(motion_step(&m, -100, 2 * START_US));
    }
}

static void a_stop_holds_what_is_emitted_at_once(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    int64_t now = START_US;
    for (int i = 0; i < 20; i++, now += FRAME_US)
        assert_true(motion_frame(&m, now));
    int64_t pulse = motion_pulse_ns(&m);
    motion_stop(&m);
    assert_false(m.moving);
    for (int i = 0; i < 5; i++, now += FRAME_US)
        assert_false(motion_frame(&m, now));
    assert_int_equal(motion_pulse_ns(&m), pulse);
    assert_int_equal(motion_target_tenths(&m), motion_tenths(&m));
}

static void a_turn_brakes_before_it_goes_back(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    int64_t now = START_US;
    for (int i = 0; i < 15; i++, now += FRAME_US)
        motion_frame(&m, now);
    int64_t turned_at = m.position;
    motion_go(&m, -450, now);
    motion_frame(&m, now);
    assert_true(m.position > turned_at);
    run_to_rest(&m, now + FRAME_US);
    assert_int_equal(motion_tenths(&m), -450);
}

// The nearer target comes when the servo is at full speed; the ramp alone would carry it 12 degrees further.
static void a_nearer_target_in_mid_move_is_not_passed(void **state)
{
    (void)state;
    struct motion_config other = mirrored(plain), coarse = with_steps(256);
    const struct motion_config *all[] = {&plain, &other, &coarse};
    for (size_t c = 0; c < ARRAY_LENGTH(all); c++) {
        for (int direction = -1; direction <= 1; direction += 2) {
            for (int ahead = 1; ahead <= 150; ahead++) {
                struct motion m;
                motion_init(&m, all[c]);
                motion_restore(&m, direction * -450);
                motion_go(&m, direction * 450, START_US);
                int64_t now = START_US;
                for (int i = 0; i < 15; i++, now += FRAME_US)
                    motion_frame(&m, now);
                int at = (int)(m.position / TENTH);
                motion_go(&m, at + direction * ahead, now);
                bool is_ahead = (m.target - m.position) * direction >= 0;
                while (motion_frame(&m, now)) {
                    now += FRAME_US;
                    assert_true(!is_ahead || (m.target - m.position) * direction >= 0);
                }
                assert_int_equal(m.position, m.target);
            }
        }
    }
}

static void a_frame_that_comes_very_late_does_not_jump(void **state)
{
    (void)state;
    struct motion_config config = plain;
    config.accel = 0;
    struct motion m;
    motion_init(&m, &config);
    motion_found(&m, 1000000);
    motion_go(&m, 450, START_US);
    motion_frame(&m, START_US);
    int64_t from = m.position;
    motion_frame(&m, START_US + 10 * SECOND_US);
    assert_int_equal(m.position - from, 48 * TENTH); // two frames of 2.4 degrees
}

static void commands_in_quick_succession_win_no_time(void **state)
{
    (void)state;
    struct motion_config config = plain;
    config.accel = 0;
    config.speed = 10;
    struct motion m;
    motion_init(&m, &config);
    motion_found(&m, 1000000);
    int64_t from = m.position;
    for (int64_t now = START_US; now < START_US + SECOND_US; now += 2000) {
        if (!m.moving)
            motion_step(&m, 2, now);
        motion_frame(&m, now);
    }
    assert_in_range(
        m.position - from, 95 * TENTH, 102 * TENTH); // a second, and the frame that the last began
}

// One random life of a servo: after each event, everything that is promised of every moment is checked.
static void live(const struct motion_config *config, uint64_t seed)
{
    struct motion m;
    int64_t now = START_US, frame_at = START_US - FRAME_US;
    motion_init(&m, config);
    motion_go(&m, 0, now);
    for (int event = 0; event < 400; event++) {
        int what = random_below(&seed, 10);
        if (what < 3)
            motion_go(&m, random_below(&seed, 2400) - 1200, now);
        else if (what < 6)
            motion_step(&m, random_below(&seed, 200) - 100, now);
        else if (what == 6)
            motion_stop(&m);
        if (what == 6) {
            int64_t held = motion_pulse_ns(&m);
            assert_false(motion_frame(&m, now));
            assert_int_equal(motion_pulse_ns(&m), held);
        }
        for (int frames = random_below(&seed, 12); frames > 0; frames--) {
            struct motion before = m;
            bool moving = motion_frame(&m, now);
            int64_t dt = before.moving ? now - frame_at : 0;
            dt = dt > 2 * FRAME_US ? 2 * FRAME_US : dt;
            int64_t change = (int64_t)config->accel * dt;
            assert_true(llabs(m.position - before.position) <= (int64_t)config->speed * dt);
            // A limit stops it harder than the ramp would.
            bool at_limit = m.position == config->limit[0] * TENTH || m.position == config->limit[1] * TENTH;
            if (moving && config->accel > 0 && !at_limit)
                assert_true(llabs(m.velocity - before.velocity) <= change);
            assert_pulse_is_inside_limits(&m);
            assert_true(m.position >= config->limit[0] * TENTH);
            assert_true(m.position <= config->limit[1] * TENTH);
            if (before.moving)
                frame_at = now;
            now += FRAME_US + (int64_t)random_below(&seed, 4) * random_below(&seed, 8000);
        }
        now += (int64_t)random_below(&seed, 3) * random_below(&seed, 20000);
    }
    run_to_rest(&m, now);
    assert_int_equal(m.position, m.target);
    assert_int_equal(m.velocity, 0);
    assert_int_equal(motion_tenths(&m), motion_target_tenths(&m));
}

static void whatever_is_commanded_limits_and_speed_hold_and_it_arrives(void **state)
{
    (void)state;
    const uint32_t steps[] = {0, 256, 4096};
    const int accels[] = {0, 5, 600, 100000};
    const int speeds[] = {3, 120, 2000};
    const int limits[][2] = {{-450, 450}, {-301, 123}, {95, 444}, {-900, 899}};
    uint64_t seed = 1;
    for (size_t i = 0;
         i < ARRAY_LENGTH(steps) * ARRAY_LENGTH(accels) * ARRAY_LENGTH(speeds) * ARRAY_LENGTH(limits) * 2;
         i++) {
        size_t at = i / 2;
        struct motion_config config = with_steps(steps[at % ARRAY_LENGTH(steps)]);
        config.accel = accels[(at /= ARRAY_LENGTH(steps)) % ARRAY_LENGTH(accels)];
        config.speed = speeds[(at /= ARRAY_LENGTH(accels)) % ARRAY_LENGTH(speeds)];
        at /= ARRAY_LENGTH(speeds);
        config.limit[0] = limits[at][0];
        config.limit[1] = limits[at][1];
        if (i % 2 == 1)
            config = mirrored(config);
        for (int life = 0; life < 5; life++)
            live(&config, seed++);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_centre_is_clamped_into_the_limits),
        cmocka_unit_test(the_first_frame_is_due_at_once),
        cmocka_unit_test(it_moves_at_the_configured_speed_and_acceleration),
        cmocka_unit_test(a_single_motion_never_overshoots_or_turns_back),
        cmocka_unit_test(the_ramps_of_a_motion_are_as_long_as_accel_says),
        cmocka_unit_test(a_mirrored_servo_does_the_same_the_other_way_round),
        cmocka_unit_test(a_target_outside_the_limits_is_cut_and_says_so),
        cmocka_unit_test(at_the_limit_a_step_moves_nothing_and_says_so),
        cmocka_unit_test(a_stop_holds_what_is_emitted_at_once),
        cmocka_unit_test(a_turn_brakes_before_it_goes_back),
        cmocka_unit_test(a_nearer_target_in_mid_move_is_not_passed),
        cmocka_unit_test(a_frame_that_comes_very_late_does_not_jump),
        cmocka_unit_test(commands_in_quick_succession_win_no_time),
        cmocka_unit_test(whatever_is_commanded_limits_and_speed_hold_and_it_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
