// SPDX-License-Identifier: MIT
#include <errno.h>

#include "nano-agent/agent/pwm_output.h"
#include "tests/unit/nano-agent/agent/channel_rig.h"

static const int64_t START_US = 5000000;
static struct fake_pwm pwm;
static struct pwm_output output;

static int find(int64_t found_ns, bool enabled)
{
    pwm = (struct fake_pwm){
        .base = {.ops = &fake_pwm_ops, .period_ns = 20000000, .was_enabled = enabled, .found_ns = found_ns},
        .pulse_ns = found_ns,
        .enabled = enabled};
    return pwm_output_init(&output, &pwm.base, START_US);
}

static void a_pwm_found_running_is_taken_over_untouched(void **state)
{
    (void)state;
    assert_int_equal(find(1500000, true), 0);
    assert_true(output.driven && output.enabled);
    assert_int_equal(output.pulse_ns, 1500000);
    assert_int_equal(pwm.calls, 0);
}

static void a_release_that_was_cut_short_is_completed(void **state)
{
    (void)state;
    assert_int_equal(find(0, true), 0);
    assert_false(output.driven || pwm.enabled);
}

// Setting the period cut such a pulse off, so that nothing of it comes out.
static void a_pulse_found_longer_than_the_period_is_not_reported_as_driven(void **state)
{
    (void)state;
    assert_int_equal(find(20000001, true), 0);
    assert_false(output.driven || pwm.enabled);
    assert_int_equal(output.pulse_ns, 0);
}

static void a_refused_disabling_is_told_once_and_tried_again(void **state)
{
    (void)state;
    find(1500000, true);
    assert_int_equal(pwm_output_release(&output, START_US), 0);
    int64_t now = pwm_output_next_us(&output);
    assert_int_equal(now, START_US + 20000); // a whole period without a pulse first
    pwm.error = -EIO;
    assert_int_equal(pwm_output_tick(&output, now), -EIO);
    for (int i = 0; i < 5; i++) {
        now = pwm_output_next_us(&output);
        assert_int_equal(pwm_output_tick(&output, now), 0);
    }
    assert_true(pwm.enabled);
    pwm.error = 0;
    now = pwm_output_next_us(&output);
    assert_int_equal(pwm_output_tick(&output, now), 0);
    assert_false(pwm.enabled);
    assert_true(pwm_output_next_us(&output) == INT64_MAX);
}

static void what_was_refused_leaves_what_it_did_before(void **state)
{
    (void)state;
    find(0, false);
    pwm.error = -EIO;
    assert_int_equal(pwm_output_drive(&output, 1500000), -EIO);
    assert_false(output.driven);
    assert_int_equal(pwm_output_release(&output, START_US), 0); // it is not driven: nothing to do
    pwm.error = 0;
    assert_int_equal(pwm_output_drive(&output, 1500000), 0);
    assert_true(pwm.enabled);
    pwm.error = -EIO;
    assert_int_equal(pwm_output_drive(&output, 1600000), -EIO);
    assert_int_equal(output.pulse_ns, 1500000);
    assert_int_equal(pwm.pulse_ns, 1500000);
}

static void the_same_pulse_is_not_written_again(void **state)
{
    (void)state;
    find(0, false);
    assert_int_equal(pwm_output_drive(&output, 1500000), 0);
    size_t calls = pwm.calls;
    assert_int_equal(pwm_output_drive(&output, 1500000), 0);
    assert_int_equal(pwm.calls, calls);
    pwm.error = -EIO; // but after a refused release nobody knows what the hardware has
    assert_int_equal(pwm_output_release(&output, START_US), -EIO);
    pwm.error = 0;
    calls = pwm.calls;
    assert_int_equal(pwm_output_drive(&output, 1500000), 0);
    assert_true(pwm.calls > calls);
    assert_true(pwm_output_next_us(&output) == INT64_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pwm_found_running_is_taken_over_untouched),
        cmocka_unit_test(a_release_that_was_cut_short_is_completed),
        cmocka_unit_test(a_pulse_found_longer_than_the_period_is_not_reported_as_driven),
        cmocka_unit_test(a_refused_disabling_is_told_once_and_tried_again),
        cmocka_unit_test(what_was_refused_leaves_what_it_did_before),
        cmocka_unit_test(the_same_pulse_is_not_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
