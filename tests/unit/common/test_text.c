// SPDX-License-Identifier: MIT
// Expectation: whatever bytes come in, what comes out is well-formed UTF-8 that cannot act on a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/text.h"

#define BAD "\xef\xbf\xbd"

static void assert_cleaned(const char *src, size_t len, const char *expected)
{
    char out[256];
    size_t n = text_clean(out, sizeof out, src, len, 64);
    assert_string_equal(out, expected);
    assert_int_equal(n, strlen(expected));
    assert_true(text_is_utf8(out, n));
}

static void one_character_of_each_length_is_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        unsigned codepoint;
    } cases[] = {
        {"A", 1, 'A'},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned codepoint = 0;
        assert_int_equal(text_decode(cases[i].text, cases[i].len, &codepoint), cases[i].len);
        assert_int_equal(codepoint, cases[i].codepoint);
        assert_true(text_is_utf8(cases[i].text, cases[i].len));
    }
}

static void malformed_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\x80",             // a continuation alone
        "\xc0\x80",         // overlong NUL
        "\xc1\xbf",         // overlong
        "\xe0\x9f\xbf",     // overlong
        "\xf0\x8f\xbf\xbf", // overlong
        "\xed\xa0\x80",     // surrogate
        "\xed\xbf\xbf",     // surrogate
        "\xf4\x90\x80\x80", // above U+10FFFF
        "\xf8\x88\x80\x80\x80", "\xff", "\xfe",
        "\xe2\x82",  // cut short
        "\xc3(",     // no continuation
        "\xe2(\xa1", // no continuation
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned codepoint;
        assert_int_equal(text_decode(cases[i], strlen(cases[i]), &codepoint), 0);
        assert_false(text_is_utf8(cases[i], strlen(cases[i])));
    }
    unsigned codepoint;
    assert_int_equal(text_decode("A", 0, &codepoint), 0);
    assert_true(text_is_utf8("", 0));
    assert_false(text_is_utf8("fine, then \xff", 12));
}

static void every_byte_pair_is_judged_as_the_table_of_rfc_3629_says(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const char pair[] = {(char)a, (char)b};
            bool ascii = a < 0x80 && b < 0x80;
            bool two = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;
            assert_int_equal(text_is_utf8(pair, 2), ascii || two);
        }
    }
}

static void ordinary_text_passes_unchanged(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "tilt_up", "Größe 12.5° → ok", "젯슨 나노", "日本語", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_cleaned(cases[i], strlen(cases[i]), cases[i]);
}

static void controls_become_the_replacement_character(void **state)
{
    (void)state;
    for (unsigned c = 0; c <= 0x9f; c++) {
        if (c >= 0x20 && c < 0x7f)
            continue;
        char src[3];
        size_t len = 0;
        if (c >= 0x80)
            src[len++] = (char)0xc2;
        src[len++] = (char)c;
        assert_cleaned(src, len, BAD);
    }
    assert_cleaned("\x1b[2J", 4, BAD "[2J");
    assert_cleaned("a\0b", 3, "a" BAD "b");
}

static void what_turns_or_hides_text_becomes_the_replacement_character(void **state)
{
    (void)state;
    static const char *const cases[] = {"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xef\xbf\xbf",
        "\xef\xbf\xbe", "\xef\xb7\x90", "\xf0\x9f\xbf\xbe"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_cleaned(cases[i], strlen(cases[i]), BAD);
    // Their neighbours are ordinary punctuation.
    assert_cleaned("\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xa5", 9, "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xa5");
}

static void each_byte_of_broken_utf8_becomes_one_replacement_character(void **state)
{
    (void)state;
    assert_cleaned("a\xff\xfe"
                   "b",
        4, "a" BAD BAD "b");
    assert_cleaned("\xe2\x82", 2, BAD BAD);
    assert_cleaned("\xed\xa0\x80", 3, BAD BAD BAD);
    assert_cleaned("\xe2"
                   "A",
        2, BAD "A");
}

static void a_copy_ends_after_the_wanted_characters(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(text_clean(out, sizeof out, "äöüß", strlen("äöüß"), 2), 4);
    assert_string_equal(out, "äö");
    assert_int_equal(text_clean(out, sizeof out, "abc", 3, 0), 0);
    assert_string_equal(out, "");
    assert_int_equal(text_clean(out, sizeof out, "\xff\xff\xff", 3, 2), 6);
    assert_string_equal(out, BAD BAD);
}

static void a_character_is_never_cut(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 9; size++) {
        char out[16];
        memset(out, 'x', sizeof out);
        size_t n = text_clean(out, size, "a\xf0\x9f\x98\x80\xe2\x82\xac", 8, 64);
        assert_true(n < size);
        assert_int_equal(out[n], '\0');
        assert_true(text_is_utf8(out, n));
        assert_int_equal(n, size >= 9 ? 8 : size >= 6 ? 5 : size >= 2 ? 1 : 0);
        assert_int_equal(out[size], 'x');
    }
}

