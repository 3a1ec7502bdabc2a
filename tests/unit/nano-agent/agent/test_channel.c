// SPDX-License-Identifier: MIT
// One channel of each kind and its hardware.
#include <errno.h>

#include "nano-agent/agent/channel.h"
#include "tests/unit/nano-agent/agent/channel_rig.h"

static const int64_t START_US = 5000000, SECOND_US = 1000000;
static struct channel channel;
static struct fake_pwm pwm;
static struct fake_switch sw;
static char limit[PROTOCOL_WHY_SIZE];

static int run(enum verb verb, int tenths, int64_t now_us)
{
    struct vocabulary_match match = {.verb = verb, .has_number = tenths != 0, .tenths = tenths};
    return channel_execute(&channel, &match, now_us, limit);
}

static void each_kind_has_its_port(void **state)
{
    (void)state;
    assert_int_equal(channel_port(CHANNEL_SERVO), PORT_PWM);
    assert_int_equal(channel_port(CHANNEL_DIMMER), PORT_PWM);
    assert_int_equal(channel_port(CHANNEL_SWITCH), PORT_SWITCH);
    assert_int_equal(channel_port(CHANNEL_INPUT), PORT_INPUT);
    assert_true(channel_keeps_position(CHANNEL_SERVO));
    assert_false(channel_keeps_position(CHANNEL_DIMMER));
}

static void a_servo_that_refuses_to_be_switched_off_is_asked_until_it_obeys(void **state)
{
    (void)state;
    int64_t now = START_US;
    struct agent_channel_config config = servo_config("tilt");
    make_pwm_channel(&channel, &config, &pwm, now);
    assert_int_equal(run(VERB_SET, 100, now), 0);
    run_channel(&channel, &now, 3 * SECOND_US);
    pwm.error = -EIO;
    assert_int_equal(run(VERB_OFF, 0, now), -EIO);
    size_t calls = pwm.calls;
    run_channel(&channel, &now, 3 * SECOND_US);
    assert_in_range(pwm.calls - calls, 10, 14);
    assert_true(channel.pwm.driven);
    pwm.error = 0;
    run_channel(&channel, &now, SECOND_US);
    assert_false(pwm.enabled);
    assert_false(channel.pwm.driven);
    assert_true(channel_next_us(&channel) == INT64_MAX);
}

static void a_refused_idle_off_is_told_once_and_tried_again(void **state)
{
    (void)state;
    int64_t now = START_US;
    bool changed = false;
    int faults = 0;
    struct agent_channel_config config = servo_config("tilt");
    config.idle_off_ms = 1000;
    make_pwm_channel(&channel, &config, &pwm, now);
    assert_int_equal(run(VERB_SET, 10, now), 0);
    run_channel(&channel, &now, SECOND_US / 2);
    pwm.error = -EIO;
    for (int64_t end = now + 5 * SECOND_US; channel_next_us(&channel) <= end;) {
        now = channel_next_us(&channel);
        faults += channel_tick(&channel, now, &changed) < 0;
    }
    assert_int_equal(faults, 1);
    pwm.error = 0;
    changed = false;
    now = channel_next_us(&channel);
    assert_int_equal(channel_tick(&channel, now, &changed), 0);
    assert_true(changed);
    assert_false(channel.pwm.driven);
}

static void a_new_command_ends_the_attempts_to_switch_off(void **state)
{
    (void)state;
    int64_t now = START_US;
    struct agent_channel_config config = servo_config("tilt");
    make_pwm_channel(&channel, &config, &pwm, now);
    run(VERB_SET, 100, now);
    run_channel(&channel, &now, 3 * SECOND_US);
    pwm.error = -EIO;
    assert_int_equal(run(VERB_OFF, 0, now), -EIO);
    pwm.error = 0;
    assert_int_equal(run(VERB_SET, 200, now), 0);
    run_channel(&channel, &now, 5 * SECOND_US);
    assert_true(pwm.enabled);
    assert_int_equal(motion_tenths(&channel.motion), 200);
    assert_true(channel_next_us(&channel) == INT64_MAX);
}

