// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/terminal/cells.h"

enum { ROWS = 3, COLUMNS = 6, WIDE = 0xD55C };

// The characters of a row that was taken, with a point for an empty cell and a > for the second half of a wide one.
static void assert_row(struct cells *cells, int row, const char *expected)
{
    char text[COLUMNS + 1] = "";
    const struct cell *taken = cells_take(cells, row);
    assert_non_null(taken);
    for (int i = 0; i < COLUMNS; i++)
        text[i] = taken[i].is_tail                     ? '>'
                  : taken[i].role == CELL_EMPTY        ? '.'
                  : taken[i].signs[0] == (wchar_t)WIDE ? 'W'
                                                       : (char)taken[i].signs[0];
    assert_string_equal(text, expected);
}

static void take_all(struct cells *cells)
{
    for (int row = 0; row < ROWS; row++)
        cells_take(cells, row);
    cells_taken(cells);
}

static struct cells new_cells(void)
{
    struct cells cells = {0};
    assert_int_equal(cells_resize(&cells, ROWS, COLUMNS), 0);
    return cells;
}

static void only_a_row_that_differs_is_taken(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 1, 2, L'a', 1, ROLE_TEXT);
    take_all(&cells);
    cells_clear(&cells);
    cells_put(&cells, 1, 2, L'a', 1, ROLE_TEXT);
    for (int row = 0; row < ROWS; row++)
        assert_null(cells_take(&cells, row));
    cells_put(&cells, 2, 0, L'b', 1, ROLE_TEXT);
    assert_null(cells_take(&cells, 0));
    assert_null(cells_take(&cells, 1));
    assert_row(&cells, 2, "b.....");
    assert_null(cells_take(&cells, 2));
    cells_finish(&cells);
}

static void another_look_of_the_same_text_differs(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 0, 0, L'a', 1, ROLE_TEXT);
    take_all(&cells);
    cells_put(&cells, 0, 0, L'a', 1, ROLE_WRONG);
    const struct cell *row = cells_take(&cells, 0);
    assert_non_null(row);
    assert_int_equal(row[0].role, ROLE_WRONG);
    cells_finish(&cells);
}

static void a_text_that_is_gone_leaves_empty_cells(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 0, 5, L'a', 1, ROLE_TEXT);
    take_all(&cells);
    cells_clear(&cells);
    assert_row(&cells, 0, "......");
    cells_finish(&cells);
}

static void half_of_a_wide_character_never_stays(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 0, 1, WIDE, 2, ROLE_TEXT);
    cells_put(&cells, 0, 4, WIDE, 2, ROLE_TEXT);
    assert_row(&cells, 0, ".W>.W>");
    cells_put(&cells, 0, 2, L'a', 1, ROLE_TEXT); // over a second half
    cells_put(&cells, 0, 4, L'b', 1, ROLE_TEXT); // over a first half
    assert_row(&cells, 0, "..a.b.");
    cells_put(&cells, 1, 0, WIDE, 2, ROLE_TEXT);
    cells_put(&cells, 1, 2, WIDE, 2, ROLE_TEXT);
    cells_put(&cells, 1, 1, WIDE, 2, ROLE_TEXT); // over halves of both
    assert_row(&cells, 1, ".W>...");
    cells_finish(&cells);
}

static void what_combines_stays_with_its_character(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 0, 0, L'e', 1, ROLE_TEXT);
    take_all(&cells);
    for (wchar_t sign = 0x301; sign < 0x301 + CELL_SIGNS + 1; sign++)
        cells_combine(&cells, 0, 0, sign);
    const struct cell *row = cells_take(&cells, 0);
    assert_non_null(row);
    const wchar_t expected[CELL_SIGNS] = {L'e', 0x301, 0x302, 0x303};
    assert_memory_equal(row[0].signs, expected, sizeof expected);
    cells_put(&cells, 0, 0, L'e', 1, ROLE_TEXT);
    row = cells_take(&cells, 0);
    assert_non_null(row);
    assert_int_equal(row[0].signs[1], 0);
    cells_finish(&cells);
}

static void another_size_begins_empty_and_is_taken_whole(void **state)
{
    (void)state;
    struct cells cells = new_cells();
    cells_put(&cells, 0, 0, L'a', 1, ROLE_TEXT);
    take_all(&cells);
    assert_int_equal(cells_resize(&cells, ROWS + 1, COLUMNS), 0);
    for (int row = 0; row < ROWS + 1; row++)
        assert_row(&cells, row, "......");
    cells_taken(&cells);
    assert_null(cells_take(&cells, 0));
    cells.all = true; // as for a repaint
    assert_row(&cells, 0, "......");
    cells_finish(&cells);
}

static int callocs_left = INT_MAX; // then there is no memory any more

void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return callocs_left-- > 0 ? __real_calloc(count, size) : NULL;
}

static void without_memory_there_are_no_cells(void **state)
{
    (void)state;
    for (int left = 0; left < 2; left++) {
        struct cells cells = new_cells();
        callocs_left = left;
        int rc = cells_resize(&cells, 24, 80);
        callocs_left = INT_MAX;
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(cells.rows, 0);
        assert_int_equal(cells.columns, 0);
        cells_clear(&cells);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_row_that_differs_is_taken),
        cmocka_unit_test(another_look_of_the_same_text_differs),
        cmocka_unit_test(a_text_that_is_gone_leaves_empty_cells),
        cmocka_unit_test(half_of_a_wide_character_never_stays),
        cmocka_unit_test(what_combines_stays_with_its_character),
        cmocka_unit_test(another_size_begins_empty_and_is_taken_whole),
        cmocka_unit_test(without_memory_there_are_no_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
