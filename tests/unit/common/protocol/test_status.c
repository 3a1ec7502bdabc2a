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

#define BAD         "\xef\xbf\xbd"
#define HEAD        "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"b\",\"seq\":1,\"t\":2,\"report\":1.0"
#define CHANNELS(c) HEAD ",\"channels\":{" c "}}"
#define LAST(l)     HEAD ",\"channels\":{},\"last\":{" l "}}"
#define HEALTH(h)   HEAD ",\"channels\":{},\"health\":{" h "}}"

static const char example[] =
    "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"9f31c2aa\",\"seq\":42,\"t\":81034,\"report\":1.0,"
    "\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":12.5,\"target\":20,\"min\":-45,"
    "\"max\":45,\"step\":5,\"speed\":120,\"res\":0.4,\"us\":1639,\"moving\":true,\"driven\":true},"
    "\"led\":{\"kind\":\"switch\",\"on\":true},"
    "\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
    "\"button\":{\"kind\":\"input\",\"on\":false}},"
    "\"last\":{\"n\":17,\"id\":\"9f3c7a1e5b2d4c60-17\",\"cmd\":\"tilt_up\",\"result\":\"ok\"},"
    "\"health\":{\"up\":3600,\"cpu\":0.12,\"mem\":0.31,\"load\":0.42,\"cpu_c\":41.5,\"gpu_c\":39.0,"
    "\"gpu\":0.03,\"watts\":2.9}}";

static struct status status;
static char why[PROTOCOL_WHY_SIZE];

static int parse(const char *json)
{
    memset(&status, 0x5a, sizeof status);
    memset(why, 0x5a, sizeof why);
    return status_parse(json, strlen(json), &status, why);
}

static void assert_read(const char *json)
{
    int rc = parse(json);
    if (rc != 0)
        print_error("%s\n%s\n", json, why);
    assert_int_equal(rc, 0);
    assert_string_equal(why, "");
}

static void assert_refused(const char *json, int expected, const char *reason)
{
    static const struct status zero;
    int rc = parse(json);
    if (rc != expected || !strstr(why, reason))
        print_error("%s\n%d: %s\n", json, rc, why);
    assert_int_equal(rc, expected);
    assert_non_null(strstr(why, reason));
    assert_true(text_is_utf8(why, strlen(why)));
    assert_memory_equal(&status, &zero, sizeof zero);
}

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

static void ten_thousand_channels_are_too_long_to_be_a_status(void **state)
{
    (void)state;
    static char json[400 * 1000];
    size_t len = (size_t)snprintf(json, sizeof json, HEAD ",\"channels\":{");
    for (int i = 0; i < 10000; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "\"c%d\":{\"kind\":\"input\"},", i);
    snprintf(json + len - 1, sizeof json - len + 1, "}}");
    assert_refused(json, -EMSGSIZE, "bytes: a status has at most 16384");
}

static void a_status_has_at_most_16_kib(void **state)
{
    (void)state;
    static char json[PROTOCOL_STATUS_MAX + 2];
    memset(json, ' ', sizeof json);
    memcpy(json, example, strlen(example));
    assert_int_equal(status_parse(json, PROTOCOL_STATUS_MAX, &status, why), 0);
    assert_int_equal(status_parse(json, PROTOCOL_STATUS_MAX + 1, &status, why), -EMSGSIZE);
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

static void only_a_version_above_ours_is_refused_as_a_version(void **state)
{
    (void)state;
    assert_refused(
        "{\"v\":2,\"online\":true}", -EPROTONOSUPPORT, "the device speaks version 2 of the protocol");
    assert_refused("{\"v\":2,\"online\":\"new meaning\"}", -EPROTONOSUPPORT, "version 2");
    assert_refused("{\"v\":1e300,\"online\":true}", -EPROTONOSUPPORT, "version");
    assert_refused("{\"v\":0,\"online\":true}", -EINVAL, "v: expected");
    assert_refused("{\"v\":\"1\",\"online\":true}", -EINVAL, "v: expected");
    assert_refused("{\"online\":true}", -EINVAL, "v: expected");
}

static void what_is_no_status_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reason;
    } cases[] = {{"", "empty"}, {"tilt_up", "broken JSON"}, {"[]", "expected a JSON object"},
        {"[{\"v\":1}]", "expected a JSON object"}, {"{\"v\":1,\"v\":1}", "duplicate object key"},
        {"{\"v\":1,\"online\":true}x", "broken JSON"}, {"{\"v\":1}", "online: expected true or false"},
        {"{\"v\":1,\"online\":true,\"seq\":1e999}", "broken JSON"},
        {"{\"v\":1,\"online\":true,\"seq\":99999999999999999999}", "broken JSON"},
        {"{\"v\":1,\"online\":true,\"device\":\"\xff\"}", "broken JSON"},
        {"{\"v\":1,\"online\":true,\"device\":\"\x01\"}", "broken JSON"},
        {"{\"v\":1,\"online\":true,\"device\":\"\\u0000\"}", "broken JSON"}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_refused(cases[i].json, -EINVAL, cases[i].reason);
    assert_int_equal(status_parse("{\"v\":1,\"online\":true}\0", 23, &status, why), -EINVAL);
}

