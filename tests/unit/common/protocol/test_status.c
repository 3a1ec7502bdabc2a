// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, "Status", as a reader sees it. Each test's name is a sentence of it.
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/status.h"
#include "common/text.h"
#include "tests/unit/common/protocol/status_rig.h"

static void the_example_is_read_whole(void **state)
{
    (void)state;
    assert_read(example);
    assert_string_equal(status.device, "");
    assert_true(status.online);
    assert_string_equal(status.boot, "9f31c2aa");
    assert_string_equal(status.why, "");
    assert_int_equal(status.seq, 42);
    assert_int_equal(status.t_ms, 81034);
    assert_int_equal(status.report_ms, 1000);
    assert_int_equal(status.count, 4);

    const struct status_channel *tilt = &status.channels[0];
    assert_string_equal(tilt->id.name, "tilt");
    assert_int_equal(tilt->id.kind, CHANNEL_SERVO);
    assert_false(tilt->id.pan);
    assert_int_equal(tilt->axis, AXIS_TILT);
    assert_true(tilt->deg_known);
    assert_int_equal(tilt->deg, 125);
    assert_true(tilt->target_known);
    assert_int_equal(tilt->target, 200);
    assert_int_equal(tilt->min, -450);
    assert_int_equal(tilt->max, 450);
    assert_int_equal(tilt->step, 50);
    assert_int_equal(tilt->speed, 1200);
    assert_int_equal(tilt->res_milli, 400);
    assert_int_equal(tilt->us, 1639);
    assert_true(tilt->moving);
    assert_true(tilt->driven);
    assert_false(tilt->assumed);

    assert_string_equal(status.channels[1].id.name, "led");
    assert_int_equal(status.channels[1].id.kind, CHANNEL_SWITCH);
    assert_true(status.channels[1].on);
    assert_string_equal(status.channels[2].id.name, "lamp");
    assert_int_equal(status.channels[2].id.kind, CHANNEL_DIMMER);
    assert_true(status.channels[2].on);
    assert_int_equal(status.channels[2].percent, 40);
    assert_string_equal(status.channels[3].id.name, "button");
    assert_int_equal(status.channels[3].id.kind, CHANNEL_INPUT);
    assert_false(status.channels[3].on);

    assert_int_equal(status.last.n, 17);
    assert_string_equal(status.last.id, "9f3c7a1e5b2d4c60-17");
    assert_string_equal(status.last.cmd, "tilt_up");
    assert_int_equal(status.last.result, RESULT_OK);
    assert_string_equal(status.last.why, "");
    assert_string_equal(status.last.from, "");
    assert_false(status.last.again);

    assert_int_equal(status.health.has, 0xff);
    assert_int_equal(status.health.up_s, 3600);
    assert_int_equal(status.health.cpu, 120);
    assert_int_equal(status.health.mem, 310);
    assert_int_equal(status.health.load, 42);
    assert_int_equal(status.health.cpu_c, 415);
    assert_int_equal(status.health.gpu_c, 390);
    assert_int_equal(status.health.gpu, 30);
    assert_int_equal(status.health.milliwatts, 2900);
}

static void the_channels_keep_their_order(void **state)
{
    (void)state;
    assert_read(
        CHANNELS("\"z\":{\"kind\":\"switch\"},\"a\":{\"kind\":\"switch\"},\"m\":{\"kind\":\"switch\"}"));
    assert_int_equal(status.count, 3);
    assert_string_equal(status.channels[0].id.name, "z");
    assert_string_equal(status.channels[1].id.name, "a");
    assert_string_equal(status.channels[2].id.name, "m");
}

static void deg_and_target_are_null_while_the_position_is_unknown(void **state)
{
    (void)state;
    assert_read(CHANNELS("\"tilt\":{\"kind\":\"servo\",\"deg\":null,\"target\":null}"));
    assert_false(status.channels[0].deg_known);
    assert_false(status.channels[0].target_known);
    assert_read(CHANNELS("\"tilt\":{\"kind\":\"servo\"}"));
    assert_false(status.channels[0].deg_known);
    assert_read(CHANNELS("\"tilt\":{\"kind\":\"servo\",\"deg\":0,\"target\":null,\"assumed\":true}"));
    assert_true(status.channels[0].deg_known);
    assert_int_equal(status.channels[0].deg, 0);
    assert_false(status.channels[0].target_known);
    assert_true(status.channels[0].assumed);
}

