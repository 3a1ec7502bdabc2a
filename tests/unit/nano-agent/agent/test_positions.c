// SPDX-License-Identifier: MIT
// The text that outlasts a restart: what was written is read back, and nothing else is believed.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/positions.h"

static const struct positions two = {
    .count = 2,
    .of = {{"tilt", 125, 0x9f31c2aa, true}, {"pan", -300, 0x000000ff, false}},
};

static void assert_same(const struct positions *a, const struct positions *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->of[i].name, b->of[i].name);
        assert_int_equal(a->of[i].tenths, b->of[i].tenths);
        assert_int_equal(a->of[i].fingerprint, b->of[i].fingerprint);
        assert_int_equal(a->of[i].driven, b->of[i].driven);
    }
}

static void refuse(const char *text, size_t len, const char *why_not)
{
    struct positions out;
    char why[POSITIONS_WHY_SIZE];
    if (positions_parse(text, len, &out, why) != -EINVAL)
        fail_msg("believed: %.*s", (int)len, text);
    assert_int_equal(out.count, 0);
    if (!strstr(why, why_not))
        fail_msg("wanted \"%s\", got \"%s\" for: %.*s", why_not, why, (int)len, text);
}

// With the checksum that belongs to the text.
static void refuse_signed(const char *lines, const char *why_not)
{
    char text[2 * POSITIONS_TEXT_MAX];
    uint32_t sum = 2166136261U;
    for (const char *c = lines; *c; c++)
        sum = (sum ^ (unsigned char)*c) * 16777619U;
    int len = snprintf(text, sizeof text, "%ssum %08x\n", lines, sum);
    refuse(text, (size_t)len, why_not);
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    struct positions out;
    char text[POSITIONS_TEXT_MAX], why[POSITIONS_WHY_SIZE];
    size_t len = positions_write(&two, text);
    assert_int_equal(positions_parse(text, len, &out, why), 0);
    assert_same(&two, &out);
    assert_string_equal(why, "");
    const struct positions none = {0};
    len = positions_write(&none, text);
    assert_int_equal(positions_parse(text, len, &out, why), 0);
    assert_int_equal(out.count, 0);
}

static void the_text_can_be_read_by_a_person(void **state)
{
    (void)state;
    static const char wanted[] = "nano-agent positions 1\n"
                                 "tilt 125 9f31c2aa driven\n"
                                 "pan -300 000000ff off\n"
                                 "sum ";
    char text[POSITIONS_TEXT_MAX];
    size_t len = positions_write(&two, text);
    assert_int_equal(len, strlen(wanted) + 9);
    assert_memory_equal(text, wanted, strlen(wanted));
}

static void sixty_four_servos_with_the_longest_names_fit(void **state)
{
    (void)state;
    struct positions all = {.count = PROTOCOL_CHANNELS_MAX}, out;
    char text[POSITIONS_TEXT_MAX], why[POSITIONS_WHY_SIZE];
    for (size_t i = 0; i < all.count; i++) {
        memset(all.of[i].name, 'a', PROTOCOL_NAME_MAX);
        all.of[i].name[0] = (char)('a' + i % 26);
        all.of[i].name[1] = (char)('a' + i / 26);
        all.of[i].tenths = -POSITIONS_TENTHS_MAX;
        all.of[i].fingerprint = UINT32_MAX;
        all.of[i].driven = true;
    }
    size_t len = positions_write(&all, text);
    assert_true(len < POSITIONS_TEXT_MAX);
    assert_int_equal(positions_parse(text, len, &out, why), 0);
    assert_same(&all, &out);
}

static void a_text_that_is_torn_anywhere_is_not_believed(void **state)
{
    (void)state;
    char text[POSITIONS_TEXT_MAX];
    size_t len = positions_write(&two, text);
    for (size_t cut = 0; cut < len; cut++)
        refuse(text, cut, "");
    refuse(text, 0, "empty");
    refuse(text, len - 1, "torn");
    refuse(text, strlen("nano-agent positions 1"), "torn");
    refuse(text, 30, "torn");
}

static void a_text_with_one_changed_byte_is_not_believed(void **state)
{
    (void)state;
    char text[POSITIONS_TEXT_MAX];
    size_t len = positions_write(&two, text);
    for (size_t at = 0; at < len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            text[at] = (char)(text[at] ^ (1 << bit));
            refuse(text, len, "");
            text[at] = (char)(text[at] ^ (1 << bit));
        }
    }
}

