// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, "Command". Each test's name is a sentence of it.
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

static void a_plain_word_is_a_command(void **state)
{
    (void)state;
    assert_parses("tilt_up", "tilt_up");
    assert_string_equal(command.word, "tilt_up");
    assert_string_equal(command.second, "");
    assert_string_equal(command.id, "");
    assert_string_equal(command.boot, "");
    assert_false(command.has_number);
    assert_false(command.has_by);
    assert_false(command.is_envelope);
}

static void blanks_and_line_ends_are_trimmed_at_both_ends(void **state)
{
    (void)state;
    assert_parses(" \t\r\ntilt_up \t\r\n", "tilt_up");
    assert_parses("tilt_up\n", "tilt_up");
    assert_parses("{\"cmd\":\"\\t tilt_up\\r\\n\"}", "tilt_up");
}

static void upper_case_is_lowered(void **state)
{
    (void)state;
    assert_parses("TILT_Up", "tilt_up");
    assert_parses("MOVE Tilt 5", "move tilt 5");
}

static void one_or_more_blanks_stand_between(void **state)
{
    (void)state;
    assert_parses("tilt 20", "tilt 20");
    assert_parses("tilt \t  20", "tilt 20");
    assert_parses("tilt\t20", "tilt 20");
    assert_invalid("tilt\n20", "one command a message");
    assert_invalid("tilt_up\r\ntilt_up", "one command a message");
}

static void a_number_has_up_to_four_digits_and_two_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        int tenths;
        const char *canonical;
    } cases[] = {
        {"0", 0, "tilt 0"},
        {"7", 70, "tilt 7"},
        {"+20", 200, "tilt 20"},
        {"-45", -450, "tilt -45"},
        {"12.5", 125, "tilt 12.5"},
        {"-0.5", -5, "tilt -0.5"},
        {"0012", 120, "tilt 12"},
        {"9999", 99990, "tilt 9999"},
        {"9999.9", 99999, "tilt 9999.9"},
        {"12.50", 125, "tilt 12.5"},
        {"12.00", 120, "tilt 12"},
        {"-0", 0, "tilt 0"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "tilt %s", cases[i].number);
        assert_parses(text, cases[i].canonical);
        assert_true(command.has_number);
        assert_int_equal(command.tenths, cases[i].tenths);
    }
}

static void a_number_is_rounded_to_a_tenth_half_away_from_zero(void **state)
{
    (void)state;
    assert_parses("tilt 12.34", "tilt 12.3");
    assert_parses("tilt 12.35", "tilt 12.4");
    assert_parses("tilt -12.35", "tilt -12.4");
    assert_parses("tilt -12.34", "tilt -12.3");
    assert_parses("tilt 0.05", "tilt 0.1");
    assert_parses("tilt -0.04", "tilt 0");
    assert_parses("tilt 9999.99", "tilt 9999.9"); // 10000 would be no number of the grammar
    assert_parses("tilt -9999.95", "tilt -9999.9");
}

static void anything_else_is_no_number_and_the_reason_says_so(void **state)
{
    (void)state;
    static const char *const numbers[] = {"nan", "inf", "-inf", "infinity", "1e3", "0x10", "1.", ".5", "+",
        "-", "--5", "+-5", "12345", "12345.6", "1,5", "1.2.3", "1_0", "1.234x", "1.2e3", "1.+5", "1.5-",
        "- 5"};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        char text[64];
        snprintf(text, sizeof text, "tilt %s", numbers[i]);
        assert_invalid(text, "is not a number: expected at most 4 digits");
    }
    assert_invalid("tilt nan", "“nan” is not a number");
    assert_invalid("tilt –20", "“–20” is not a number: U+2013 in it is no digit, point or minus");
    assert_invalid("tilt ２０", "U+FF12 in it");
    assert_invalid("tilt 5°", "U+00B0 in it");
    assert_invalid("tilt ٥", "U+0665 in it");
    assert_invalid("led\u00adon", "U+00AD in it is none of a-z");
    assert_invalid("tilt 1e3", "“1e3” is not a number");
    assert_string_equal(command.cmd, "tilt 1e3");
}

static void anything_further_is_invalid(void **state)
{
    (void)state;
    assert_invalid("tilt 20 30", "“30” is too much");
    assert_invalid("tilt_up 5 degrees", "“degrees” is too much");
    assert_invalid("move tilt 20 fast", "“fast” is too much");
    assert_invalid("move 20 tilt", "“tilt” is too much");
    assert_invalid("turn tilt up", "“tilt” is too much");
    assert_invalid("tilt up 5 6", "“6” is too much");
}

