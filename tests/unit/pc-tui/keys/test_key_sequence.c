// SPDX-License-Identifier: MIT
// What a whole escape sequence means, whatever terminal wrote it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "pc-tui/keys/key_sequence.h"

static struct key_event csi(const char *text, char final)
{
    return key_sequence_csi(text, strlen(text), final, 0);
}

static struct key_event ss3(const char *text, char final)
{
    return key_sequence_ss3(text, strlen(text), final, 0);
}

static struct key_event osc(const char *text)
{
    return key_sequence_osc(text, strlen(text));
}

static void a_wheel_scrolls_and_a_button_clicks_and_the_rest_of_a_mouse_is_nothing(void **state)
{
    (void)state;
    static const char *const others[] = {
        "1;2;3", "2;2;3", "4;2;3", "32;2;3", "66;2;3", "128;2;3", "0;2", "0;2;3;4", "64;x;3"};

    assert_int_equal(csi("<64;35;12", 'M').code, KEYCODE_WHEEL_UP);
    assert_int_equal(csi("<65;35;12", 'M').code, KEYCODE_WHEEL_DOWN);
    struct key_event click = csi("<0;35;12", 'M');
    assert_int_equal(click.code, KEYCODE_CLICK);
    assert_int_equal(click.row, 12);
    assert_int_equal(click.column, 35);
    assert_int_equal(csi("<0;35;12", 'm').code, KEYCODE_NONE); // the button was let go
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        char text[32];
        snprintf(text, sizeof text, "<%s", others[i]);
        assert_int_equal(csi(text, 'M').code, KEYCODE_NONE);
    }
}

static void the_keypad_and_the_arrows_of_application_mode_are_their_keys(void **state)
{
    (void)state;
    assert_int_equal(ss3("", 'A').code, KEYCODE_UP);
    assert_int_equal(ss3("5", 'A').modifiers, KEYMOD_CTRL);
    assert_int_equal(ss3("1;5", 'A').modifiers, KEYMOD_CTRL);
    assert_int_equal(ss3("", 'd').code, KEYCODE_LEFT);
    assert_int_equal(ss3("", 'd').modifiers, KEYMOD_CTRL);
    assert_int_equal(ss3("", 'S').codepoint, 4);
    assert_int_equal(ss3("", 'k').codepoint, '+');
    assert_int_equal(ss3("", 'y').codepoint, '9');
    assert_int_equal(ss3("", 'X').codepoint, '=');
    assert_int_equal(ss3("", 'M').code, KEYCODE_ENTER);
    assert_int_equal(ss3("", 'I').code, KEYCODE_TAB);
    assert_int_equal(ss3("", 'z').code, KEYCODE_NONE);
    assert_int_equal(ss3("x", 'A').code, KEYCODE_NONE);
}

static void the_function_keys_of_the_linux_console_are_five(void **state)
{
    (void)state;
    assert_int_equal(key_sequence_console('A', 0).codepoint, 1);
    assert_int_equal(key_sequence_console('E', 0).codepoint, 5);
    assert_int_equal(key_sequence_console('F', 0).code, KEYCODE_NONE);
}

static void a_background_has_three_colours_of_one_to_four_digits(void **state)
{
    (void)state;
    static const char *const broken[] = {"11;rgb:", "11;rgb:ff/ff", "11;rgb:ff/ff/", "11;rgb:ff/ff/fffff",
        "11;rgb:ff/ff/ff/ff", "10;rgb:0/0/0"};

    assert_int_equal(osc("11;rgb:f/80/ffff").code, KEYCODE_BACKGROUND);
    assert_int_equal(osc("11;rgb:f/80/ffff").codepoint, 0xff80ff);
    assert_int_equal(osc("11;rgb:0000/0000/0000").codepoint, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++)
        assert_int_equal(osc(broken[i]).code, KEYCODE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wheel_scrolls_and_a_button_clicks_and_the_rest_of_a_mouse_is_nothing),
        cmocka_unit_test(the_keypad_and_the_arrows_of_application_mode_are_their_keys),
        cmocka_unit_test(the_function_keys_of_the_linux_console_are_five),
        cmocka_unit_test(a_background_has_three_colours_of_one_to_four_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
