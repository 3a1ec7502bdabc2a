// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, "Status", as an agent writes it. Each test's name is a sentence of it.
#include <errno.h>
#include <limits.h>
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
#include "tests/unit/common/protocol/status_write_rig.h"

#define BAD "\xef\xbf\xbd"

static void fill_example(void)
{
    status.online = true;
    memcpy(status.boot, "9f31c2aa", 9);
    status.seq = 42;
    status.t_ms = 81034;
    status.report_ms = 1000;
    add_tilt();
    add("led", CHANNEL_SWITCH)->on = true;
    struct status_channel *lamp = add("lamp", CHANNEL_DIMMER);
    lamp->on = true;
    lamp->percent = 40;
    add("button", CHANNEL_INPUT);
    status.last.n = 17;
    memcpy(status.last.id, "9f3c7a1e5b2d4c60-17", 20);
    memcpy(status.last.cmd, "tilt_up", 8);
    status.last.result = RESULT_OK;
    status.health = (struct status_health){.has = 0xff,
        .up_s = 3600,
        .cpu = 120,
        .mem = 310,
        .load = 42,
        .cpu_c = 415,
        .gpu_c = 390,
        .gpu = 30,
        .milliwatts = 2900};
}

static void a_status_is_one_json_object_on_one_line(void **state)
{
    (void)state;
    fill_example();
    assert_written(
        "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"9f31c2aa\",\"seq\":42,\"t\":81034,\"report\":1,\"stops\":0,"
        "\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":12.5,\"target\":20,\"min\":-45,"
        "\"max\":45,\"step\":5,\"speed\":120,\"res\":0.4,\"us\":1639,\"moving\":true,\"driven\":true},"
        "\"led\":{\"kind\":\"switch\",\"on\":true},"
        "\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
        "\"button\":{\"kind\":\"input\",\"on\":false}},"
        "\"last\":{\"n\":17,\"id\":\"9f3c7a1e5b2d4c60-17\",\"cmd\":\"tilt_up\",\"result\":\"ok\"},"
        "\"health\":{\"up\":3600,\"cpu\":0.12,\"mem\":0.31,\"load\":0.42,\"cpu_c\":41.5,\"gpu_c\":39,"
        "\"gpu\":0.03,\"watts\":2.9}}");
    assert_null(strchr(out, '\n'));
    assert_read_back();
}

static void before_the_first_command_last_is_left_out(void **state)
{
    (void)state;
    status.online = true;
    assert_true(status_write(writer, &status, out) > 0);
    assert_null(strstr(out, "last"));
    status.last.n = 1;
    assert_holds("\"last\":{\"n\":1,\"cmd\":\"\",\"result\":\"\"}");
}

static void id_why_from_and_again_are_left_out_where_there_is_nothing_to_say(void **state)
{
    (void)state;
    status.last = (struct status_last){.n = 3,
        .cmd = "led_toggle",
        .result = RESULT_FAULT,
        .why = "pin 7: No such device",
        .from = "button"};
    status.last.again = true;
    assert_holds(
        "\"last\":{\"n\":3,\"cmd\":\"led_toggle\",\"result\":\"fault\",\"why\":\"pin 7: No such device\","
        "\"from\":\"button\",\"again\":true}");
}

static void every_result_is_written_by_its_name(void **state)
{
    (void)state;
    status.last.n = 1;
    for (unsigned r = RESULT_OK; r <= RESULT_FAULT; r++) {
        char expected[64];
        status.last.result = (enum protocol_result)r;
        snprintf(expected, sizeof expected, "\"result\":\"%s\"}", protocol_result_name(status.last.result));
        assert_holds(expected);
    }
}

static void cmd_and_why_pass_the_filter_on_their_way_out(void **state)
{
    (void)state;
    status.last.n = 1;
    memcpy(status.last.cmd, "\x1b[2J\xff\"\\", 8);
    memset(status.last.why, 'x', 300);
    assert_holds("\"cmd\":\"" BAD "[2J" BAD "\\\"\\\\\"");
    const char *why = strstr(out, "\"why\":\"");
    assert_non_null(why);
    assert_int_equal(strspn(why + 7, "x"), PROTOCOL_WHY_CHARS);
}

