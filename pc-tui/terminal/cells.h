// SPDX-License-Identifier: MIT
// The picture as cells, beside the one that was handed on before: what tells which rows differ. Pure.
#ifndef PC_TUI_CELLS_H
#define PC_TUI_CELLS_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "pc-tui/terminal/roles.h"

enum { CELL_SIGNS = 4, CELL_EMPTY = ROLE_COUNT };

// A cell: a character, and those that combine with it. Those that are not there are 0, so that bytes can be compared.
struct cell {
    wchar_t signs[CELL_SIGNS];
    uint16_t role;    // of enum screen_role; CELL_EMPTY where nothing was put
    uint16_t is_tail; // the second half of the wide character in the cell before
};

struct cells {
    int rows, columns; // 0 where there was no memory
    bool all;          // nothing is known of what was handed on
    struct cell *now, *shown;
};

// Takes a size, with every cell empty and every row changed. 0, or -ENOMEM (no cells then).
int cells_resize(struct cells *cells, int rows, int columns);
void cells_finish(struct cells *cells);

void cells_clear(struct cells *cells); // empties every cell
// Puts a character that is `width` (1 or 2) columns wide, all of which must be on the picture. The other half of a wide
// character that it covers by half becomes blank.
void cells_put(struct cells *cells, int row, int column, wchar_t sign, int width, enum screen_role role);
// Adds a character without a width of its own to the one in that cell. There is room for CELL_SIGNS - 1 of them.
void cells_combine(struct cells *cells, int row, int column, wchar_t sign);

// The row where it differs from what was handed on, and notes that it is handed on now; NULL where it does not.
const struct cell *cells_take(struct cells *cells, int row);
// To be called once every row was taken.
void cells_taken(struct cells *cells);

#endif
