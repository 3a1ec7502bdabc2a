// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, "Topics". Each test's name is a sentence of it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/protocol.h"
#include "common/text.h"

static struct protocol_command command;
static char why[PROTOCOL_WHY_SIZE];

static void each_result_has_a_name_and_is_found_by_it(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "ok", "limit", "unknown", "invalid", "expired", "retained", "refused", "fault"};
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_string_equal(protocol_result_name((enum protocol_result)i), names[i]);
        assert_int_equal(protocol_result_parse(names[i]), i);
    }
    assert_int_equal(protocol_result_parse("brand_new"), RESULT_OTHER);
    assert_string_equal(protocol_result_name(RESULT_OTHER), "other");
    assert_string_equal(protocol_result_name((enum protocol_result)99), "other");
}

static void only_ok_and_limit_are_success_so_an_unknown_result_is_a_failure(void **state)
{
    (void)state;
    for (unsigned i = RESULT_NONE; i <= RESULT_OTHER; i++)
        assert_int_equal(
            protocol_result_is_success((enum protocol_result)i), i == RESULT_OK || i == RESULT_LIMIT);
}

static void an_envelope_written_is_an_envelope_read(void **state)
{
    (void)state;
    char out[PROTOCOL_COMMAND_MAX + 1];
    int len = protocol_format_envelope(out, sizeof out, "tilt_up", "9f3c-17", "9f31c2aa", 81234, -1);
    assert_string_equal(out, "{\"cmd\":\"tilt_up\",\"id\":\"9f3c-17\",\"by\":81234,\"boot\":\"9f31c2aa\"}");
    assert_int_equal(len, strlen(out));
    assert_int_equal(protocol_parse_command(out, (size_t)len, &command, why), 0);
    assert_string_equal(command.cmd, "tilt_up");
    assert_int_equal(command.by_ms, 81234);

    protocol_format_envelope(out, sizeof out, "stop", "9f3c-18", "", 81234, -1);
    assert_string_equal(out, "{\"cmd\":\"stop\",\"id\":\"9f3c-18\"}");
    protocol_format_envelope(out, sizeof out, "drive 40", "i", "b", 5, 3);
    assert_string_equal(out, "{\"cmd\":\"drive 40\",\"id\":\"i\",\"by\":5,\"boot\":\"b\",\"stops\":3}");
    protocol_format_envelope(out, sizeof out, "drive 40", "i", "", 5, 3);
    assert_string_equal(out, "{\"cmd\":\"drive 40\",\"id\":\"i\"}");
    protocol_format_envelope(out, sizeof out, "stop", "", "", 0, -1);
    assert_string_equal(out, "{\"cmd\":\"stop\"}");
}

static void an_envelope_cannot_be_broken_out_of(void **state)
{
    (void)state;
    char out[PROTOCOL_COMMAND_MAX + 1];
    const char *boot = "\",\"cmd\":\"tilt_up";
    int len = protocol_format_envelope(out, sizeof out, "stop", "\"},\\", boot, 5, -1);
    assert_true(len > 0);
    assert_int_equal(protocol_parse_command(out, (size_t)len, &command, why), 0);
    assert_string_equal(command.cmd, "stop");
    assert_string_equal(command.boot, boot);
    assert_string_equal(command.id, "\"},\\");
}

static void an_envelope_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    char out[2 * PROTOCOL_COMMAND_MAX];
    int len = protocol_format_envelope(out, sizeof out, "tilt_up", "me-1", "b", 5, -1);
    assert_true(len > 0);
    assert_int_equal(protocol_format_envelope(out, (size_t)len, "tilt_up", "me-1", "b", 5, -1), -EMSGSIZE);
    assert_int_equal(protocol_format_envelope(out, (size_t)len + 1, "tilt_up", "me-1", "b", 5, -1), len);
    char text[PROTOCOL_COMMAND_MAX + 1];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(protocol_format_envelope(out, sizeof out, text, "me-1", "", 0, -1), -EMSGSIZE);
    assert_int_equal(protocol_format_envelope(out, sizeof out, "\xff", "me-1", "", 0, -1), -EINVAL);
}

static void tenths_are_written_as_the_shortest_decimal(void **state)
{
    (void)state;
    char out[16];
    assert_string_equal(protocol_format_tenths(out, 125), "12.5");
    assert_string_equal(protocol_format_tenths(out, 200), "20");
    assert_string_equal(protocol_format_tenths(out, -5), "-0.5");
    assert_string_equal(protocol_format_tenths(out, 0), "0");
    assert_string_equal(protocol_format_tenths(out, -450), "-45");
    assert_string_equal(protocol_format_tenths(out, INT32_MAX), "214748364.7");
    assert_string_equal(protocol_format_tenths(out, INT32_MIN), "-214748364.8");
}