static void a_wrong_type_is_refused_naming_its_key(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"{\"v\":1,\"online\":1}", "online: expected true or false"},
        {"{\"v\":1,\"online\":true,\"device\":5}", "device: expected a string"},
        {"{\"v\":1,\"online\":true,\"boot\":5}", "boot: expected a string"},
        {"{\"v\":1,\"online\":true,\"boot\":null}", "boot: expected a string"},
        {"{\"v\":1,\"online\":true,\"why\":[]}", "why: expected a string"},
        {"{\"v\":1,\"online\":true,\"seq\":\"1\"}", "seq: expected a number"},
        {"{\"v\":1,\"online\":true,\"t\":null}", "t: expected a number"},
        {"{\"v\":1,\"online\":true,\"report\":\"1\"}", "report: expected a number"},
        {"{\"v\":1,\"online\":true,\"channels\":[]}", "channels: expected an object"},
        {"{\"v\":1,\"online\":true,\"last\":null}", "last: expected an object"},
        {LAST("\"n\":\"1\",\"result\":\"ok\""), "last.n: expected a number"},
        {LAST("\"n\":1,\"id\":5,\"result\":\"ok\""), "last.id: expected a string"},
        {LAST("\"n\":1,\"result\":5"), "last.result: expected a string"},
        {LAST("\"n\":1"), "last.result: expected a string"},
        {LAST("\"n\":1,\"result\":\"ok\",\"again\":1"), "last.again: expected true or false"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_refused(cases[i].json, -EINVAL, cases[i].reason);
}

static void a_number_out_of_range_is_refused_naming_its_key(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"{\"v\":1,\"online\":true,\"seq\":-1}", "seq: expected a number in its range"},
        {"{\"v\":1,\"online\":true,\"seq\":9223372036854775807}", "seq: expected a number in its range"},
        {"{\"v\":1,\"online\":true,\"t\":1e300}", "t: expected a number in its range"},
        {"{\"v\":1,\"online\":true,\"report\":0}", "report: expected a number in its range"},
        {"{\"v\":1,\"online\":true,\"report\":-1e300}", "report: expected a number in its range"},
        {LAST("\"n\":-1,\"result\":\"ok\""), "last.n: expected a number in its range"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_refused(cases[i].json, -EINVAL, cases[i].reason);
}