static void a_pan_is_known_by_its_axis(void **state)
{
    (void)state;
    assert_read(
        CHANNELS("\"x\":{\"kind\":\"servo\",\"axis\":\"pan\"},\"y\":{\"kind\":\"servo\",\"axis\":\"roll\"}"));
    assert_int_equal(status.channels[0].axis, AXIS_PAN);
    assert_true(status.channels[0].id.pan);
    assert_int_equal(status.channels[1].axis, AXIS_NONE);
    assert_false(status.channels[1].id.pan);
}

static void a_servo_that_steers_has_a_left_and_a_right(void **state)
{
    (void)state;
    assert_read(CHANNELS("\"x\":{\"kind\":\"servo\",\"axis\":\"steer\"}"));
    assert_int_equal(status.channels[0].axis, AXIS_STEER);
    assert_true(status.channels[0].id.pan);
}

static void a_motor_says_how_it_turns_and_how_long_yet(void **state)
{
    (void)state;
    assert_read(CHANNELS("\"drive\":{\"kind\":\"motor\",\"axis\":\"drive\",\"percent\":-40,\"target\":-60,"
                         "\"speed\":60,\"min\":20,\"max\":99,\"run\":0.5,\"run_ms\":380,\"driven\":true},"
                         "\"winch\":{\"kind\":\"motor\"}"));
    const struct status_channel *drive = &status.channels[0], *winch = &status.channels[1];
    assert_int_equal(drive->id.kind, CHANNEL_MOTOR);
    assert_int_equal(drive->axis, AXIS_DRIVE);
    assert_int_equal(drive->percent, -40);
    assert_int_equal(drive->target, -60);
    assert_int_equal(drive->speed, 60);
    assert_int_equal(drive->min, 20);
    assert_int_equal(drive->max, 99);
    assert_int_equal(drive->run_ms, 500);
    assert_int_equal(drive->left_ms, 380);
    assert_true(drive->driven);
    assert_int_equal(winch->axis, AXIS_NONE);
    assert_int_equal(winch->percent, 0);
    assert_false(winch->driven);
}

static void a_switch_or_dimmer_says_whether_stop_switches_it_off(void **state)
{
    (void)state;
    assert_read(CHANNELS("\"pump\":{\"kind\":\"switch\",\"on\":true,\"stop\":\"off\"},"
                         "\"fan\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":5,\"stop\":\"off\"},"
                         "\"led\":{\"kind\":\"switch\",\"on\":true,\"stop\":\"hold\"},"
                         "\"lamp\":{\"kind\":\"switch\",\"on\":true}"));
    assert_true(status.channels[0].id.stops_off);
    assert_true(status.channels[1].id.stops_off);
    assert_false(status.channels[2].id.stops_off);
    assert_false(status.channels[3].id.stops_off);
}

static void the_stops_of_the_run_are_counted(void **state)
{
    (void)state;
    assert_read(HEAD ",\"stops\":7,\"channels\":{}}");
    assert_int_equal(status.stops, 7);
    assert_read(HEAD ",\"channels\":{}}");
    assert_int_equal(status.stops, 0);
}

static void numbers_may_be_integer_or_real(void **state)
{
    (void)state;
    assert_read("{\"v\":1.0,\"online\":true,\"seq\":7.0,\"t\":81034.0,\"report\":2,\"channels\":{"
                "\"tilt\":{\"kind\":\"servo\",\"deg\":12,\"target\":-12.04,\"us\":1639.0},"
                "\"lamp\":{\"kind\":\"dimmer\",\"percent\":39.6}},"
                "\"last\":{\"n\":3.0,\"result\":\"ok\"},\"health\":{\"cpu\":1,\"load\":2}}");
    assert_int_equal(status.seq, 7);
    assert_int_equal(status.t_ms, 81034);
    assert_int_equal(status.report_ms, 2000);
    assert_int_equal(status.channels[0].deg, 120);
    assert_int_equal(status.channels[0].target, -120);
    assert_int_equal(status.channels[0].us, 1639);
    assert_int_equal(status.channels[1].percent, 40);
    assert_int_equal(status.last.n, 3);
    assert_int_equal(status.health.cpu, 1000);
    assert_int_equal(status.health.load, 200);
}