static void any_characters_fit_in_four_bytes_each_and_a_terminator(void **state)
{
    (void)state;
    char src[4 * 64], out[4 * 64 + 1];
    for (size_t i = 0; i < 64; i++)
        memcpy(src + 4 * i, "\xf0\x9f\x98\x80", 4);
    assert_int_equal(text_clean(out, sizeof out, src, sizeof src, 64), sizeof src);
    memset(src, 0xff, sizeof src);
    assert_int_equal(text_clean(out, sizeof out, src, sizeof src, 64), 3 * 64);
}

static void a_sentence_shows_foreign_arguments_cleaned_and_cut(void **state)
{
    (void)state;
    char out[64];
    text_sentence(out, sizeof out, 20, "no “%s” here", "\x1b[m");
    assert_string_equal(out, "no “" BAD "[m” here");
    text_sentence(out, sizeof out, 8, "%s and more", "äöü");
    assert_string_equal(out, "äöü and ");
    char huge[3000];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    text_sentence(out, sizeof out, 200, "%s", huge);
    assert_int_equal(strlen(out), sizeof out - 1);
}

static void distance_counts_insertions_deletions_and_substitutions(void **state)
{
    (void)state;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("tilt_up", "tilt_up"), 0);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("tlit_up", "tilt_up"), 2);
    assert_int_equal(text_distance("flaw", "lawn"), 2);
}

static void distance_looks_at_64_bytes_only(void **state)
{
    (void)state;
    char a[200], b[200];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    a[199] = b[150] = '\0';
    assert_int_equal(text_distance(a, b), 0);
    memset(b, 'b', 150);
    assert_int_equal(text_distance(a, b), 64);
}

static void the_nearest_is_a_likely_slip_of_the_finger_or_none(void **state)
{
    (void)state;
    static const char *const words[] = {"tilt_up", "tilt_down", "led_on", "led_off", "stop"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"tilt_upp", "tilt_up"},
        {"tlit_up", "tilt_up"},
        {"titl_dwn", "tilt_down"},
        {"led_no", "led_on"},
        {"stp", "stop"},
        {"sotp", NULL},
        {"hello", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = text_nearest(cases[i].word, words, 5);
        if (cases[i].nearest)
            assert_string_equal(nearest, cases[i].nearest);
        else
            assert_null(nearest);
    }
    assert_null(text_nearest("tilt_up", NULL, 0));
}

static void the_first_of_equally_near_candidates_wins(void **state)
{
    (void)state;
    static const char *const words[] = {"cat", "car"};
    assert_ptr_equal(text_nearest("cab", words, 2), words[0]);
}

static void every_character_is_encoded_as_it_is_decoded(void **state)
{
    (void)state;
    for (unsigned codepoint = 0; codepoint < 0x110100; codepoint++) {
        char bytes[4];
        unsigned back = 0;
        size_t len = text_encode_utf8(bytes, codepoint);
        if ((codepoint >= 0xd800 && codepoint <= 0xdfff) || codepoint > 0x10ffff) {
            assert_int_equal(len, 0);
            continue;
        }
        assert_int_equal(text_decode(bytes, len, &back), len);
        assert_int_equal(back, codepoint);
        assert_int_equal(text_expected((unsigned char)bytes[0]), len > 1 ? len : 0);
    }
    assert_int_equal(text_expected(0x80), 0);
    assert_int_equal(text_expected(0xc1), 0);
    assert_int_equal(text_expected(0xf5), 0);
}

static void what_is_appended_is_cut_where_there_is_no_room(void **state)
{
    (void)state;
    char out[6];
    size_t used = text_append(out, sizeof out, 0, "abc", 2);
    assert_int_equal(used, 2);
    assert_string_equal(out, "ab");
    used = text_append(out, sizeof out, used, "", 0);
    used = text_append(out, sizeof out, used, "cdefgh", 6);
    assert_int_equal(used, 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(text_append(out, sizeof out, used, "x", 1), 5);
    assert_string_equal(out, "abcde");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_encoded_as_it_is_decoded),
        cmocka_unit_test(one_character_of_each_length_is_decoded),
        cmocka_unit_test(malformed_utf8_is_refused),
        cmocka_unit_test(every_byte_pair_is_judged_as_the_table_of_rfc_3629_says),
        cmocka_unit_test(ordinary_text_passes_unchanged),
        cmocka_unit_test(controls_become_the_replacement_character),
        cmocka_unit_test(what_turns_or_hides_text_becomes_the_replacement_character),
        cmocka_unit_test(each_byte_of_broken_utf8_becomes_one_replacement_character),
        cmocka_unit_test(a_copy_ends_after_the_wanted_characters),
        cmocka_unit_test(a_character_is_never_cut),
        cmocka_unit_test(any_characters_fit_in_four_bytes_each_and_a_terminator),
        cmocka_unit_test(a_sentence_shows_foreign_arguments_cleaned_and_cut),
        cmocka_unit_test(distance_counts_insertions_deletions_and_substitutions),
        cmocka_unit_test(distance_looks_at_64_bytes_only),
        cmocka_unit_test(the_nearest_is_a_likely_slip_of_the_finger_or_none),
        cmocka_unit_test(the_first_of_equally_near_candidates_wins),
        cmocka_unit_test(what_is_appended_is_cut_where_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
