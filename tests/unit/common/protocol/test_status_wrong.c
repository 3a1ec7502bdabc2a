// SPDX-License-Identifier: MIT
// Reading what is no status, or one in which something is wrong.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_channels_are_too_long_to_be_a_status),
        cmocka_unit_test(a_status_has_at_most_16_kib),
        cmocka_unit_test(only_a_version_above_ours_is_refused_as_a_version),
        cmocka_unit_test(what_is_no_status_is_refused),
        cmocka_unit_test(a_wrong_type_is_refused_naming_its_key),
        cmocka_unit_test(a_number_out_of_range_is_refused_naming_its_key),
        cmocka_unit_test(a_channel_that_cannot_be_read_costs_that_channel_alone),
        cmocka_unit_test(a_figure_of_health_that_cannot_be_read_is_left_out),
        cmocka_unit_test(a_boot_longer_than_32_characters_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