static void the_will_says_offline(void **state)
{
    (void)state;
    assert_read("{\"v\":1,\"device\":\"nano\",\"online\":false,\"boot\":\"9f31c2aa\"}");
    assert_false(status.online);
    assert_string_equal(status.device, "nano");
    assert_string_equal(status.boot, "9f31c2aa");
    assert_string_equal(status.why, "");
    assert_int_equal(status.count, 0);
    assert_int_equal(status.last.n, 0);
    assert_int_equal(status.health.has, 0);
}

static void a_clean_stop_says_why(void **state)
{
    (void)state;
    assert_read("{\"v\":1,\"device\":\"\",\"online\":false,\"boot\":\"b\",\"why\":\"stopped\"}");
    assert_string_equal(status.why, "stopped");
}

static void readers_ignore_unknown_keys(void **state)
{
    (void)state;
    assert_read(
        "{\"v\":1,\"online\":true,\"new\":{\"v\":9},\"channels\":{\"led\":{\"kind\":\"switch\",\"on\":true,"
        "\"colour\":[1]}},\"last\":{\"n\":1,\"result\":\"ok\",\"took\":5},\"health\":{\"fan\":\"x\"}}");
    assert_true(status.channels[0].on);
    assert_int_equal(status.last.n, 1);
    assert_int_equal(status.health.has, 0);
}

static void a_channel_of_unknown_kind_is_passed_over(void **state)
{
    (void)state;
    assert_read(CHANNELS(
        "\"wheel\":{\"kind\":\"stepper\",\"deg\":\"far\"},\"led\":{\"kind\":\"switch\",\"on\":true}"));
    assert_int_equal(status.count, 1);
    assert_string_equal(status.channels[0].id.name, "led");
    assert_true(status.channels[0].on);
}

static void a_channel_whose_name_no_command_can_address_is_passed_over(void **state)
{
    (void)state;
    assert_read(CHANNELS(
        "\"\\u001b[2J\":{\"kind\":\"switch\"},\"stop\":{\"kind\":\"switch\"},\"\":7,"
        "\"abcdefghijklmnopqrstuvwxyz_012345\":{\"kind\":\"switch\"},\"led\":{\"kind\":\"switch\"}"));
    assert_int_equal(status.count, 1);
    assert_string_equal(status.channels[0].id.name, "led");
}

static void channels_beyond_64_are_passed_over(void **state)
{
    (void)state;
    static char json[PROTOCOL_STATUS_MAX + 1];
    size_t len = (size_t)snprintf(json, sizeof json, HEAD ",\"channels\":{");
    for (int i = 0; i < 500; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "\"c%d\":{\"kind\":\"input\"},", i);
    snprintf(json + len - 1, sizeof json - len + 1, "},\"last\":{\"n\":5,\"result\":\"ok\"}}");
    assert_read(json);
    assert_int_equal(status.count, PROTOCOL_CHANNELS_MAX);
    assert_string_equal(status.channels[63].id.name, "c63");
    assert_int_equal(status.last.n, 5);
}

static void an_unknown_result_is_shown_as_a_failure(void **state)
{
    (void)state;
    assert_read(LAST("\"n\":1,\"cmd\":\"tilt_up\",\"result\":\"jammed\\u001b\""));
    assert_int_equal(status.last.result, RESULT_OTHER);
    assert_string_equal(status.last.result_name, "jammed" BAD);
    assert_false(protocol_result_is_success(status.last.result));
    assert_read(LAST("\"n\":1,\"result\":\"a_result_name_far_too_long_to_keep\""));
    assert_string_equal(status.last.result_name, "a_result_name_f");
}

