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

static void every_edit_of_the_table_keeps_whole_characters(void **state)
{
    (void)state;
    struct line line;
    line_set(&line, "añ €🙂 x");
    assert_int_equal(line.cursor, line.len);
    line_word_left(&line);
    line_word_left(&line);
    line_delete(&line); // the euro sign goes as a whole
    assert_string_equal(line.text, "añ 🙂 x");
    line_home(&line);
    assert_false(line_backspace(&line));
    line_left(&line);
    assert_int_equal(line.cursor, 0);
    line_right(&line);
    line_right(&line);
    assert_true(line_backspace(&line));
    assert_string_equal(line.text, "a 🙂 x");
    line_word_right(&line);
    line_erase_after(&line);
    assert_string_equal(line.text, "a 🙂");
    line_erase_word(&line);
    assert_string_equal(line.text, "a ");
    line_end(&line);
    assert_false(line_delete(&line));
    line_erase_before(&line);
    assert_string_equal(line.text, "");
}

static void what_does_not_fit_is_refused_whole(void **state)
{
    (void)state;
    struct line line;
    char full[LINE_SIZE + 8];
    memset(full, 'x', sizeof full - 1);
    full[sizeof full - 1] = '\0';
    line_set(&line, full);
    assert_int_equal(line.len, LINE_SIZE - 1);
    assert_false(line_insert(&line, 'y'));
    assert_false(line_replace(&line, 0, full));
    assert_false(line_insert(&line, 0x110000));
    assert_false(line_insert(&line, 0x7));
    line_home(&line);
    assert_false(line_replace(&line, 1, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_becomes_a_clean_line),
        cmocka_unit_test(every_edit_of_the_table_keeps_whole_characters),
        cmocka_unit_test(what_does_not_fit_is_refused_whole),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
