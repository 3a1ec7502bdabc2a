// SPDX-License-Identifier: MIT
// What a verb does to channels, without an agent.
#include <errno.h>

#include "nano-agent/agent/execute.h"
#include "tests/unit/nano-agent/agent/channel_rig.h"

enum { TILT, PAN, LED, LAMP, COUNT };

static const int64_t START_US = 5000000, SECOND_US = 1000000;
static struct channel channels[COUNT];
static struct fake_pwm pwms[COUNT];
static struct fake_switch led;
static int64_t now;
static char why[PROTOCOL_WHY_SIZE];

static int prepare(void **state)
{
    (void)state;
    struct agent_channel_config tilt = servo_config("tilt"), pan = servo_config("pan");
    struct agent_channel_config led_config = plain_config("led", CHANNEL_SWITCH);
    struct agent_channel_config lamp = plain_config("lamp", CHANNEL_DIMMER);
    tilt.safe = POLICY_CENTER;
    now = START_US;
    make_pwm_channel(&channels[TILT], &tilt, &pwms[TILT], now);
    make_pwm_channel(&channels[PAN], &pan, &pwms[PAN], now);
    make_switch_channel(&channels[LED], &led_config, &led, now);
    make_pwm_channel(&channels[LAMP], &lamp, &pwms[LAMP], now);
    return 0;
}

static enum protocol_result run(enum verb verb, int channel, int tenths)
{
    struct vocabulary_match match = {
        .verb = verb, .channel = channel, .has_number = tenths != 0, .tenths = tenths};
    return execute(channels, COUNT, &match, false, now, why);
}

static enum protocol_result run_all(enum verb verb, bool late)
{
    struct vocabulary_match match = {.verb = verb, .channel = -1};
    return execute(channels, COUNT, &match, late, now, why);
}

static void pass(int64_t us)
{
    int64_t end = now + us;
    for (int i = 0; i < COUNT; i++) {
        int64_t at = now;
        run_channel(&channels[i], &at, us);
    }
    now = end;
}

static void a_word_for_one_channel_leaves_the_others_alone(void **state)
{
    (void)state;
    assert_int_equal(run(VERB_SET, PAN, 100), RESULT_OK);
    assert_string_equal(why, "");
    assert_true(channels[PAN].pwm.driven);
    assert_false(channels[TILT].pwm.driven);
    assert_int_equal(run(VERB_ON, LED, 0), RESULT_OK);
    assert_true(led.on);
    assert_int_equal(run(VERB_SET, LAMP, 400), RESULT_OK);
    assert_int_equal(pwms[LAMP].pulse_ns, 8000000);
}

static void a_limit_says_where_it_is(void **state)
{
    (void)state;
    assert_int_equal(run(VERB_SET, TILT, 900), RESULT_LIMIT);
    assert_string_equal(why, "cut at 45.0°");
    assert_int_equal(run(VERB_UP, TILT, 0), RESULT_LIMIT);
    assert_string_equal(why, "already on its way to 45.0°");
    pass(3 * SECOND_US);
    assert_int_equal(run(VERB_UP, TILT, 0), RESULT_LIMIT);
    assert_string_equal(why, "already at 45.0°");
    assert_int_equal(run(VERB_SET, TILT, -900), RESULT_LIMIT);
    assert_string_equal(why, "cut at -45.0°");
    assert_int_equal(run(VERB_SET, LAMP, 1200), RESULT_LIMIT);
    assert_string_equal(why, "cut at 100 %");
    assert_int_equal(run(VERB_UP, LAMP, 0), RESULT_LIMIT);
    assert_string_equal(why, "already at 100 %");
    assert_int_equal(run(VERB_DOWN, LAMP, 1010), RESULT_LIMIT);
    assert_string_equal(why, "cut at 0 %");
}

static void a_fault_tells_more_than_a_limit(void **state)
{
    (void)state;
    channels[TILT].config.motion.limit[0] = channels[TILT].motion.config.limit[0] =
        50; // 0 degrees are outside
    channels[TILT].motion.step_min = 1555556;
    pwms[PAN].error = -EIO;
    assert_int_equal(run_all(VERB_CENTER_ALL, false), RESULT_FAULT);
    assert_string_equal(why, "servo pan: Input/output error");
    pwms[PAN].error = 0;
    assert_int_equal(run_all(VERB_CENTER_ALL, false), RESULT_LIMIT);
    assert_string_equal(why, "tilt: already at 5.0°");
}

static void motion_is_refused_for_half_a_second_after_a_stop_and_other_things_are_not(void **state)
{
    (void)state;
    assert_int_equal(run_all(VERB_STOP_ALL, false), RESULT_OK);
    assert_int_equal(run(VERB_SET, PAN, 100), RESULT_REFUSED);
    assert_string_equal(why, "stopped");
    assert_int_equal(run_all(VERB_CENTER_ALL, false), RESULT_REFUSED);
    assert_int_equal(run(VERB_OFF, PAN, 0), RESULT_OK);
    assert_int_equal(run(VERB_ON, LED, 0), RESULT_OK);
    assert_int_equal(run(VERB_SET, LAMP, 500), RESULT_OK);
    now += PROTOCOL_STOP_HOLD_MS * 1000;
    assert_int_equal(run(VERB_SET, PAN, 100), RESULT_OK);
}

