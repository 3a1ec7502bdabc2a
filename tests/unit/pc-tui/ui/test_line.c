// SPDX-License-Identifier: MIT
// The line editor.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/ui/line.h"

static void any_text_becomes_a_clean_line(void **state)
{
    (void)state;
    struct line line;
    line_set(&line, "a\x1b[31m\xff\xc3"
                    "b\tc");
    assert_string_equal(line.text, "a[31mbc");
    assert_int_equal(line.cursor, line.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_becomes_a_clean_line),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
