// SPDX-License-Identifier: MIT
// What the files of view share among themselves.
#ifndef PC_TUI_VIEW_PRIVATE_H
#define PC_TUI_VIEW_PRIVATE_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view.h"

// A pane's place: whole rows of the screen.
struct pane {
    struct screen *screen;
    const struct view *view;
    int row, rows, columns;
};

enum { VIEW_NUMBER_SIZE = 24, VIEW_ADVICE_SIZE = 1024, VIEW_ADVICE_LINES = 3 };

// view.c
const struct model_device *view_device(const struct view *view); // the selected one, NULL = none
const char *view_name(const struct view *view, const struct model_device *device);
enum screen_role view_age_role(enum presence presence, enum screen_role live); // ROLE_LABEL for what is old
char *view_degrees(char out[VIEW_NUMBER_SIZE], int tenths, bool whole);        // whole: without ".0"
char *view_clock(char out[VIEW_NUMBER_SIZE], int64_t wall_ms, bool milliseconds); // local time of day
char *view_span(char out[VIEW_NUMBER_SIZE], int64_t us);                          // "0.3 s", "7 s", "2 min"
const char *view_link_sign(const struct view *view, enum screen_role *role);

// view_advice.c: what is wrong while there is nothing (live) to show, and what mends it. Returns false where
// all is well.
bool view_advice(const struct view *view, char out[VIEW_ADVICE_SIZE], enum screen_role *role);
// Draws text wrapped at blanks into at most `rows` rows (0 = only counts). Returns the rows it takes.
int view_wrap(
    const struct pane *pane, int row, int rows, int columns, enum screen_role role, const char *text);

void view_header(const struct pane *pane);
void view_devices(const struct pane *pane);
size_t view_devices_count(const struct view *view);
int view_channels_rows(const struct view *view, int columns);
int view_channels(const struct pane *pane); // returns the focused row
bool view_health(const struct pane *pane);  // false: nothing to show; rows = 0 draws nothing
void view_events(const struct pane *pane);
void view_help(const struct pane *pane);
void view_footer(const struct pane *pane, bool header_shown);
// The row above the footer: line, confirmation, hint; untouched where there is nothing to say. Returns the
// column of the text cursor, -1 = none.
int view_message(const struct pane *pane);
void view_matches(const struct pane *pane);

#endif
