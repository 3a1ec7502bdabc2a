// SPDX-License-Identifier: MIT
// What `send` takes for a command, and the words in which it tells a value.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/cli/cli_words.h"

static char why[PROTOCOL_WHY_SIZE];

static void a_bare_number_is_refused_with_the_hint_to_quote(void **state)
{
    (void)state;
    const char *numbers[] = {"20", "-20", "+3.5", " 20 ", "- 20"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        why[0] = '\0';
        assert_int_equal(cli_words_check(numbers[i], why), -EINVAL);
        assert_non_null(strstr(why, "quote"));
    }
    assert_int_equal(cli_words_check("tilt -20", why), 0);
    assert_int_equal(cli_words_check("move 20", why), 0);
}

static void what_no_device_could_understand_is_a_usage_error(void **state)
{
    (void)state;
    const char *wrong[] = {"", "   ", "tilt nan", "tilt 1e3", "tilt 1 2", "tilt\n20\x01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why[0] = '\0';
        assert_int_equal(cli_words_check(wrong[i], why), -EINVAL);
        assert_true(why[0] != '\0');
    }
    assert_int_equal(cli_words_check("stop!", why), 0);             // a stop, and never an error
    assert_int_equal(cli_words_check("nobody_knows_this", why), 0); // that is for the device to say
}

static void sleep_wants_a_duration(void **state)
{
    (void)state;
    assert_int_equal(cli_words_check("sleep 500ms", why), 0);
    assert_int_equal(cli_words_check(" sleep 1.5s", why), 0);
    assert_int_equal(cli_words_check("sleep 2", why), 0);
    assert_int_equal(cli_words_check("sleep", why), -EINVAL);
    assert_int_equal(cli_words_check("sleep forever", why), -EINVAL);
    assert_int_equal(cli_words_check("sleep -1", why), -EINVAL);
    assert_non_null(strstr(why, "sleep 500ms"));
    const char *duration;
    assert_false(cli_words_is_sleep("sleepy 5", &duration)); // a channel may be called that
}

static void values_are_told_in_words(void **state)
{
    (void)state;
    char out[CLI_VALUE_SIZE];
    struct status_channel servo = {.id = {.name = "tilt", .kind = CHANNEL_SERVO}};
    assert_string_equal(cli_words_channel(out, &servo, false), "tilt unknown");
    servo.deg_known = servo.target_known = true;
    servo.deg = -5;
    servo.target = 200;
    assert_string_equal(cli_words_channel(out, &servo, false), "tilt -0.5° -> 20.0°");
    servo.deg = 200;
    assert_string_equal(cli_words_channel(out, &servo, true), "tilt 20.0 deg");
    struct status_channel lamp = {.id = {.name = "lamp", .kind = CHANNEL_DIMMER}, .percent = 40};
    assert_string_equal(cli_words_channel(out, &lamp, false), "lamp off");
    lamp.on = true;
    assert_string_equal(cli_words_channel(out, &lamp, false), "lamp 40 %");
    struct status_channel led = {.id = {.name = "led", .kind = CHANNEL_SWITCH}, .on = true};
    assert_string_equal(cli_words_channel(out, &led, false), "led on");
    struct status_channel motor = {
        .id = {.name = "drive", .kind = CHANNEL_MOTOR}, .percent = 40, .target = 60};
    assert_string_equal(cli_words_channel(out, &motor, true), "drive 40 % -> 60 %");
    struct status_channel broken = {.id = {.name = "pan", .kind = CHANNEL_OTHER}, .unreadable = true};
    assert_string_equal(cli_words_channel(out, &broken, false), "pan cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_number_is_refused_with_the_hint_to_quote),
        cmocka_unit_test(what_no_device_could_understand_is_a_usage_error),
        cmocka_unit_test(sleep_wants_a_duration),
        cmocka_unit_test(values_are_told_in_words),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
