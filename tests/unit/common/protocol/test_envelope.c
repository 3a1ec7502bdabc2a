// SPDX-License-Identifier: MIT
// The JSON object around the text of a command.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/protocol.h"
#include "common/text.h"
#include "tests/unit/common/protocol/command_rig.h"

#define BAD "\xef\xbf\xbd"

static void an_envelope_carries_id_by_and_boot(void **state)
{
    (void)state;
    assert_parses(
        "{\"cmd\":\"tilt_up\",\"id\":\"9f3c7a1e5b2d4c60-17\",\"by\":81234,\"boot\":\"9f31c2aa\"}", "tilt_up");
    assert_true(command.is_envelope);
    assert_string_equal(command.id, "9f3c7a1e5b2d4c60-17");
    assert_true(command.has_by);
    assert_int_equal(command.by_ms, 81234);
    assert_string_equal(command.boot, "9f31c2aa");
    assert_parses("{\"cmd\":\"tilt 12.50\"}", "tilt 12.5");
    assert_string_equal(command.id, "");
    assert_false(command.has_by);
}

static void boot_may_come_without_by(void **state)
{
    (void)state;
    assert_parses("{\"boot\":\"9f31c2aa\",\"cmd\":\"tilt_up\"}", "tilt_up");
    assert_string_equal(command.boot, "9f31c2aa");
    assert_false(command.has_by);
}

static void stops_is_a_whole_number_and_is_given_only_together_with_boot(void **state)
{
    (void)state;
    assert_parses("{\"cmd\":\"drive 40\",\"boot\":\"9f31c2aa\",\"stops\":3}", "drive 40");
    assert_true(command.has_stops);
    assert_int_equal(command.stops, 3);
    assert_parses("{\"cmd\":\"drive 40\",\"boot\":\"9f31c2aa\",\"stops\":0.0}", "drive 40");
    assert_true(command.has_stops);
    assert_int_equal(command.stops, 0);
    assert_parses("{\"cmd\":\"drive 40\",\"boot\":\"9f31c2aa\"}", "drive 40");
    assert_false(command.has_stops);
    assert_invalid("{\"cmd\":\"drive 40\",\"stops\":3}", "stops without boot");
    assert_invalid("{\"cmd\":\"drive 40\",\"boot\":\"b\",\"stops\":-1}", "stops: expected the whole number");
    assert_invalid("{\"cmd\":\"drive 40\",\"boot\":\"b\",\"stops\":1.5}", "stops: expected the whole number");
    assert_invalid(
        "{\"cmd\":\"drive 40\",\"boot\":\"b\",\"stops\":null}", "stops: expected the whole number");
    assert_parses("{\"cmd\":\"drive_stop\",\"stops\":\"three\"}", "drive_stop");
}

static void cmd_is_required_and_a_string(void **state)
{
    (void)state;
    assert_invalid("{}", "no cmd");
    assert_invalid("{\"cmd\":5}", "cmd: expected a string");
    assert_invalid("{\"cmd\":null}", "cmd: expected a string");
    assert_invalid("{\"cmd\":[\"stop\"]}", "cmd: expected a string");
    assert_invalid("{\"cmd\":{\"cmd\":\"stop\"}}", "cmd: expected a string");
}

static void an_id_is_1_to_64_printable_ascii_characters_without_blanks(void **state)
{
    (void)state;
    char id[66], payload[200];
    memset(id, '~', sizeof id);
    id[64] = '\0';
    snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"id\":\"%s\"}", id);
    assert_parses(payload, "tilt_up");
    assert_string_equal(command.id, id);

    id[64] = '~';
    id[65] = '\0';
    snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"id\":\"%s\"}", id);
    assert_invalid(payload, "id: expected a string of 1 to 64");
    static const char *const ids[] = {
        "\"\"", "\"a b\"", "\"ä\"", "\"a\\tb\"", "\"\\u007f\"", "5", "null", "true", "[]", "{}"};
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"id\":%s}", ids[i]);
        assert_invalid(payload, "id: expected a string");
        assert_string_equal(command.id, "");
        assert_string_equal(command.cmd, "tilt_up");
    }
}

static void by_is_a_whole_number_of_milliseconds_from_0(void **state)
{
    (void)state;
    static const struct {
        const char *by;
        int64_t ms;
    } right[] = {{"0", 0}, {"81234", 81234}, {"81234.0", 81234}, {"8.1234e4", 81234}, {"-0", 0},
        {"9223372036854775807", INT64_MAX}, {"9007199254740991.0", (INT64_C(1) << 53) - 1}};
    static const char *const wrong[] = {
        "-1", "1.5", "-1.0", "\"81234\"", "null", "true", "[]", "{}", "1e300", "9007199254740992.0"};
    char payload[200];
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++) {
        snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"by\":%s,\"boot\":\"b\"}", right[i].by);
        assert_parses(payload, "tilt_up");
        assert_true(command.has_by);
        assert_true(command.by_ms == right[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"by\":%s,\"boot\":\"b\"}", wrong[i]);
        assert_invalid(payload, "by: expected whole milliseconds");
        assert_false(command.has_by);
    }
    assert_invalid("{\"cmd\":\"tilt_up\",\"by\":9223372036854775808,\"boot\":\"b\"}", "broken JSON");
    assert_invalid("{\"cmd\":\"tilt_up\",\"by\":1e999,\"boot\":\"b\"}", "broken JSON");
    assert_invalid("{\"cmd\":\"tilt_up\",\"by\":NaN,\"boot\":\"b\"}", "broken JSON");
}