static void a_root_has_levels_of_printable_characters(void **state)
{
    (void)state;
    static const char *const right[] = {"jetson", "lab2/jetson", "a", "집/젯슨", "a-b/c_d/e.f", "a$b"};
    static const char *const wrong[] = {"", "+", "a/+", "#", "jetson/#", "a b", "a\tb", "$SYS", "$jetson",
        "/jetson", "jetson/", "a//b", "/", "a\x01", "a\xff", "a\xe2\x80\xae", "a\x7f"};
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_int_equal(protocol_check_root(right[i], why), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(protocol_check_root(wrong[i], why), -EINVAL);
        assert_int_equal(strncmp(why, "a root ", 7), 0);
        assert_true(text_is_utf8(why, strlen(why)));
    }
    char longest[PROTOCOL_ROOT_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[PROTOCOL_ROOT_MAX] = '\0';
    assert_int_equal(protocol_check_root(longest, why), 0);
    longest[PROTOCOL_ROOT_MAX] = 'a';
    longest[PROTOCOL_ROOT_MAX + 1] = '\0';
    assert_int_equal(protocol_check_root(longest, why), -EINVAL);
}

static void a_device_is_1_to_64_letters_digits_underscores_or_hyphens(void **state)
{
    (void)state;
    static const char *const right[] = {"", "nano", "Nano-Lab_2", "0", "controls"};
    static const char *const wrong[] = {
        "a b", "a/b", "+", "#", "ä", "a.b", "control", "status", "reply", "about", "echo", "a\n"};
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_int_equal(protocol_check_device(right[i], why), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(protocol_check_device(wrong[i], why), -EINVAL);
        assert_non_null(strstr(why, "is no device name"));
    }
    char longest[PROTOCOL_DEVICE_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[PROTOCOL_DEVICE_MAX] = '\0';
    assert_int_equal(protocol_check_device(longest, why), 0);
    longest[PROTOCOL_DEVICE_MAX] = 'a';
    longest[PROTOCOL_DEVICE_MAX + 1] = '\0';
    assert_int_equal(protocol_check_device(longest, why), -EINVAL);
}

static void a_channel_name_is_a_letter_then_letters_digits_underscores(void **state)
{
    (void)state;
    static const char *const right[] = {"tilt", "a", "led_2", "abcdefghijklmnopqrstuvwxyz_01234", "stopper"};
    static const char *const wrong[] = {"", "Tilt", "2led", "_a", "a-b", "a b", "ä",
        "abcdefghijklmnopqrstuvwxyz_012345", "stop", "move", "center", "off", "status"};
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_int_equal(protocol_check_name(right[i], why), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(protocol_check_name(wrong[i], why), -EINVAL);
        assert_non_null(strstr(why, "is no channel name"));
    }
}

static void topics_are_root_leaf_or_root_device_leaf(void **state)
{
    (void)state;
    char topic[PROTOCOL_TOPIC_MAX];
    assert_string_equal(protocol_topic(topic, "jetson", "", "control"), "jetson/control");
    assert_string_equal(protocol_topic(topic, "lab2/jetson", "nano", "status"), "lab2/jetson/nano/status");
    char root[PROTOCOL_ROOT_MAX + 1], device[PROTOCOL_DEVICE_MAX + 1];
    memset(root, 'r', sizeof root);
    memset(device, 'd', sizeof device);
    root[PROTOCOL_ROOT_MAX] = device[PROTOCOL_DEVICE_MAX] = '\0';
    assert_int_equal(
        strlen(protocol_topic(topic, root, device, "control")), PROTOCOL_ROOT_MAX + PROTOCOL_DEVICE_MAX + 9);
}

static void the_device_is_read_out_of_a_topic(void **state)
{
    (void)state;
    char device[PROTOCOL_DEVICE_MAX + 1];
    assert_int_equal(protocol_topic_device("jetson/status", "jetson", "status", device), 0);
    assert_string_equal(device, "");
    assert_int_equal(protocol_topic_device("lab2/jetson/nano/status", "lab2/jetson", "status", device), 0);
    assert_string_equal(device, "nano");
    static const char *const wrong[] = {"jetson", "jetson/", "jetson//status", "jetson/control",
        "other/status", "jetson/a/b/status", "jetson/ä/status", "jetson/control/status",
        "jetson/status/status", "jetson/reply/status", "jetsonx/status", "jetson/nano/statusx",
        "jetson/nano/", "",
        "jetson/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/status"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(protocol_topic_device(wrong[i], "jetson", "status", device), -EINVAL);
        assert_string_equal(device, "");
    }
}

static void an_agent_has_the_control_topic_of_all_and_its_own(void **state)
{
    (void)state;
    assert_true(protocol_is_control("jetson/control", "jetson", "nano"));
    assert_true(protocol_is_control("jetson/nano/control", "jetson", "nano"));
    assert_false(protocol_is_control("jetson/other/control", "jetson", "nano"));
    assert_false(protocol_is_control("jetson/nano/control", "jetson", ""));
    assert_false(protocol_is_control("pt/control", "jetson", "nano"));
}

static void replies_go_below_reply_and_nowhere_else(void **state)
{
    (void)state;
    static const char *const right[] = {"jetson/reply/me", "jetson/reply", "jetson/reply/a/b/c",
        "jetson/nano/reply/me", "jetson/reply/controls", "jetson/reply/status/x"};
    static const char *const wrong[] = {"", "me", "$SYS/x", "jetson/+/reply", "jetson/reply/#",
        "jetson/reply/+/x", "jetson/control", "jetson/status", "jetson/nano/control", "jetson/reply/control",
        "jetson/reply/x/status", "jetson/nano/reply/about", "jetson/replyx", "jetson/other/reply/me",
        "xjetson/reply/me", "jetson/reply/\xff", "pt/control", "jetson/nano/reply/control"};
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_true(protocol_reply_allowed(right[i], "jetson", "nano"));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(protocol_reply_allowed(wrong[i], "jetson", "nano"));
    assert_true(protocol_reply_allowed("lab2/jetson/reply/me", "lab2/jetson", ""));
    assert_false(protocol_reply_allowed("jetson/nano/reply/me", "jetson", ""));
}

static void a_topic_with_words_is_literal_printable_and_not_under_the_root(void **state)
{
    (void)state;
    char longest[PROTOCOL_WORDS_TOPIC_MAX + 2];
    static const char *const right[] = {
        "car/control", "a", "/a", "jetsons", "jetson2/control", "\xec\xb0\xa8/a b"};
    static const struct {
        const char *topic, *why;
    } wrong[] = {{"", "1 to 128 bytes"}, {"a/+", "no +, # or $"}, {"#", "no +, # or $"},
        {"$SYS/x", "no +, # or $"}, {"a$b", "no +, # or $"}, {"jetson", "no words of its own"},
        {"jetson/x", "no words of its own"}, {"a\x07", "printable"}, {"\xff", "printable"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_int_equal(protocol_check_words_topic(right[i], "jetson", why), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(protocol_check_words_topic(wrong[i].topic, "jetson", why), -EINVAL);
        assert_non_null(strstr(why, wrong[i].why));
    }
    memset(longest, 'a', sizeof longest);
    longest[PROTOCOL_WORDS_TOPIC_MAX + 1] = '\0';
    assert_int_equal(protocol_check_words_topic(longest, "jetson", why), -EINVAL);
    assert_int_equal(protocol_check_words_topic(longest + 1, "jetson", why), 0);
}

static void the_name_of_a_pose_does_not_say_stop(void **state)
{
    (void)state;
    assert_int_equal(protocol_check_pose("look_ahead", why), 0);
    assert_int_equal(protocol_check_pose("nonstop", why), 0);
    assert_int_equal(protocol_check_pose("full_stop", why), -EINVAL);
    assert_int_equal(protocol_check_pose("stop_2", why), -EINVAL);
    assert_int_equal(protocol_check_pose("Look", why), -EINVAL);
    assert_int_equal(protocol_check_pose("move", why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_with_words_is_literal_printable_and_not_under_the_root),
        cmocka_unit_test(the_name_of_a_pose_does_not_say_stop),
        cmocka_unit_test(each_result_has_a_name_and_is_found_by_it),
        cmocka_unit_test(only_ok_and_limit_are_success_so_an_unknown_result_is_a_failure),
        cmocka_unit_test(an_envelope_written_is_an_envelope_read),
        cmocka_unit_test(an_envelope_cannot_be_broken_out_of),
        cmocka_unit_test(an_envelope_that_does_not_fit_is_not_written),
        cmocka_unit_test(tenths_are_written_as_the_shortest_decimal),
        cmocka_unit_test(a_root_has_levels_of_printable_characters),
        cmocka_unit_test(a_device_is_1_to_64_letters_digits_underscores_or_hyphens),
        cmocka_unit_test(a_channel_name_is_a_letter_then_letters_digits_underscores),
        cmocka_unit_test(topics_are_root_leaf_or_root_device_leaf),
        cmocka_unit_test(the_device_is_read_out_of_a_topic),
        cmocka_unit_test(an_agent_has_the_control_topic_of_all_and_its_own),
        cmocka_unit_test(replies_go_below_reply_and_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