static void a_file_full_of_nul_as_a_power_cut_leaves_it_is_not_believed(void **state)
{
    (void)state;
    char text[POSITIONS_TEXT_MAX];
    size_t len = positions_write(&two, text);
    memset(text + 30, 0, len - 30);
    refuse(text, len, "no file of nano-agent");
    memset(text, 0, len);
    refuse(text, len, "no file of nano-agent");
}

static void foreign_and_other_versions_are_not_believed_even_with_a_right_checksum(void **state)
{
    (void)state;
    refuse_signed("something else\n", "no file of nano-agent");
    refuse_signed("nano-agent positions 0\ntilt 125 9f31c2aa driven\n", "another version");
    refuse_signed("nano-agent positions 2\ntilt 125 9f31c2aa driven\n", "another version");
    refuse_signed("nano-agent positions 10\ntilt 125 9f31c2aa driven\n", "another version");
    refuse_signed("nano-agent positions \n", "another version");
}

static void what_nobody_could_have_written_is_not_believed_even_with_a_right_checksum(void **state)
{
    (void)state;
    static const char *const lines[] = {"tilt", "tilt 125", "tilt 125 9f31c2aa", "tilt 125 9f31c2aa on",
        "tilt 125 9f31c2aa driven off", "tilt 3601 9f31c2aa off", "tilt -3601 9f31c2aa off",
        "tilt 99999999999999999999 9f31c2aa off", "tilt 12.5 9f31c2aa off", "tilt x 9f31c2aa off",
        "tilt  9f31c2aa off", "tilt 125 9f31c2a off", "tilt 125 9f31c2aab off", "tilt 125 9F31C2AA off",
        "Tilt 125 9f31c2aa off", "stop 125 9f31c2aa off", " 125 9f31c2aa off", "", "tilt 1 9f31c2aa off ",
        "a_name_of_more_than_thirty_two_characters 1 9f31c2aa off",
        "tilt 1 00000000 off\ntilt 1 00000000 off"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[256];
        snprintf(text, sizeof text, "nano-agent positions 1\n%s\n", lines[i]);
        refuse_signed(text, "not understood");
    }
    refuse_signed("nano-agent positions 1\ntilt 1 00000000 off", "torn"); // the sum does not begin a line
}

static void too_much_is_not_believed(void **state)
{
    (void)state;
    char text[POSITIONS_TEXT_MAX + 200] = "nano-agent positions 1\n";
    size_t len = strlen(text);
    for (int i = 0; i <= PROTOCOL_CHANNELS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "s%d 1 00000000 off\n", i);
    refuse_signed(text, "not understood");
    memset(text, 'x', sizeof text);
    refuse(text, POSITIONS_TEXT_MAX, "too large");
    refuse(text, POSITIONS_TEXT_MAX - 1, "no file of nano-agent");
}

static void another_calibration_or_output_is_another_servo(void **state)
{
    (void)state;
    const struct motion_config plain = {.pulse_us = {1000, 2000}, .angle = {-450, 450}};
    uint32_t first = positions_fingerprint(&plain, "7000a000.pwm 2");
    assert_int_equal(positions_fingerprint(&plain, "7000a000.pwm 2"), first);
    assert_int_not_equal(positions_fingerprint(&plain, "7000a000.pwm 0"), first);
    struct motion_config other = plain;
    other.pulse_us[0] = 1001;
    assert_int_not_equal(positions_fingerprint(&other, "7000a000.pwm 2"), first);
    other = plain;
    other.pulse_us[0] = 2000; // mirrored
    other.pulse_us[1] = 1000;
    assert_int_not_equal(positions_fingerprint(&other, "7000a000.pwm 2"), first);
    other = plain;
    other.angle[1] = 451;
    assert_int_not_equal(positions_fingerprint(&other, "7000a000.pwm 2"), first);
    other = plain;
    other.limit[0] = -100;
    other.speed = 5;
    other.accel = 5;
    other.steps = 256;
    assert_int_equal(positions_fingerprint(&other, "7000a000.pwm 2"), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(the_text_can_be_read_by_a_person),
        cmocka_unit_test(sixty_four_servos_with_the_longest_names_fit),
        cmocka_unit_test(a_text_that_is_torn_anywhere_is_not_believed),
        cmocka_unit_test(a_text_with_one_changed_byte_is_not_believed),
        cmocka_unit_test(a_file_full_of_nul_as_a_power_cut_leaves_it_is_not_believed),
        cmocka_unit_test(foreign_and_other_versions_are_not_believed_even_with_a_right_checksum),
        cmocka_unit_test(what_nobody_could_have_written_is_not_believed_even_with_a_right_checksum),
        cmocka_unit_test(too_much_is_not_believed),
        cmocka_unit_test(another_calibration_or_output_is_another_servo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
