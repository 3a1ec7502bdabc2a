// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, "Channels", as an agent writes them. Each test's name is a sentence of it.
#include "tests/unit/common/protocol/status_write_rig.h"

static void an_unknown_position_is_null(void **state)
{
    (void)state;
    struct status_channel *tilt = add_tilt();
    tilt->deg_known = tilt->target_known = tilt->moving = tilt->driven = false;
    tilt->deg = tilt->target = tilt->us = 0;
    assert_holds("\"deg\":null,\"target\":null,");
    assert_holds("\"us\":0,\"moving\":false,\"driven\":false}");
    tilt->deg_known = true;
    assert_holds("\"deg\":0,\"target\":null,");
}

static void assumed_stands_only_after_moving_from_an_assumed_position(void **state)
{
    (void)state;
    struct status_channel *tilt = add_tilt();
    assert_true(status_write(writer, &status, out) > 0);
    assert_null(strstr(out, "assumed"));
    tilt->assumed = true;
    assert_holds("\"driven\":true,\"assumed\":true}");
}

static void the_axis_is_tilt_or_pan_or_left_out(void **state)
{
    (void)state;
    struct status_channel *tilt = add_tilt();
    assert_holds("\"kind\":\"servo\",\"axis\":\"tilt\",");
    tilt->axis = AXIS_PAN;
    tilt->id.pan = true;
    assert_holds("\"kind\":\"servo\",\"axis\":\"pan\",");
    assert_read_back();
    tilt->axis = AXIS_STEER;
    assert_holds("\"kind\":\"servo\",\"axis\":\"steer\",");
    assert_read_back();
    tilt->axis = AXIS_NONE;
    assert_holds("\"kind\":\"servo\",\"deg\":");
}

static void a_motor_is_read_as_it_was_written(void **state)
{
    (void)state;
    status.online = true;
    status.report_ms = 1000;
    status.stops = 2;
    struct status_channel *drive = add("drive", CHANNEL_MOTOR);
    drive->axis = AXIS_DRIVE;
    drive->percent = -40;
    drive->target = drive->speed = 60;
    drive->min = 20;
    drive->max = 99;
    drive->run_ms = 500;
    drive->left_ms = 380;
    drive->driven = true;
    add("winch", CHANNEL_MOTOR);
    assert_holds(
        "\"stops\":2,\"channels\":{\"drive\":{\"kind\":\"motor\",\"axis\":\"drive\",\"percent\":-40,"
        "\"target\":60,\"speed\":60,\"min\":20,\"max\":99,\"run\":0.5,\"run_ms\":380,\"driven\":true},"
        "\"winch\":{\"kind\":\"motor\",\"percent\":0,");
    assert_read_back();
}

static void only_what_stop_switches_off_says_so(void **state)
{
    (void)state;
    status.online = true;
    status.report_ms = 1000;
    add("pump", CHANNEL_SWITCH)->id.stops_off = true;
    add("fan", CHANNEL_DIMMER)->id.stops_off = true;
    add("led", CHANNEL_SWITCH);
    assert_holds("\"pump\":{\"kind\":\"switch\",\"on\":false,\"stop\":\"off\"},"
                 "\"fan\":{\"kind\":\"dimmer\",\"on\":false,\"percent\":0,\"stop\":\"off\"},"
                 "\"led\":{\"kind\":\"switch\",\"on\":false}");
    assert_read_back();
}

static void of_a_channel_without_hardware_nothing_is_told_but_why(void **state)
{
    (void)state;
    struct status_channel *pan = add("pan", CHANNEL_SERVO);
    pan->axis = AXIS_PAN;
    pan->id.pan = true;
    snprintf(pan->fault, sizeof pan->fault, "no \"PCA9685\" here");
    add("led", CHANNEL_SWITCH)->on = true;
    status.online = true;
    status.report_ms = 1000;
    assert_holds(
        "\"channels\":{\"pan\":{\"kind\":\"servo\",\"axis\":\"pan\",\"fault\":\"no \\\"PCA9685\\\" here\"},"
        "\"led\":{\"kind\":\"switch\",\"on\":true}}");
    assert_read_back();
    pan->fault[0] = '\0';
    assert_holds("\"pan\":{\"kind\":\"servo\",\"axis\":\"pan\",\"deg\":null");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unknown_position_is_null, fresh, finish),
        cmocka_unit_test_setup_teardown(
            assumed_stands_only_after_moving_from_an_assumed_position, fresh, finish),
        cmocka_unit_test_setup_teardown(the_axis_is_tilt_or_pan_or_left_out, fresh, finish),
        cmocka_unit_test_setup_teardown(a_motor_is_read_as_it_was_written, fresh, finish),
        cmocka_unit_test_setup_teardown(only_what_stop_switches_off_says_so, fresh, finish),
        cmocka_unit_test_setup_teardown(of_a_channel_without_hardware_nothing_is_told_but_why, fresh, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