static void a_word_is_letters_digits_and_underscores(void **state)
{
    (void)state;
    assert_parses("a1_b2_", "a1_b2_");
    static const char *const words[] = {
        "_up", "tilt-up", "tilt.up", "tílt_up", "위로", "ＴＩＬＴ", "[\"stop\"]"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        assert_invalid(words[i], "is no word");
    assert_invalid("tílt_up", "“tílt_up” is no word");
    assert_invalid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a word of at most 47");
}

static void a_word_that_means_nothing_here_is_no_error_of_the_parser(void **state)
{
    (void)state;
    assert_parses("dance", "dance");
    assert_parses("dance 5", "dance 5");
}

static void move_takes_degrees_or_a_servo_and_degrees(void **state)
{
    (void)state;
    assert_parses("move 20", "move 20");
    assert_string_equal(command.second, "");
    assert_int_equal(command.tenths, 200);
    assert_parses("move tilt -12.55", "move tilt -12.6");
    assert_string_equal(command.second, "tilt");
    assert_int_equal(command.tenths, -126);
    assert_parses("move", "move"); // what is missing is for the vocabulary to say
    assert_false(command.has_number);
    assert_invalid("move tilt", "expected degrees: move DEG or move SERVO DEG");
    assert_invalid("move tilt nan", "“nan” is not a number");
    assert_invalid("move Ärger 5", "is not a number");
}

static void two_words_longer_than_what_a_report_repeats_are_invalid(void **state)
{
    (void)state;
    assert_parses("abcdefghijabcdefghijabcdefghij12 on", "abcdefghijabcdefghijabcdefghij12 on");
    assert_invalid("abcdefghijabcdefghijabcdefghijabcdefghij abcdefghijabcdefghijabcde", "is not a number");
}

static void blanks_alone_are_invalid(void **state)
{
    (void)state;
    assert_invalid(" ", "nothing but blanks");
    assert_invalid("\r\n", "nothing but blanks");
    assert_invalid("{\"cmd\":\"\"}", "nothing but blanks");
}

static void a_payload_has_at_most_1024_bytes(void **state)
{
    (void)state;
    char payload[1025];
    memset(payload, ' ', sizeof payload);
    memcpy(payload, "tilt_up", 7);
    assert_int_equal(parse_bytes(payload, 1024), 0);
    assert_string_equal(command.cmd, "tilt_up");
    assert_invalid_bytes(payload, 1025, "1025 bytes: a command has at most 1024");
    assert_string_equal(command.cmd, "tilt_up");

    memcpy(payload, "{\"cmd\":\"tilt_up\"}", 17);
    assert_int_equal(parse_bytes(payload, 1024), 0);
    assert_true(command.is_envelope);
    assert_invalid_bytes(payload, 1025, "1025 bytes");
}

static void nul_is_invalid(void **state)
{
    (void)state;
    assert_invalid_bytes("tilt_up\0", 8, "NUL at byte 8");
    assert_string_equal(command.cmd, "tilt_up" BAD);
    assert_invalid_bytes("\0", 1, "NUL at byte 1");
    assert_invalid_bytes("stop\0", 5, "NUL at byte 5");
    assert_invalid_bytes("{\"cmd\":\"stop\"}\0", 15, "NUL at byte 15");
    assert_invalid("{\"cmd\":\"tilt_up\\u0000\"}", "broken JSON");
}

static void broken_utf8_is_invalid(void **state)
{
    (void)state;
    assert_invalid("tilt_up\xff", "broken UTF-8 at byte 8");
    assert_string_equal(command.cmd, "tilt_up" BAD);
    assert_invalid("\xc3", "broken UTF-8 at byte 1");
    assert_invalid("{\"cmd\":\"tilt_up\",\"x\":\"\xed\xa0\x80\"}", "broken UTF-8 at byte 23");
}

static void control_characters_are_invalid(void **state)
{
    (void)state;
    assert_invalid("tilt\x01_up", "control character U+0001 at byte 5");
    assert_invalid("\x1b[2Jtilt_up", "control character U+001B");
    assert_string_equal(command.cmd, BAD "[2Jtilt_up");
    assert_invalid("tilt_up\x7f", "control character U+007F");
    assert_invalid("tilt_up\xc2\x85", "control character U+0085");
    assert_invalid("tilt\v20", "control character U+000B");
    assert_invalid("{\"cmd\":\"tilt_up\x07\"}", "control character U+0007");
    assert_invalid("{\"cmd\":\"tilt_up\\u0007\"}", "control character U+0007");
    assert_invalid("{\"cmd\":\"tilt_up\",\x0b\"id\":\"a\"}", "control character U+000B");
    assert_invalid("{\"cmd\":\"tilt_up\",\"x\":\"\t\"}", "broken JSON");
}

static void a_refused_command_is_shown_with_its_first_64_characters(void **state)
{
    (void)state;
    char payload[1024];
    memset(payload, '!', sizeof payload);
    assert_invalid_bytes(payload, 900, "expected a word");
    assert_int_equal(strlen(command.cmd), 64);

    for (size_t i = 0; i + 4 <= sizeof payload; i += 4)
        memcpy(payload + i, "\xf0\x9f\x98\x80", 4);
    assert_invalid_bytes(payload, sizeof payload, "expected a word");
    assert_int_equal(strlen(command.cmd), 4 * 64);

    memset(payload, 0xff, sizeof payload);
    assert_invalid_bytes(payload, sizeof payload, "broken UTF-8");
    assert_int_equal(strlen(command.cmd), 3 * 64);

    assert_invalid("{\"cmd\":\"tilt NaN\",\"id\":\"a\"}", "not a number");
    assert_string_equal(command.cmd, "tilt NaN");
    assert_invalid("{\"id\":\"a\"}", "no cmd");
    assert_string_equal(command.cmd, "{\"id\":\"a\"}");
}

static void why_has_at_most_200_characters(void **state)
{
    (void)state;
    char payload[1024];
    memset(payload, 'a', sizeof payload);
    payload[0] = '{';
    assert_invalid_bytes(payload, sizeof payload, "broken JSON");
    assert_in_range(strlen(why), 1, 200);
    payload[1] = '"';
    assert_invalid_bytes(payload, sizeof payload, "broken JSON");
    assert_in_range(strlen(why), 1, 200);
    memcpy(payload, "tilt ", 5);
    assert_invalid_bytes(payload, sizeof payload, "not a number");
    assert_in_range(strlen(why), 1, 200);
}

static void canonical_text_parses_to_itself(void **state)
{
    (void)state;
    static const char *const cases[] = {
        " TILT_up  05.00 ", "tilt +9999.99", "move PAN -0.05", "stop", "x 0.04"};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char first[PROTOCOL_CMD_SIZE];
        assert_int_equal(parse_bytes(cases[i], strlen(cases[i])), 0);
        memcpy(first, command.cmd, sizeof first);
        assert_parses(first, first);
    }
}