// What a configuration may say, a status may carry.
static void the_ranges_are_those_of_the_agent(void **state)
{
    (void)state;
    assert_read(CHANNELS("\"tilt\":{\"kind\":\"servo\",\"speed\":10000,\"res\":720,\"min\":-360,\"max\":360,"
                         "\"step\":90,\"us\":25000}"));
    assert_int_equal(status.channels[0].speed, 100000);
    assert_int_equal(status.channels[0].res_milli, 720000);
}

static void a_noisy_topic_is_read(void **state)
{
    (void)state;
    assert_read(HEALTH("\"noise\":\"car/\\u001bcontrol\""));
    assert_string_equal(status.health.noise, "car/\xef\xbf\xbd"
                                             "control");
}

static void every_string_is_cleaned_and_cut(void **state)
{
    (void)state;
    assert_read(
        "{\"v\":1,\"online\":true,\"device\":\"\\u001b[31m\\u202e\",\"why\":\"\\u0007\",\"last\":{\"n\":1,"
        "\"id\":\"a\\u009bb\",\"cmd\":\"\\u2028\",\"result\":\"ok\",\"why\":\"\\ufeff\",\"from\":\"\\u007f\"}"
        "}");
    assert_string_equal(status.device, BAD "[31m" BAD);
    assert_string_equal(status.why, BAD);
    assert_string_equal(status.last.id, "a" BAD "b");
    assert_string_equal(status.last.cmd, BAD);
    assert_string_equal(status.last.why, BAD);
    assert_string_equal(status.last.from, BAD);

    static char json[4096];
    char text[1001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(json, sizeof json, LAST("\"n\":1,\"result\":\"ok\",\"cmd\":\"%s\",\"why\":\"%s\""), text, text);
    assert_read(json);
    assert_int_equal(strlen(status.last.cmd), PROTOCOL_ECHO_CHARS);
    assert_int_equal(strlen(status.last.why), PROTOCOL_WHY_CHARS);
}

static void a_result_given_once_more_and_a_local_one_are_marked(void **state)
{
    (void)state;
    assert_read(LAST("\"n\":9,\"cmd\":\"led_toggle\",\"result\":\"ok\",\"from\":\"button\",\"again\":true"));
    assert_string_equal(status.last.from, "button");
    assert_true(status.last.again);
}

static void without_a_command_yet_there_is_no_last(void **state)
{
    (void)state;
    static const struct status_last none;
    assert_read(LAST("\"n\":0,\"cmd\":\"ghost\",\"result\":\"ok\""));
    assert_memory_equal(&status.last, &none, sizeof none);
    assert_read(LAST(""));
    assert_memory_equal(&status.last, &none, sizeof none);
}

static void what_the_machine_cannot_read_is_left_out(void **state)
{
    (void)state;
    assert_read(HEALTH("\"cpu_c\":-3.5,\"load\":0"));
    assert_int_equal(status.health.has, HEALTH_CPU_C | HEALTH_LOAD);
    assert_int_equal(status.health.cpu_c, -35);
}

static void an_online_status_without_report_has_the_default(void **state)
{
    (void)state;
    assert_read("{\"v\":1,\"online\":true}");
    assert_int_equal(status.report_ms, 1000);
    assert_read("{\"v\":1,\"online\":true,\"report\":0.25}");
    assert_int_equal(status.report_ms, 250);
}

static void deep_nesting_is_survived(void **state)
{
    (void)state;
    static char json[PROTOCOL_STATUS_MAX];
    int n = snprintf(json, sizeof json, "{\"v\":1,\"online\":true,\"x\":");
    memset(json + n, '[', sizeof json - (size_t)n);
    assert_int_equal(status_parse(json, sizeof json, &status, why), -EINVAL);
    assert_non_null(strstr(why, "broken JSON"));
}

static void numbers_have_a_point_in_every_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip(); // this machine has no locale with a comma
    int rc = parse(example);
    setlocale(LC_NUMERIC, "C");
    assert_int_equal(rc, 0);
    assert_int_equal(status.channels[0].deg, 125);
}

