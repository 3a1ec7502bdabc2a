// SPDX-License-Identifier: MIT
// How the panes write names, numbers, times and long sentences.
#ifndef PC_TUI_VIEW_FORMAT_H
#define PC_TUI_VIEW_FORMAT_H

#include "pc-tui/model/model.h"
#include "pc-tui/view/view.h"

// A pane's place on the screen. Columns within a pane count from its own left edge.
struct pane {
    struct screen *screen;
    const struct view *view;
    int row, rows, left, columns;
};

enum {
    VIEW_NUMBER_SIZE = 64,
    VIEW_NAME_SIZE = 160,
    VIEW_SENTENCE_SIZE = 1024,
    VIEW_SENTENCE_LINES = 3,
    VIEW_REPEAT_MAX = 60
};

// As view_put, but a text for which there is no room ends in `…`, so that nobody takes its beginning for the whole.
int view_put_cut(
    const struct pane *pane, int row, int column, int columns, enum screen_role role, const char *text);
// As screen_put, but within the pane: nothing is drawn beyond its edges. Returns the cells used.
int view_put(
    const struct pane *pane, int row, int column, int columns, enum screen_role role, const char *text);
int view_putf(const struct pane *pane, int row, int column, int columns, enum screen_role role,
    const char *format, ...) __attribute__((format(printf, 6, 7)));
// Draws a sign of one cell so many times, at most VIEW_REPEAT_MAX. Returns the cells used.
int view_repeat(
    const struct pane *pane, int row, int column, int count, enum screen_role role, const char *sign);
// Writes a name to out so that it takes at most `width` cells: what is too long loses its middle, since names that belong
// together differ at their ends. Returns out.
char *view_cut_middle(char out[VIEW_NAME_SIZE], const char *name, int width);

const struct model_device *view_device(const struct view *view); // the selected device; NULL = none
const char *view_name(const struct view *view, const struct model_device *device);
// The role of a value by the age of its report: ROLE_LABEL where it is old, else `live`.
enum screen_role view_age_role(enum presence presence, enum screen_role live);
// Writes tenths of a degree without the unit. whole: a tenth of 0 is left out.
char *view_degrees(char out[VIEW_NUMBER_SIZE], int tenths, bool whole);
// Writes the local time of day.
char *view_clock(char out[VIEW_NUMBER_SIZE], int64_t wall_ms, bool milliseconds);
// Writes how long something lasts: "0.3 s", "7 s", "2 min".
char *view_span(char out[VIEW_NUMBER_SIZE], int64_t us);
// The sign of the link's state, and its role.
const char *view_link_sign(const struct view *view, enum screen_role *role);
// Draws text at the pane's left edge, wrapped at blanks into at most `rows` rows of `columns` cells (0 rows: it
// only counts, and pane may be NULL). Returns the rows that the text takes.
int view_wrap(
    const struct pane *pane, int row, int rows, int columns, enum screen_role role, const char *text);
// Draws text so that its last cell is that of column + width - 1.
void view_put_right(
    const struct pane *pane, int row, int column, int width, enum screen_role role, const char *text);

#endif