static void figures_the_machine_cannot_read_are_left_out(void **state)
{
    (void)state;
    fill_example();
    status.health = (struct status_health){.has = HEALTH_MEM | HEALTH_CPU_C, .mem = 5, .cpu_c = -35};
    assert_holds("\"health\":{\"mem\":0.005,\"cpu_c\":-3.5}}");
    status.health = (struct status_health){0};
    assert_true(status_write(writer, &status, out) > 0);
    assert_null(strstr(out, "health"));
}

static void a_part_that_changed_is_written_anew_and_the_others_stay(void **state)
{
    (void)state;
    fill_example();
    assert_read_back();
    status.channels[1].on = false;
    assert_read_back();
    assert_holds("\"led\":{\"kind\":\"switch\",\"on\":false}");
    status.channels[0].deg = 130;
    assert_read_back();
    status.last.n++;
    status.last.result = RESULT_LIMIT;
    assert_read_back();
    status.health.up_s++;
    assert_read_back();
    memset(status.boot, 0, sizeof status.boot);
    memcpy(status.boot, "other", 5);
    assert_read_back();
    status.seq++;
    status.t_ms += 20;
    status.report_ms = 250;
    assert_read_back();
    memcpy(status.device, "nano", 5);
    assert_read_back();
    status.count = 2;
    memset(&status.channels[2], 0, 2 * sizeof status.channels[2]);
    assert_read_back();
    memset(&status.health, 0, sizeof status.health);
    memset(&status.last, 0, sizeof status.last);
    assert_read_back();
}

static void extreme_numbers_are_written_right(void **state)
{
    (void)state;
    fill_example();
    struct status_channel *tilt = &status.channels[0];
    tilt->deg = -5;
    tilt->target = -99999;
    tilt->res_milli = 1;
    assert_holds("\"deg\":-0.5,\"target\":-9999.9,");
    assert_holds("\"res\":0.001,");
    tilt->deg = INT_MIN;
    assert_holds("\"deg\":-214748364.8,");
    status.t_ms = INT64_MAX;
    assert_holds("\"t\":9223372036854775807,");
    status.t_ms = INT64_MIN;
    assert_holds("\"t\":-9223372036854775808,");
}

static void numbers_have_a_point_in_every_locale(void **state)
{
    (void)state;
    fill_example();
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip(); // this machine has no locale with a comma
    int len = status_write(writer, &status, out);
    setlocale(LC_NUMERIC, "C");
    assert_true(len > 0);
    assert_non_null(strstr(out, "\"deg\":12.5,"));
}

static void a_status_of_64_servos_and_16_poses_with_the_longest_of_everything_fits_in_16_kib(void **state)
{
    (void)state;
    status.online = true;
    memset(status.device, 'd', PROTOCOL_DEVICE_MAX);
    memset(status.boot, 'b', PROTOCOL_BOOT_MAX);
    status.seq = status.last.n = UINT64_C(9007199254740991);
    status.t_ms = INT64_C(9007199254740991);
    status.report_ms = 3599999;
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        char name[PROTOCOL_NAME_MAX + 1];
        snprintf(name, sizeof name, "a_very_long_channel_name_%07d", i);
        struct status_channel *c = add(name, CHANNEL_SERVO);
        c->deg_known = c->target_known = c->moving = c->driven = c->assumed = true;
        c->deg = c->target = c->min = c->max = -1799;
        c->step = 899;
        c->speed = 9999;
        c->res_milli = 10001;
        c->us = 2600;
        c->axis = AXIS_TILT;
    }
    memset(status.last.id, '"', PROTOCOL_ID_MAX);
    for (size_t i = 0; i < PROTOCOL_ECHO_CHARS; i++)
        memcpy(status.last.cmd + 4 * i, "\xf0\x9f\x98\x80", 4);
    for (size_t i = 0; i < PROTOCOL_WHY_CHARS; i++)
        memcpy(status.last.why + 4 * i, "\xf0\x9f\x98\x80", 4);
    memset(status.last.from, 'f', PROTOCOL_NAME_MAX);
    status.pose_count = PROTOCOL_POSES_MAX;
    for (int i = 0; i < PROTOCOL_POSES_MAX; i++)
        snprintf(status.poses[i], sizeof status.poses[i], "the_longest_name_of_a_pose_%05d", i);
    memset(status.last.on, 't', PROTOCOL_WORDS_TOPIC_MAX);
    status.last.result = RESULT_REFUSED;
    status.last.again = true;
    status.health = (struct status_health){.has = 0xff,
        .up_s = INT64_C(9007199254740991),
        .cpu = 999,
        .mem = 999,
        .load = 999999,
        .cpu_c = -2739,
        .gpu_c = -2739,
        .gpu = 999,
        .milliwatts = 999999999};
    assert_read_back();
    print_message("%zu of %d bytes\n", strlen(out), PROTOCOL_STATUS_MAX);
}