static void by_is_given_only_together_with_boot(void **state)
{
    (void)state;
    assert_invalid("{\"cmd\":\"tilt_up\",\"by\":5}", "by without boot");
    assert_false(command.has_by);
}

static void a_boot_is_1_to_32_printable_ascii_characters_without_blanks(void **state)
{
    (void)state;
    assert_parses("{\"cmd\":\"tilt_up\",\"boot\":\"0123456789abcdef0123456789abcdef\"}", "tilt_up");
    assert_string_equal(command.boot, "0123456789abcdef0123456789abcdef");
    static const char *const boots[] = {
        "\"0123456789abcdef0123456789abcdefg\"", "\"\"", "\"a b\"", "7", "null"};
    for (size_t i = 0; i < ARRAY_LENGTH(boots); i++) {
        char payload[200];
        snprintf(payload, sizeof payload, "{\"cmd\":\"tilt_up\",\"id\":\"me\",\"boot\":%s}", boots[i]);
        assert_invalid(payload, "boot: expected a string of 1 to 32");
        assert_string_equal(command.id, "me");
    }
    assert_true(protocol_is_boot("9f31c2aa", 8));
    assert_false(protocol_is_boot("", 0));
    assert_false(protocol_is_boot("a b", 3));
}

static void the_id_of_an_invalid_command_is_kept_for_its_answer(void **state)
{
    (void)state;
    assert_invalid("{\"cmd\":\"tilt nan\",\"id\":\"me-1\"}", "not a number");
    assert_string_equal(command.id, "me-1");
    assert_true(command.is_envelope);
    assert_invalid("{\"id\":\"me-2\"}", "no cmd");
    assert_string_equal(command.id, "me-2");
    assert_invalid("{\"cmd\":\"tilt_up\",\"id\":\"me-3\",\"by\":null}", "by: expected");
    assert_string_equal(command.id, "me-3");
}

static void unknown_keys_are_ignored(void **state)
{
    (void)state;
    assert_parses(
        "{\"x\":null,\"cmd\":\"tilt_up\",\"Id\":5,\"y\":{\"cmd\":\"stop\",\"z\":[1,2]}}", "tilt_up");
    assert_string_equal(command.id, "");
}

static void duplicate_keys_are_invalid(void **state)
{
    (void)state;
    assert_invalid("{\"cmd\":\"tilt_up\",\"cmd\":\"tilt_up\"}", "duplicate object key");
    assert_invalid("{\"cmd\":\"tilt_up\",\"x\":1,\"x\":2}", "duplicate object key");
    assert_invalid("{\"cmd\":\"tilt_up\",\"\\u0063md\":\"stop\"}", "duplicate object key");
}

static void trailing_bytes_are_invalid(void **state)
{
    (void)state;
    assert_invalid("{\"cmd\":\"tilt_up\"}x", "broken JSON");
    assert_invalid("{\"cmd\":\"tilt_up\"}{}", "broken JSON");
    assert_invalid("{\"cmd\":\"tilt_up\"},", "broken JSON");
    assert_parses("{\"cmd\":\"tilt_up\"}\n", "tilt_up"); // what mosquitto_pub -s sends
}

static void broken_json_is_invalid(void **state)
{
    (void)state;
    static const char *const cases[] = {"{", "{\"cmd\"", "{\"cmd\":\"tilt_up\"", "{cmd:\"tilt_up\"}",
        "{'cmd':'tilt_up'}", "{\"cmd\":\"tilt_up\",}", "{\"cmd\":\"\\x\"}", "{\"cmd\":\"\\ud800\"}", "{]"};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_invalid(cases[i], "broken JSON");
}

static void deep_nesting_is_survived(void **state)
{
    (void)state;
    char payload[1024];
    int n = snprintf(payload, sizeof payload, "{\"x\":");
    memset(payload + n, '[', sizeof payload - (size_t)n);
    assert_invalid_bytes(payload, sizeof payload, "broken JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_carries_id_by_and_boot),
        cmocka_unit_test(boot_may_come_without_by),
        cmocka_unit_test(stops_is_a_whole_number_and_is_given_only_together_with_boot),
        cmocka_unit_test(cmd_is_required_and_a_string),
        cmocka_unit_test(an_id_is_1_to_64_printable_ascii_characters_without_blanks),
        cmocka_unit_test(by_is_a_whole_number_of_milliseconds_from_0),
        cmocka_unit_test(by_is_given_only_together_with_boot),
        cmocka_unit_test(a_boot_is_1_to_32_printable_ascii_characters_without_blanks),
        cmocka_unit_test(the_id_of_an_invalid_command_is_kept_for_its_answer),
        cmocka_unit_test(unknown_keys_are_ignored),
        cmocka_unit_test(duplicate_keys_are_invalid),
        cmocka_unit_test(trailing_bytes_are_invalid),
        cmocka_unit_test(broken_json_is_invalid),
        cmocka_unit_test(deep_nesting_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
