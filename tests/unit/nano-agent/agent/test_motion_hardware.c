// SPDX-License-Identifier: MIT
// A servo's way on hardware that has steps, and positions that are known or assumed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/array.h"
#include "nano-agent/agent/motion.h"
#include "tests/unit/nano-agent/agent/motion_rig.h"

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

static void an_unknown_position_emits_nothing(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    assert_false(m.known);
    assert_int_equal(motion_pulse_ns(&m), 0);
    motion_stop(&m);
    assert_false(m.known);
    assert_false(motion_frame(&m, START_US));
}

static void the_first_command_starts_from_the_centre_and_is_marked_assumed(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    assert_false(motion_go(&m, 200, START_US));
    assert_true(m.known && m.assumed && m.moving);
    assert_int_equal(m.position, 0);
    assert_int_equal(motion_pulse_ns(&m), 1500000);
    run_to_rest(&m, START_US);
    assert_int_equal(motion_tenths(&m), 200);
    assert_true(m.assumed);
}

static void a_found_pulse_is_the_position_and_not_assumed(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_found(&m, 1750000);
    assert_true(m.known && !m.assumed && !m.moving);
    assert_int_equal(motion_tenths(&m), 225);
    assert_int_equal(motion_target_tenths(&m), 225);
    assert_int_equal(motion_pulse_ns(&m), 1750000);
    motion_found(&m, 2400000);
    assert_int_equal(motion_tenths(&m), 450);
}

static void a_restored_angle_is_the_position_and_not_assumed(void **state)
{
    (void)state;
    struct motion m;
    motion_init(&m, &plain);
    motion_restore(&m, -123);
    assert_true(m.known && !m.assumed && !m.moving);
    assert_int_equal(motion_tenths(&m), -123);
    assert_int_equal(motion_target_tenths(&m), -123);
    motion_restore(&m, 3600);
    assert_int_equal(motion_tenths(&m), 450);
    assert_pulse_is_inside_limits(&m);
}

static void a_relative_command_moves_at_least_one_hardware_step(void **state)
{
    (void)state;
    const struct motion_config configs[] = {
        with_steps(256), with_steps(4096), mirrored(with_steps(256)), mirrored(with_steps(4096))};
    for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
        for (int delta = -1; delta <= 1; delta += 2) {
            struct motion m;
            motion_init(&m, &configs[i]);
            motion_go(&m, 0, START_US);
            int64_t now = START_US;
            int cuts = 0;
            while (cuts == 0) {
                int64_t from = m.position;
                bool cut = motion_step(&m, delta, now += SECOND_US);
                run_to_rest(&m, now);
                int64_t way = (m.position - from) * delta;
                // Exactly one step of the hardware, or the word that there is none left.
                int64_t one = (int64_t)motion_res_milli(&configs[i]) * 1000;
                assert_true(cut ? way == 0 : way > one - 2000 && way < one + 2000);
                cuts += cut;
            }
            assert_true(llabs(m.position) > 380 * TENTH);
        }
    }
}

static void steps_do_not_drift_with_the_rounding_of_the_hardware(void **state)
{
    (void)state;
    struct motion_config config = with_steps(4096);
    struct motion m;
    motion_init(&m, &config);
    int64_t now = START_US;
    for (int i = 0; i < 8; i++)
        assert_false(motion_step(&m, 50, now += SECOND_US));
    assert_true(llabs(m.target - 400 * TENTH) <= 220000); // half of 0.44 degrees
    for (int i = 0; i < 8; i++)
        assert_false(motion_step(&m, -50, now += SECOND_US));
    assert_true(llabs(m.target) <= 220000);
}

static void the_resolution_is_at_most_the_whole_range(void **state)
{
    (void)state;
    struct motion_config config = with_steps(2);
    config.pulse_us[1] = 1001;
    config.angle[0] = -3600;
    config.angle[1] = 3600;
    assert_int_equal(motion_res_milli(&config), 720000);
}

static void limits_between_two_steps_of_the_hardware_are_never_driven(void **state)
{
    (void)state;
    struct motion_config config = with_steps(256);
    config.limit[0] = 10;
    config.limit[1] = 40; // 1511 to 1544 us, between the steps at 1484 and 1562
    struct motion m;
    motion_init(&m, &config);
    assert_false(motion_possible(&m));
    motion_go(&m, 20, START_US);
    motion_frame(&m, START_US);
    assert_int_equal(motion_pulse_ns(&m), 0);
    config.steps = 4096;
    motion_init(&m, &config);
    assert_true(motion_possible(&m));
}

static void the_resolution_is_that_of_the_hardware(void **state)
{
    (void)state;
    struct motion_config config = with_steps(256);
    assert_int_equal(motion_res_milli(&config), 7031); // 78.125 us of 1000 us for 90 degrees
    config = mirrored(with_steps(4096));
    assert_int_equal(motion_res_milli(&config), 439);
    assert_int_equal(motion_res_milli(&plain), 0);
}

static void an_angle_comes_to_rest_where_the_hardware_can_be(void **state)
{
    (void)state;
    struct motion_config config = with_steps(256);
    struct motion m;
    motion_init(&m, &config);
    assert_false(motion_go(&m, 200, START_US));
    run_to_rest(&m, START_US);
    assert_int_equal(motion_pulse_ns(&m), 1718750); // step 22, the nearest to 1722 us
    assert_int_equal(motion_tenths(&m), 197);
    assert_int_equal(motion_target_tenths(&m), 197);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_position_emits_nothing),
        cmocka_unit_test(the_first_command_starts_from_the_centre_and_is_marked_assumed),
        cmocka_unit_test(a_found_pulse_is_the_position_and_not_assumed),
        cmocka_unit_test(a_restored_angle_is_the_position_and_not_assumed),
        cmocka_unit_test(a_relative_command_moves_at_least_one_hardware_step),
        cmocka_unit_test(steps_do_not_drift_with_the_rounding_of_the_hardware),
        cmocka_unit_test(the_resolution_is_at_most_the_whole_range),
        cmocka_unit_test(limits_between_two_steps_of_the_hardware_are_never_driven),
        cmocka_unit_test(the_resolution_is_that_of_the_hardware),
        cmocka_unit_test(an_angle_comes_to_rest_where_the_hardware_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
