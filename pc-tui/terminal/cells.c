// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cell empty = {.signs = {L' '}, .role = CELL_EMPTY};

static struct cell *at(struct cells *cells, int row, int column)
{
    return &cells->now[(size_t)row * (size_t)cells->columns + (size_t)column];
}

static size_t row_size(const struct cells *cells)
{
    return (size_t)cells->columns * sizeof(struct cell);
}

int cells_resize(struct cells *cells, int rows, int columns)
{
    size_t count = (size_t)rows * (size_t)columns;
    cells_finish(cells);
    cells->now = calloc(count, sizeof *cells->now);
    cells->shown = calloc(count, sizeof *cells->shown);
    if (!cells->now || !cells->shown) {
        cells_finish(cells);
        return -ENOMEM;
    }
    cells->rows = rows;
    cells->columns = columns;
    cells->all = true;
    cells_clear(cells);
    return 0;
}

void cells_finish(struct cells *cells)
{
    free(cells->now);
    free(cells->shown);
    *cells = (struct cells){0};
}

void cells_clear(struct cells *cells)
{
    for (int column = 0; column < cells->columns && cells->rows > 0; column++)
        *at(cells, 0, column) = empty;
    for (int row = 1; row < cells->rows; row++)
        memcpy(at(cells, row, 0), at(cells, 0, 0), row_size(cells));
}

// Only the half of a wide character is covered where the cell is its second half, or the next cell is.
static void blank_halves(struct cells *cells, int row, int column, int width)
{
    if (column > 0 && at(cells, row, column)->is_tail)
        *at(cells, row, column - 1) = empty;
    if (column + width < cells->columns && at(cells, row, column + width)->is_tail)
        *at(cells, row, column + width) = empty;
}

void cells_put(struct cells *cells, int row, int column, wchar_t sign, int width, enum screen_role role)
{
    blank_halves(cells, row, column, width);
    *at(cells, row, column) = (struct cell){.signs = {sign}, .role = (uint16_t)role};
    if (width == 2)
        *at(cells, row, column + 1) = (struct cell){.role = (uint16_t)role, .is_tail = true};
}

void cells_combine(struct cells *cells, int row, int column, wchar_t sign)
{
    struct cell *cell = at(cells, row, column);
    size_t used = 1;
    while (used < CELL_SIGNS && cell->signs[used])
        used++;
    if (used < CELL_SIGNS)
        cell->signs[used] = sign;
}

const struct cell *cells_take(struct cells *cells, int row)
{
    const struct cell *now = at(cells, row, 0);
    struct cell *shown = &cells->shown[(size_t)row * (size_t)cells->columns];
    if (!cells->all && memcmp(now, shown, row_size(cells)) == 0)
        return NULL;
    memcpy(shown, now, row_size(cells));
    return now;
}

void cells_taken(struct cells *cells)
{
    cells->all = false;
}