static void a_status_of_64_channels_without_hardware_fits_whatever_the_reasons_hold(void **state)
{
    (void)state;
    static struct status back;
    char why[PROTOCOL_WHY_SIZE];
    status.online = true;
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        char name[PROTOCOL_NAME_MAX + 1];
        snprintf(name, sizeof name, "a_very_long_channel_name_%07d", i);
        struct status_channel *c = add(name, CHANNEL_SERVO);
        c->axis = AXIS_TILT;
        memset(c->fault, i % 2 ? '"' : 'x', sizeof c->fault - 1);
    }
    int len = status_write(writer, &status, out);
    assert_true(len > 0);
    assert_int_equal(status_parse(out, (size_t)len, &back, why), 0);
    assert_int_equal(back.count, PROTOCOL_CHANNELS_MAX);
    assert_int_equal(strlen(back.channels[0].fault), PROTOCOL_FAULT_CHARS);
    assert_in_range(strlen(back.channels[1].fault), PROTOCOL_FAULT_CHARS / 2 - 10, PROTOCOL_FAULT_CHARS / 2);
}

static void poses_and_topics_that_are_not_heard_are_written(void **state)
{
    (void)state;
    status.online = true;
    status.pose_count = 2;
    strcpy(status.poses[0], "a");
    strcpy(status.poses[1], "b");
    status.deaf_count = 2;
    strcpy(status.deaf[0], "pt/\"control\"");
    strcpy(status.deaf[1], "x");
    status.last.n = 1;
    strcpy(status.last.on, "set/speed");
    status.report_ms = 1000;
    status.last.result = RESULT_OK;
    assert_holds("\"poses\":[\"a\",\"b\"],");
    assert_holds("\"deaf\":[\"pt/\\\"control\\\"\",\"x\"],");
    assert_holds("\"on\":\"set/speed\"");
    assert_read_back();
}

static void topics_that_are_not_heard_are_left_out_where_there_is_no_room(void **state)
{
    a_status_of_64_servos_and_16_poses_with_the_longest_of_everything_fits_in_16_kib(state);
    status.deaf_count = PROTOCOL_WORDS_MAX;
    for (size_t i = 0; i < PROTOCOL_WORDS_MAX; i++)
        memset(status.deaf[i], '"', PROTOCOL_WORDS_TOPIC_MAX);
    assert_true(status_write(writer, &status, out) > 0);
    assert_null(strstr(out, "deaf"));
}

static void what_does_not_fit_is_reported_and_not_cut(void **state)
{
    (void)state;
    status.online = true;
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        char name[PROTOCOL_NAME_MAX + 1];
        snprintf(name, sizeof name, "a_very_long_channel_name_%07d", i);
        struct status_channel *c = add(name, CHANNEL_SERVO);
        c->deg_known = c->target_known = true;
        c->deg = c->target = c->min = c->max = c->step = c->speed = c->res_milli = c->us = INT_MIN;
        c->axis = AXIS_TILT;
        c->assumed = true;
    }
    status.last.n = 1;
    memset(status.last.id, '"', PROTOCOL_ID_MAX);
    for (size_t i = 0; i < PROTOCOL_WHY_CHARS; i++)
        memcpy(status.last.why + 4 * i, "\xf0\x9f\x98\x80", 4);
    memset(status.last.cmd, '"', PROTOCOL_ECHO_CHARS);
    assert_int_equal(status_write(writer, &status, out), -EMSGSIZE);
    status.count = 1;
    assert_true(status_write(writer, &status, out) > 0);
}

