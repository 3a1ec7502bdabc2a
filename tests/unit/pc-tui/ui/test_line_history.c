// SPDX-License-Identifier: MIT
// Lines that are recalled.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/ui/line_history.h"

static void the_history_keeps_the_newest_hundred(void **state)
{
    (void)state;
    static struct line_history history;
    struct line line;
    char text[32];
    memset(&history, 0, sizeof history);
    line_clear(&line);
    assert_false(line_history_older(&history, &line));
    for (int i = 0; i < LINE_HISTORY_MAX + 5; i++) {
        snprintf(text, sizeof text, "tilt %d", i);
        line_history_add(&history, text);
        line_history_add(&history, text); // twice the same is one
    }
    line_history_add(&history, "");
    assert_int_equal(history.count, LINE_HISTORY_MAX);
    assert_string_equal(history.entries[0], "tilt 5");
    assert_string_equal(history.entries[LINE_HISTORY_MAX - 1], "tilt 104");
    for (int i = 0; i < LINE_HISTORY_MAX; i++)
        assert_true(line_history_older(&history, &line));
    assert_false(line_history_older(&history, &line));
    assert_string_equal(line.text, "tilt 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_history_keeps_the_newest_hundred),
    };
    return cmocka_run_group_tests_name("line_history", tests, NULL, NULL);
}