static void a_stop_of_one_servo_refuses_that_one_and_what_moves_all(void **state)
{
    (void)state;
    assert_int_equal(run(VERB_STOP, TILT, 0), RESULT_OK);
    assert_int_equal(run(VERB_SET, TILT, 100), RESULT_REFUSED);
    assert_int_equal(run_all(VERB_CENTER_ALL, false), RESULT_REFUSED);
    assert_int_equal(run(VERB_SET, PAN, 100), RESULT_OK);
}

static void a_stop_may_hold_without_refusing(void **state)
{
    (void)state;
    run(VERB_SET, PAN, 400);
    pass(SECOND_US / 10);
    assert_int_equal(execute_stop(channels, COUNT, false, now, why), RESULT_OK);
    assert_false(channels[PAN].motion.moving);
    assert_true(channels[PAN].held);
    assert_int_equal(run(VERB_SET, PAN, 100), RESULT_OK);
    assert_false(channels[PAN].held);
}

static void off_does_what_each_safe_says(void **state)
{
    (void)state;
    run(VERB_SET, TILT, 300);
    run(VERB_SET, PAN, 300);
    run(VERB_ON, LED, 0);
    run(VERB_ON, LAMP, 0);
    pass(3 * SECOND_US);
    assert_int_equal(run_all(VERB_OFF_ALL, false), RESULT_OK);
    assert_string_equal(why, "");
    pass(3 * SECOND_US);
    assert_int_equal(motion_tenths(&channels[TILT].motion), 0);
    assert_true(channels[TILT].pwm.driven);
    assert_false(pwms[PAN].enabled);
    assert_false(led.on);
    assert_false(pwms[LAMP].enabled);
}

static void off_within_half_a_second_of_a_stop_names_what_it_did_not_centre(void **state)
{
    (void)state;
    run(VERB_SET, TILT, 300);
    run(VERB_ON, LED, 0);
    pass(SECOND_US / 10);
    run_all(VERB_STOP_ALL, false);
    int64_t stands = channels[TILT].motion.position;
    assert_int_equal(run_all(VERB_OFF_ALL, false), RESULT_OK);
    assert_string_equal(why, "stopped: not centred: tilt");
    assert_false(led.on);
    pass(SECOND_US);
    assert_int_equal(channels[TILT].motion.position, stands);
}

static void off_that_comes_too_late_still_switches_off_and_moves_nothing(void **state)
{
    (void)state;
    run(VERB_SET, TILT, 300);
    run(VERB_ON, LED, 0);
    pass(SECOND_US / 10);
    assert_int_equal(run_all(VERB_OFF_ALL, true), RESULT_OK);
    assert_string_equal(why, "too late: not centred: tilt");
    assert_false(led.on);
    assert_false(channels[TILT].motion.moving);
    assert_true(channels[TILT].pwm.driven);
}

static void assert_lost(int channel, int rc, const char *expected)
{
    char done[64];
    int rcs[1];
    execute_lost(&channels[channel], 1, now, rcs, done, sizeof done);
    assert_int_equal(rcs[0], rc);
    assert_string_equal(done, expected);
}

static void a_lost_link_says_what_became_of_each_channel(void **state)
{
    (void)state;
    run(VERB_SET, PAN, 300);
    pass(SECOND_US / 10);
    assert_lost(PAN, 0, "pan stopped where it was"); // lost = hold
    assert_lost(PAN, 0, "");
    channels[PAN].config.lost = POLICY_CENTER;
    assert_lost(PAN, 0, "pan to its centre");
    channels[PAN].config.lost = POLICY_OFF;
    assert_lost(PAN, 0, "pan off");
    channels[LED].config.lost = POLICY_ON;
    assert_lost(LED, 0, "led on");
    channels[LED].config.lost = POLICY_OFF;
    led.error = -EIO;
    assert_lost(LED, -EIO, "led failed");
}

static void status_and_a_word_for_all_that_nobody_has_do_nothing(void **state)
{
    (void)state;
    size_t calls = pwms[TILT].calls + pwms[LAMP].calls + led.calls;
    assert_int_equal(run_all(VERB_STATUS, false), RESULT_OK);
    assert_int_equal(pwms[TILT].calls + pwms[LAMP].calls + led.calls, calls);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_word_for_one_channel_leaves_the_others_alone, prepare),
        cmocka_unit_test_setup(a_limit_says_where_it_is, prepare),
        cmocka_unit_test_setup(a_fault_tells_more_than_a_limit, prepare),
        cmocka_unit_test_setup(
            motion_is_refused_for_half_a_second_after_a_stop_and_other_things_are_not, prepare),
        cmocka_unit_test_setup(a_stop_of_one_servo_refuses_that_one_and_what_moves_all, prepare),
        cmocka_unit_test_setup(a_stop_may_hold_without_refusing, prepare),
        cmocka_unit_test_setup(off_does_what_each_safe_says, prepare),
        cmocka_unit_test_setup(off_within_half_a_second_of_a_stop_names_what_it_did_not_centre, prepare),
        cmocka_unit_test_setup(off_that_comes_too_late_still_switches_off_and_moves_nothing, prepare),
        cmocka_unit_test_setup(a_lost_link_says_what_became_of_each_channel, prepare),
        cmocka_unit_test_setup(status_and_a_word_for_all_that_nobody_has_do_nothing, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