static void the_will_is_offline_with_the_boot_and_nothing_more(void **state)
{
    (void)state;
    int len = status_write_offline(out, "", "9f31c2aa", "");
    assert_string_equal(out, "{\"v\":1,\"device\":\"\",\"online\":false,\"boot\":\"9f31c2aa\"}");
    assert_int_equal(len, strlen(out));
}

static void a_clean_stop_says_stopped(void **state)
{
    (void)state;
    int len = status_write_offline(out, "nano", "9f31c2aa", "stopped");
    assert_string_equal(
        out, "{\"v\":1,\"device\":\"nano\",\"online\":false,\"boot\":\"9f31c2aa\",\"why\":\"stopped\"}");
    assert_int_equal(len, strlen(out));
}

static void a_reply_has_version_device_and_last(void **state)
{
    (void)state;
    char reply[PROTOCOL_REPLY_MAX];
    struct status_last last = {.n = 18, .cmd = "tilt_up", .result = RESULT_LIMIT, .why = "already at 45°"};
    int len = status_write_reply(reply, "", &last);
    assert_string_equal(reply,
        "{\"v\":1,\"device\":\"\",\"last\":{\"n\":18,\"cmd\":\"tilt_up\",\"result\":\"limit\","
        "\"why\":\"already at 45°\"}}");
    assert_int_equal(len, strlen(reply));
    for (size_t i = 0; i < PROTOCOL_WHY_CHARS; i++)
        memcpy(last.why + 4 * i, "\xf0\x9f\x98\x80", 4);
    assert_true(status_write_reply(reply, "nano", &last) > 0);
}

static void a_channel_name_moved_to_another_place_is_written_right(void **state)
{
    (void)state;
    add("a", CHANNEL_SWITCH)->on = true;
    add("b", CHANNEL_SWITCH);
    assert_holds("{\"a\":{\"kind\":\"switch\",\"on\":true},\"b\":{\"kind\":\"switch\",\"on\":false}}");
    struct status_channel a = status.channels[0];
    status.channels[0] = status.channels[1];
    status.channels[1] = a;
    assert_holds("{\"b\":{\"kind\":\"switch\",\"on\":false},\"a\":{\"kind\":\"switch\",\"on\":true}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_status_is_one_json_object_on_one_line, fresh, finish),
        cmocka_unit_test_setup_teardown(before_the_first_command_last_is_left_out, fresh, finish),
        cmocka_unit_test_setup_teardown(
            id_why_from_and_again_are_left_out_where_there_is_nothing_to_say, fresh, finish),
        cmocka_unit_test_setup_teardown(every_result_is_written_by_its_name, fresh, finish),
        cmocka_unit_test_setup_teardown(cmd_and_why_pass_the_filter_on_their_way_out, fresh, finish),
        cmocka_unit_test_setup_teardown(figures_the_machine_cannot_read_are_left_out, fresh, finish),
        cmocka_unit_test_setup_teardown(
            a_part_that_changed_is_written_anew_and_the_others_stay, fresh, finish),
        cmocka_unit_test_setup_teardown(extreme_numbers_are_written_right, fresh, finish),
        cmocka_unit_test_setup_teardown(numbers_have_a_point_in_every_locale, fresh, finish),
        cmocka_unit_test_setup_teardown(
            a_status_of_64_servos_and_16_poses_with_the_longest_of_everything_fits_in_16_kib, fresh, finish),
        cmocka_unit_test_setup_teardown(
            a_status_of_64_channels_without_hardware_fits_whatever_the_reasons_hold, fresh, finish),
        cmocka_unit_test_setup_teardown(poses_and_topics_that_are_not_heard_are_written, fresh, finish),
        cmocka_unit_test_setup_teardown(
            topics_that_are_not_heard_are_left_out_where_there_is_no_room, fresh, finish),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_reported_and_not_cut, fresh, finish),
        cmocka_unit_test_setup_teardown(the_will_is_offline_with_the_boot_and_nothing_more, fresh, finish),
        cmocka_unit_test_setup_teardown(a_clean_stop_says_stopped, fresh, finish),
        cmocka_unit_test_setup_teardown(a_reply_has_version_device_and_last, fresh, finish),
        cmocka_unit_test_setup_teardown(
            a_channel_name_moved_to_another_place_is_written_right, fresh, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
