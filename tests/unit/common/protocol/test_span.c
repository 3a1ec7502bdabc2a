// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/span.h"

static void assert_trimmed(const char *text, const char *expected)
{
    struct span s = span_trim((struct span){text, strlen(text)});
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.at, expected, s.len);
}

static void blanks_of_any_kind_are_cut_off_at_both_ends(void **state)
{
    (void)state;
    assert_trimmed("stop", "stop");
    assert_trimmed(" \t\r\n stop now\r\n", "stop now");
    assert_trimmed("\xef\xbb\xbfstop\xc2\xa0", "stop");
    assert_trimmed("\xe2\x80\x8b\xe2\x80\xaf\xe2\x81\xa0 stop\xe3\x80\x80\xe2\x80\x87", "stop");
    assert_trimmed("a\xc2\xa0z", "a\xc2\xa0z");
    assert_trimmed(" \xc2\xa0\xef\xbb\xbf ", "");
    assert_trimmed("", "");
}

static void what_is_no_utf8_or_another_character_stays(void **state)
{
    (void)state;
    assert_trimmed(" \xff\xfe ", "\xff\xfe");
    assert_trimmed("\xa0stop\xa0", "\xa0stop\xa0"); // Latin-1's no-break space
    assert_trimmed("é ", "é");
    assert_trimmed(" 위로 ", "위로");
    assert_trimmed("\xf0\x9f\x9b\x91 ", "\xf0\x9f\x9b\x91");
    assert_trimmed("\xc2", "\xc2");
}

static void only_blanks_are_foreign_blanks(void **state)
{
    (void)state;
    static const unsigned blanks[] = {0xa0, 0x1680, 0x202f, 0x3000, 0xfeff};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        assert_true(span_is_foreign_blank(blanks[i]));
        assert_false(span_is_foreign_blank(blanks[i] - 1));
        assert_false(span_is_foreign_blank(blanks[i] + 1));
    }
    assert_false(span_is_foreign_blank(' '));
    for (unsigned c = 0x2000; c <= 0x200b; c++) // spaces of every width, and of none
        assert_true(span_is_foreign_blank(c));
    assert_true(span_is_foreign_blank(0x205f) && span_is_foreign_blank(0x2060));
    assert_false(span_is_foreign_blank(0x1fff) || span_is_foreign_blank(0x200c));
    assert_false(span_is_foreign_blank(0x205e) || span_is_foreign_blank(0x2061));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_of_any_kind_are_cut_off_at_both_ends),
        cmocka_unit_test(what_is_no_utf8_or_another_character_stays),
        cmocka_unit_test(only_blanks_are_foreign_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
