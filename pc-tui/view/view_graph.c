// SPDX-License-Identifier: MIT
#include "pc-tui/view/view_graph.h"

enum { DOTS_ACROSS = 2, DOTS_DOWN = 4, COLUMNS_MAX = 64, ROWS_MAX = 16 };

// The dot row of a value, 0 at the top; -1 for a gap.
static int dot_of(const struct view_graph *graph, int value, int dots)
{
    if (value == TRACE_GAP)
        return -1;
    if (value < graph->min)
        value = graph->min;
    if (value > graph->max)
        value = graph->max;
    int64_t range = (int64_t)graph->max - graph->min;
    return (int)((((int64_t)graph->max - value) * (dots - 1) * 2 + range) / (2 * range));
}

// The value that a dot column shows: the last of those that fall to it.
static int value_of(const struct view_graph *graph, int dot, int dots)
{
    int at = (int)((int64_t)(dot + 1) * graph->count / dots) - 1;
    return graph->values[at > 0 ? at : 0];
}

static void put_ascii(const struct pane *pane, int row, int column, int rows, int columns,
    enum screen_role role, const struct view_graph *graph)
{
    static const char *const signs[DOTS_DOWN] = {"'", "-", ".", "_"}; // from the top of a cell to its foot
    for (int i = 0; i < columns; i++) {
        int dot = dot_of(graph, value_of(graph, i, columns), rows * DOTS_DOWN);
        if (dot >= 0)
            view_put(pane, row + dot / DOTS_DOWN, column + i, 1, role, signs[dot % DOTS_DOWN]);
    }
}

// A braille character is U+2800 plus a bit for each dot.
static void put_braille(const struct pane *pane, int row, int column, unsigned bits, enum screen_role role)
{
    const char text[] = {(char)0xe2, (char)(0xa0 | bits >> 6), (char)(0x80 | (bits & 0x3f)), '\0'};
    view_put(pane, row, column, 1, role, text);
}

void view_graph(const struct pane *pane, int row, int column, int rows, int columns, enum screen_role role,
    const struct view_graph *graph)
{
    static const unsigned char bits[DOTS_DOWN][DOTS_ACROSS] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    unsigned char cells[ROWS_MAX][COLUMNS_MAX] = {{0}};
    rows = rows < ROWS_MAX ? rows : ROWS_MAX;
    columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
    if (rows < 1 || columns < 1)
        return;
    if (screen_is_ascii(pane->screen)) {
        put_ascii(pane, row, column, rows, columns, role, graph);
        return;
    }
    int before = -1;
    for (int x = 0; x < columns * DOTS_ACROSS; x++) {
        int dot = dot_of(graph, value_of(graph, x, columns * DOTS_ACROSS), rows * DOTS_DOWN);
        // A jump is drawn as a line, so that the eye can follow it.
        int from = dot >= 0 && before >= 0 && before < dot ? before + 1 : dot;
        int to = dot >= 0 && before > dot ? before - 1 : dot;
        for (int y = from; y >= 0 && y <= to; y++)
            cells[y / DOTS_DOWN][x / DOTS_ACROSS] |= bits[y % DOTS_DOWN][x % DOTS_ACROSS];
        before = dot;
    }
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            if (cells[y][x])
                put_braille(pane, row + y, column + x, cells[y][x], role);
}

int view_bars(const struct pane *pane, int row, int column, int cells, enum screen_role role,
    const struct view_graph *graph)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int first = graph->count > cells ? graph->count - cells : 0;
    int start = column;
    for (int i = first; i < graph->count; i++) {
        if (graph->values[i] == TRACE_GAP) {
            column += view_put(pane, row, column, 1, role, " ");
            continue;
        }
        int level = (int)(((int64_t)graph->values[i] - graph->min) * 8 / ((int64_t)graph->max - graph->min));
        level = level < 0 ? 0 : level > 7 ? 7 : level;
        column += view_put(pane, row, column, 1, role, bars[level]);
    }
    return column - start;
}