static void poses_and_topics_that_are_not_heard_are_read(void **state)
{
    (void)state;
    assert_read(HEAD ",\"channels\":{\"led\":{\"kind\":\"switch\",\"on\":true}},"
                     "\"poses\":[\"look_ahead\",\"dark\"],\"deaf\":[\"pt/control\"],"
                     "\"last\":{\"n\":1,\"cmd\":\"led_on\",\"result\":\"ok\",\"on\":\"set/light\"}}");
    assert_int_equal(status.pose_count, 2);
    assert_string_equal(status.poses[1], "dark");
    assert_int_equal(status.deaf_count, 1);
    assert_string_equal(status.deaf[0], "pt/control");
    assert_string_equal(status.last.on, "set/light");
}

static void a_pose_that_no_command_can_name_is_passed_over(void **state)
{
    (void)state;
    assert_read(HEAD ",\"channels\":{\"led\":{\"kind\":\"switch\",\"on\":true}},"
                     "\"poses\":[\"led\",\"x_stop\",\"a\",\"a\",7,null,\"Big\",\"move\",\"stop_it\",\"b\"],"
                     "\"deaf\":[1,\"\\u0007\"]}");
    assert_int_equal(status.pose_count, 2);
    assert_string_equal(status.poses[0], "a");
    assert_string_equal(status.poses[1], "b");
    assert_int_equal(status.deaf_count, 1);
    assert_string_equal(status.deaf[0], BAD);
    assert_read(HEAD ",\"channels\":{},\"poses\":{\"a\":1},\"deaf\":\"x\"}");
    assert_int_equal(status.pose_count + status.deaf_count, 0);
}

static void more_poses_than_a_device_has_are_passed_over(void **state)
{
    (void)state;
    char json[4096];
    int len = snprintf(json, sizeof json, HEAD ",\"channels\":{},\"poses\":[\"p\"");
    for (int i = 0; i < 40; i++)
        len += snprintf(json + len, sizeof json - (size_t)len, ",\"p%d\"", i);
    snprintf(json + len, sizeof json - (size_t)len, "]}");
    assert_read(json);
    assert_int_equal(status.pose_count, PROTOCOL_POSES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_read_whole),
        cmocka_unit_test(the_channels_keep_their_order),
        cmocka_unit_test(poses_and_topics_that_are_not_heard_are_read),
        cmocka_unit_test(a_pose_that_no_command_can_name_is_passed_over),
        cmocka_unit_test(more_poses_than_a_device_has_are_passed_over),
        cmocka_unit_test(deg_and_target_are_null_while_the_position_is_unknown),
        cmocka_unit_test(a_pan_is_known_by_its_axis),
        cmocka_unit_test(a_servo_that_steers_has_a_left_and_a_right),
        cmocka_unit_test(a_motor_says_how_it_turns_and_how_long_yet),
        cmocka_unit_test(a_switch_or_dimmer_says_whether_stop_switches_it_off),
        cmocka_unit_test(the_stops_of_the_run_are_counted),
        cmocka_unit_test(numbers_may_be_integer_or_real),
        cmocka_unit_test(the_will_says_offline),
        cmocka_unit_test(a_clean_stop_says_why),
        cmocka_unit_test(readers_ignore_unknown_keys),
        cmocka_unit_test(a_channel_of_unknown_kind_is_passed_over),
        cmocka_unit_test(a_channel_whose_name_no_command_can_address_is_passed_over),
        cmocka_unit_test(channels_beyond_64_are_passed_over),
        cmocka_unit_test(an_unknown_result_is_shown_as_a_failure),
        cmocka_unit_test(the_ranges_are_those_of_the_agent),
        cmocka_unit_test(a_noisy_topic_is_read),
        cmocka_unit_test(every_string_is_cleaned_and_cut),
        cmocka_unit_test(a_result_given_once_more_and_a_local_one_are_marked),
        cmocka_unit_test(without_a_command_yet_there_is_no_last),
        cmocka_unit_test(what_the_machine_cannot_read_is_left_out),
        cmocka_unit_test(an_online_status_without_report_has_the_default),
        cmocka_unit_test(deep_nesting_is_survived),
        cmocka_unit_test(numbers_have_a_point_in_every_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
