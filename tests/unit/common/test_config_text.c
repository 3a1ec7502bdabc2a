// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/config_text.h"

static char out[4096], why[CONFIG_WHY_SIZE];

static void refuse(const char *text, const char *sentence)
{
    assert_int_equal(config_text_prepare(text, "f", out, why), -EINVAL);
    assert_string_equal(why, sentence);
}

static void accept(const char *text, const char *prepared)
{
    why[0] = '\0';
    if (config_text_prepare(text, "f", out, why) < 0)
        fail_msg("%s", why);
    assert_string_equal(out, prepared);
}

static void comments_become_blanks_and_lines_stay(void **state)
{
    (void)state;
    accept("a = 1 # b\n/* c\nd */ e = 'x' // f", "a = 1    \n    \n     e = 'x'     ");
}

static void a_byte_order_mark_at_the_beginning_is_passed_over(void **state)
{
    (void)state;
    accept("\xef\xbb\xbfreport = 1.0\n", "   report = 1.0\n");
    refuse("a = 1\n \xef\xbb\xbf"
           "b = 2\n",
        "f:2: column 2: U+FEFF, a byte order mark, which belongs at the beginning of a file or nowhere; type it anew");
}

static void what_looks_like_a_blank_is_named_by_code_and_column(void **state)
{
    (void)state;
    refuse("a = 1\nreport\xc2\xa0= 1.0\n",
        "f:2: column 7: U+00A0, a no-break space, which is no blank; type it anew");
    refuse("re\xe2\x80\x8bport = 1",
        "f:1: column 3: U+200B, a zero-width character, which cannot be seen; type it anew");
    refuse("\xc3\xa9\xc3\xa9 \xe3\x80\x80",
        "f:1: column 4: U+3000, an ideographic space, which is no blank; type it anew");
    refuse("root = \xe2\x80\x9cjetson\xe2\x80\x9d",
        "f:1: column 8: U+201C, a typographic quote, which is no \" or '; type it anew");
    accept("# \xc2\xa0 a\xe2\x80\x8b\nx = \"a\xc2\xa0z\"\n", "         \nx = \"a\xc2\xa0z\"\n");
}

static void a_backslash_that_would_be_dropped_is_refused(void **state)
{
    (void)state;
    refuse("login { user = \"DOM\\user\" }",
        "f:1: \"\\u\" in a string: a backslash is written twice (\"DOM\\\\user\"), or in single quotes ('DOM\\user')");
    refuse("u = \"a\\한\"",
        "f:1: \"\\한\" in a string: a backslash is written twice (\"DOM\\\\user\"), or in single quotes ('DOM\\user')");
    accept("u = \"DOM\\\\user\"", "u = \"DOM\\\\user\"");
    accept("u = 'DOM\\user'", "u = 'DOM\\user'");
    accept("u = \"a\\\"b\\x41\\101\"", "u = \"a\\\"b\\x41\\101\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_become_blanks_and_lines_stay),
        cmocka_unit_test(a_byte_order_mark_at_the_beginning_is_passed_over),
        cmocka_unit_test(what_looks_like_a_blank_is_named_by_code_and_column),
        cmocka_unit_test(a_backslash_that_would_be_dropped_is_refused),
    };
    return cmocka_run_group_tests_name("config_text", tests, NULL, NULL);
}
