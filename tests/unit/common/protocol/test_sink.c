// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/sink.h"

static void numbers_are_decimal_and_as_short_as_possible(void **state)
{
    (void)state;
    char text[128];
    struct sink s = {.at = text, .size = sizeof text};
    sink_fixed(&s, "", 125, 1);
    sink_fixed(&s, " ", 120, 1);
    sink_fixed(&s, " ", -5, 1);
    sink_fixed(&s, " ", 0, 3);
    sink_fixed(&s, " ", 1005, 3);
    sink_fixed(&s, " ", INT64_MIN, 0);
    sink_fixed(&s, " ", INT64_MAX, 0);
    assert_string_equal(text, "12.5 12 -0.5 0 1.005 -9223372036854775808 9223372036854775807");
    assert_false(s.full);
}

static void a_text_is_cleaned_cut_and_escaped(void **state)
{
    (void)state;
    char text[128];
    struct sink s = {.at = text, .size = sizeof text};
    sink_text(&s, "\"a\":", "say \"no\\\" \x1b\xff now and on", 16);
    assert_string_equal(text, "\"a\":\"say \\\"no\\\\\\\" \xef\xbf\xbd\xef\xbf\xbd now\"");
    s.len = 0;
    sink_text_if_any(&s, "x", "", 9);
    assert_int_equal(s.len, 0);
    sink_text_if_any(&s, "x", "y", 9);
    assert_string_equal(text, "x\"y\"");
}

static void what_does_not_fit_is_remembered_and_not_written(void **state)
{
    (void)state;
    char text[8] = "";
    struct sink s = {.at = text, .size = sizeof text};
    sink_put(&s, "1234567");
    assert_false(s.full);
    sink_put(&s, "8");
    assert_true(s.full);
    sink_bool(&s, "", true);
    assert_string_equal(text, "1234567");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_and_as_short_as_possible),
        cmocka_unit_test(a_text_is_cleaned_cut_and_escaped),
        cmocka_unit_test(what_does_not_fit_is_remembered_and_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
