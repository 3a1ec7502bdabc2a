// SPDX-License-Identifier: MIT
// What views and keys ask of the model.
#include "tests/unit/pc-tui/model/model_fixture.h"

static void a_device_is_stale_past_three_of_its_own_reports(void **state)
{
    (void)state;
    report.status.report_ms = 200;
    struct model_device *device = hear(false);
    assert_int_equal(model_next_us(model, now), now + 600001);
    assert_int_equal(model_presence(device, now + 600000), PRESENCE_LIVE);
    assert_int_equal(model_presence(device, now + 600001), PRESENCE_STALE);
    assert_int_equal(model_next_us(model, now + 600001), INT64_MAX);
    report.status.report_ms = 5000;
    hear(false);
    assert_int_equal(model_presence(device, now + 15 * (int64_t)SECOND), PRESENCE_LIVE);
    assert_int_equal(model_presence(device, now + 15 * (int64_t)SECOND + 1), PRESENCE_STALE);
}

static void a_device_falls_silent_once(void **state)
{
    (void)state;
    report.status.report_ms = 200;
    assert_false(model_fell_silent(model, now, now + SECOND));
    hear(true); // nobody knows when a retained report was made
    assert_false(model_fell_silent(model, now, now + SECOND));
    hear(false);
    assert_false(model_fell_silent(model, now, now + 600000));
    assert_true(model_fell_silent(model, now, now + 600001));
    assert_true(model_fell_silent(model, now + 600000, now + SECOND));
    assert_false(model_fell_silent(model, now + 600001, now + SECOND));
}

static void the_arrows_mean_the_servos_of_their_axis(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_int_equal(model_tilt_servo(device, -1), 0);
    assert_int_equal(model_pan_servo(device), 1);
    report.status.channels[0].axis = AXIS_NONE;
    snprintf(report.status.channels[0].id.name, PROTOCOL_NAME_MAX + 1, "arm");
    report.status.channels[3] = report.status.channels[0];
    snprintf(report.status.channels[3].id.name, PROTOCOL_NAME_MAX + 1, "claw");
    hear_boot("b008");
    assert_int_equal(model_tilt_servo(device, -1), 0);
    assert_int_equal(model_tilt_servo(device, 3), 3);
    assert_int_equal(model_tilt_servo(device, 1), 0); // the pan is never moved by ↑ ↓
    assert_int_equal(model_tilt_servo(device, 2), 0); // a switch
    report.status.count = 1;
    hear_boot("b009");
    assert_int_equal(model_pan_servo(device), -1);
    report.status.count = 0;
    hear_boot("b00a");
    assert_int_equal(model_tilt_servo(device, 0), -1);
}

static void a_device_moves_while_one_of_its_channels_does(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_false(model_moves(device));
    report.status.channels[1].moving = true;
    assert_true(model_moves(hear(false)));
    report.status.channels[1].moving = false;
    assert_false(model_moves(hear(false)));
}

static void two_agents_under_one_name_are_told_for_a_while(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_false(model_shared(device, now));
    hear_boot("b008");
    hear_boot("b007");
    assert_true(model_shared(device, now));
    assert_false(model_shared(device, now + MODEL_SHARED_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_device_is_stale_past_three_of_its_own_reports),
        PROMISE(a_device_falls_silent_once),
        PROMISE(the_arrows_mean_the_servos_of_their_axis),
        PROMISE(a_device_moves_while_one_of_its_channels_does),
        PROMISE(two_agents_under_one_name_are_told_for_a_while),
    };
    return cmocka_run_group_tests_name("model_query", tests, NULL, NULL);
}