static void typed_text_knows_no_envelope(void **state)
{
    (void)state;
    assert_int_equal(protocol_parse_text("tilt 5", 6, &command, why), 0);
    assert_string_equal(command.cmd, "tilt 5");
    assert_int_equal(protocol_parse_text("{\"cmd\":\"stop\"}", 14, &command, why), -EINVAL);
    assert_non_null(strstr(why, "is no word"));
    assert_int_equal(protocol_parse_text("", 0, &command, why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_word_is_a_command),
        cmocka_unit_test(blanks_and_line_ends_are_trimmed_at_both_ends),
        cmocka_unit_test(upper_case_is_lowered),
        cmocka_unit_test(one_or_more_blanks_stand_between),
        cmocka_unit_test(a_number_has_up_to_four_digits_and_two_decimals),
        cmocka_unit_test(a_number_is_rounded_to_a_tenth_half_away_from_zero),
        cmocka_unit_test(anything_else_is_no_number_and_the_reason_says_so),
        cmocka_unit_test(anything_further_is_invalid),
        cmocka_unit_test(a_word_is_letters_digits_and_underscores),
        cmocka_unit_test(a_word_that_means_nothing_here_is_no_error_of_the_parser),
        cmocka_unit_test(move_takes_degrees_or_a_servo_and_degrees),
        cmocka_unit_test(two_words_longer_than_what_a_report_repeats_are_invalid),
        cmocka_unit_test(blanks_alone_are_invalid),
        cmocka_unit_test(a_payload_has_at_most_1024_bytes),
        cmocka_unit_test(nul_is_invalid),
        cmocka_unit_test(broken_utf8_is_invalid),
        cmocka_unit_test(control_characters_are_invalid),
        cmocka_unit_test(a_refused_command_is_shown_with_its_first_64_characters),
        cmocka_unit_test(why_has_at_most_200_characters),
        cmocka_unit_test(canonical_text_parses_to_itself),
        cmocka_unit_test(typed_text_knows_no_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
