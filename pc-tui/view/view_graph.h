// SPDX-License-Identifier: MIT
// A line over time, in braille points or in ASCII signs.
#ifndef PC_TUI_VIEW_GRAPH_H
#define PC_TUI_VIEW_GRAPH_H

#include "pc-tui/view/view_format.h"

struct view_graph {
    const int *values; // oldest first; TRACE_GAP where nothing is known
    int count;
    int min, max; // of the scale, max > min
};

// Draws into rows × columns cells from (row, column) on. Values beyond the scale lie on its edge.
void view_graph(const struct pane *pane, int row, int column, int rows, int columns, enum screen_role role,
    const struct view_graph *graph);
// Draws the latest `cells` values as bars in one row. Returns the cells used.
int view_bars(const struct pane *pane, int row, int column, int cells, enum screen_role role,
    const struct view_graph *graph);

#endif
