// SPDX-License-Identifier: MIT
// Keys in writing.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/keys/key.h"

static void notation_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "A", "?", "+", "é", "<lt>", ">", "<Space>", "<Up>", "<S-Tab>",
        "<C-l>", "<A-x>", "<F1>", "<F24>", "<C-Space>", "<S-A-C-PageDown>", "<Esc>", "<Enter>", "<Backspace>",
        "<A-lt>"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct key_event key;
        char out[KEY_NAME_SIZE];
        assert_int_equal(key_parse(keys[i], &key), 0);
        assert_string_equal(key_format(out, &key), keys[i]);
    }
}

static void notation_is_forgiving_where_it_is_clear(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"<space>", "<Space>"}, {"<UP>", "<Up>"}, {"<c-L>", "<C-l>"},
        {"<s-tab>", "<S-Tab>"}, {"<C-S-Up>", "<S-C-Up>"}, {"<f5>", "<F5>"}, {"<S-a>", "A"},
        {"<C-i>", "<Tab>"}, {"<C-m>", "<Enter>"}, {"<C-[>", "<Esc>"}, {"<C-h>", "<Backspace>"},
        {" ", "<Space>"}, {"<C-->", "<C-->"}, {"<C->>", "<C->>"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct key_event key;
        char out[KEY_NAME_SIZE];
        assert_int_equal(key_parse(pairs[i][0], &key), 0);
        assert_string_equal(key_format(out, &key), pairs[i][1]);
    }
}

static void notation_refuses_what_is_no_key(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "ab", "<", "<Up", "<Upp>", "<>", "<C->", "<F0>", "<F25>", "<F05>",
        "<x>", "<X-a>", "<C-ab>", "\001", "\302", "<Up>x", "<C-C-a>"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct key_event key = {.code = KEYCODE_CHARACTER, .codepoint = 'z'};
        assert_int_equal(key_parse(wrong[i], &key), -EINVAL);
        assert_int_equal(key.codepoint, 'z');
    }
}

static void keys_in_a_row_are_read_one_by_one(void **state)
{
    (void)state;
    const char *text = ":up<Enter> <lt>";
    char out[KEY_NAME_SIZE], all[64] = "";
    struct key_event key;
    while (*text) {
        assert_int_equal(key_parse_next(&text, &key), 0);
        strncat(all, key_format(out, &key), sizeof all - strlen(all) - 1);
        strncat(all, ",", sizeof all - strlen(all) - 1);
    }
    assert_string_equal(all, ":,u,p,<Enter>,<Space>,<lt>,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notation_is_read_back_as_it_was_written),
        cmocka_unit_test(notation_is_forgiving_where_it_is_clear),
        cmocka_unit_test(notation_refuses_what_is_no_key),
        cmocka_unit_test(keys_in_a_row_are_read_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