// One servo with a value that nobody expected must not make a whole device unknown.
static void a_channel_that_cannot_be_read_costs_that_channel_alone(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {CHANNELS("\"led\":true"), "channels.led: expected an object"},
        {CHANNELS("\"led\":{}"), "channels.led.kind: expected a string"},
        {CHANNELS("\"led\":{\"kind\":5}"), "channels.led.kind: expected a string"},
        {CHANNELS("\"led\":{\"kind\":\"switch\",\"on\":1}"), "channels.led.on: expected true or false"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"deg\":\"12\"}"), "channels.x.deg: expected a number"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"min\":null}"), "channels.x.min: expected a number"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"moving\":\"no\"}"),
            "channels.x.moving: expected true or false"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"axis\":1}"), "channels.x.axis: expected a string"},
        {CHANNELS("\"x\":{\"kind\":\"dimmer\",\"percent\":[]}"), "channels.x.percent: expected a number"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"deg\":1e300}"),
            "channels.x.deg: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"deg\":10000}"),
            "channels.x.deg: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"us\":-1}"), "channels.x.us: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"step\":-5}"),
            "channels.x.step: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"servo\",\"res\":-5}"), "channels.x.res: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"dimmer\",\"percent\":101}"), "percent: expected a number in its range"},
        {CHANNELS("\"x\":{\"kind\":\"dimmer\",\"percent\":-1}"), "percent: expected a number in its range"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(parse(cases[i].json), 0);
        if (!strstr(why, cases[i].reason))
            fail_msg("%s: %s", cases[i].json, why);
        assert_int_equal(status.count, 1);
        assert_true(status.channels[0].unreadable);
        assert_int_equal(status.channels[0].id.kind, CHANNEL_OTHER);
    }
    assert_int_equal(
        parse(CHANNELS("\"a\":5,\"tilt\":{\"kind\":\"servo\",\"deg\":5},\"b\":{\"kind\":1}")), 0);
    assert_int_equal(status.count, 3);
    assert_string_equal(why, "channels.a: expected an object");
    assert_string_equal(status.channels[0].id.name, "a");
    assert_true(status.channels[0].unreadable && status.channels[2].unreadable);
    assert_false(status.channels[1].unreadable);
    assert_int_equal(status.channels[1].deg, 50);
}

static void a_figure_of_health_that_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    static const char *const cases[] = {
        HEALTH("\"cpu\":\"low\""),
        HEALTH("\"watts\":null"),
        HEALTH("\"cpu\":1.1"),
        HEALTH("\"mem\":-0.1"),
        HEALTH("\"cpu_c\":1e9"),
        HEALTH("\"up\":-1"),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_read(cases[i]);
        assert_int_equal(status.health.has, 0);
    }
    assert_read("{\"v\":1,\"online\":true,\"health\":5}");
    assert_int_equal(status.health.has, 0);
    assert_read(HEALTH("\"cpu\":2,\"load\":0.5"));
    assert_int_equal(status.health.has, HEALTH_LOAD);
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

static void a_boot_longer_than_32_characters_is_refused(void **state)
{
    (void)state;
    assert_read("{\"v\":1,\"online\":true,\"boot\":\"0123456789abcdef0123456789abcdef\"}");
    assert_string_equal(status.boot, "0123456789abcdef0123456789abcdef");
    assert_refused("{\"v\":1,\"online\":true,\"boot\":\"0123456789abcdef0123456789abcdef0\"}", -EINVAL,
        "boot: expected");
    // It goes into our envelopes: quotes and blanks in it would be somebody's attempt.
    assert_refused("{\"v\":1,\"online\":true,\"boot\":\"a b\"}", -EINVAL, "boot: expected");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_read_whole),
        cmocka_unit_test(the_channels_keep_their_order),
        cmocka_unit_test(deg_and_target_are_null_while_the_position_is_unknown),
        cmocka_unit_test(a_pan_is_known_by_its_axis),
        cmocka_unit_test(numbers_may_be_integer_or_real),
        cmocka_unit_test(the_will_says_offline),
        cmocka_unit_test(a_clean_stop_says_why),
        cmocka_unit_test(readers_ignore_unknown_keys),
        cmocka_unit_test(a_channel_of_unknown_kind_is_passed_over),
        cmocka_unit_test(a_channel_whose_name_no_command_can_address_is_passed_over),
        cmocka_unit_test(channels_beyond_64_are_passed_over),
        cmocka_unit_test(ten_thousand_channels_are_too_long_to_be_a_status),
        cmocka_unit_test(a_status_has_at_most_16_kib),
        cmocka_unit_test(an_unknown_result_is_shown_as_a_failure),
        cmocka_unit_test(only_a_version_above_ours_is_refused_as_a_version),
        cmocka_unit_test(what_is_no_status_is_refused),
        cmocka_unit_test(a_wrong_type_is_refused_naming_its_key),
        cmocka_unit_test(a_number_out_of_range_is_refused_naming_its_key),
        cmocka_unit_test(a_channel_that_cannot_be_read_costs_that_channel_alone),
        cmocka_unit_test(a_figure_of_health_that_cannot_be_read_is_left_out),
        cmocka_unit_test(the_ranges_are_those_of_the_agent),
        cmocka_unit_test(a_noisy_topic_is_read),
        cmocka_unit_test(a_boot_longer_than_32_characters_is_refused),
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