static void a_switch_that_refuses_to_be_switched_off_is_asked_until_it_obeys(void **state)
{
    (void)state;
    int64_t now = START_US;
    struct agent_channel_config config = plain_config("led", CHANNEL_SWITCH);
    make_switch_channel(&channel, &config, &sw, now);
    assert_int_equal(run(VERB_ON, 0, now), 0);
    sw.error = -EIO;
    assert_int_equal(channel_apply(&channel, POLICY_OFF, now), -EIO);
    run_channel(&channel, &now, SECOND_US);
    assert_true(channel.on && sw.on);
    sw.error = 0;
    bool changed = false;
    now = channel_next_us(&channel);
    assert_int_equal(channel_tick(&channel, now, &changed), 0);
    assert_true(changed);
    assert_false(channel.on || sw.on);
    assert_true(channel_next_us(&channel) == INT64_MAX);
}

static void a_switch_that_refuses_to_be_switched_on_is_left_alone(void **state)
{
    (void)state;
    struct agent_channel_config config = plain_config("led", CHANNEL_SWITCH);
    make_switch_channel(&channel, &config, &sw, START_US);
    sw.error = -EIO;
    assert_int_equal(run(VERB_ON, 0, START_US), -EIO);
    assert_true(channel_next_us(&channel) == INT64_MAX);
}

static void a_dimmer_that_refuses_to_be_switched_off_is_asked_until_it_obeys(void **state)
{
    (void)state;
    int64_t now = START_US;
    struct agent_channel_config config = plain_config("lamp", CHANNEL_DIMMER);
    struct status_channel report;
    make_pwm_channel(&channel, &config, &pwm, now);
    assert_int_equal(run(VERB_SET, 400, now), 0);
    pwm.error = -EIO;
    assert_int_equal(channel_finish(&channel, now), 0); // exit = hold does nothing
    assert_int_equal(channel_apply(&channel, POLICY_OFF, now), -EIO);
    run_channel(&channel, &now, SECOND_US);
    channel_report(&channel, &report);
    assert_int_equal(report.percent, 40);
    assert_true(report.on);
    pwm.error = 0;
    run_channel(&channel, &now, SECOND_US);
    channel_report(&channel, &report);
    assert_int_equal(report.percent, 0);
    assert_false(report.on);
    assert_false(pwm.enabled);
    assert_int_equal(run(VERB_ON, 0, now), 0); // and comes back as it was
    channel_report(&channel, &report);
    assert_int_equal(report.percent, 40);
}

static void what_is_held_by_a_stop_is_free_again_with_the_next_motion(void **state)
{
    (void)state;
    int64_t now = START_US;
    struct agent_channel_config config = servo_config("tilt");
    make_pwm_channel(&channel, &config, &pwm, now);
    run(VERB_SET, 300, now);
    run_channel(&channel, &now, SECOND_US / 10);
    run(VERB_STOP, 0, now);
    assert_true(channel.held && channel_is_stopped(&channel, now));
    now += SECOND_US;
    assert_true(channel.held && !channel_is_stopped(&channel, now));
    run(VERB_UP, 0, now);
    assert_false(channel.held);
}

static void a_policy_that_is_not_the_kinds_does_nothing(void **state)
{
    (void)state;
    struct agent_channel_config config = plain_config("led", CHANNEL_SWITCH);
    make_switch_channel(&channel, &config, &sw, START_US);
    assert_int_equal(channel_apply(&channel, POLICY_CENTER, START_US), 0);
    assert_int_equal(channel_apply(&channel, POLICY_HOLD, START_US), 0);
    channel_stop(&channel, true, START_US);
    assert_false(channel_is_stopped(&channel, START_US));
    assert_int_equal(sw.calls, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_port),
        cmocka_unit_test(a_servo_that_refuses_to_be_switched_off_is_asked_until_it_obeys),
        cmocka_unit_test(a_refused_idle_off_is_told_once_and_tried_again),
        cmocka_unit_test(a_new_command_ends_the_attempts_to_switch_off),
        cmocka_unit_test(a_switch_that_refuses_to_be_switched_off_is_asked_until_it_obeys),
        cmocka_unit_test(a_switch_that_refuses_to_be_switched_on_is_left_alone),
        cmocka_unit_test(a_dimmer_that_refuses_to_be_switched_off_is_asked_until_it_obeys),
        cmocka_unit_test(what_is_held_by_a_stop_is_free_again_with_the_next_motion),
        cmocka_unit_test(a_policy_that_is_not_the_kinds_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
