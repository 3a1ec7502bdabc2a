// SPDX-License-Identifier: MIT
// The panes that view.c lays out. The file of each pane bears its name.
#ifndef PC_TUI_VIEW_PANE_H
#define PC_TUI_VIEW_PANE_H

#include "pc-tui/view/view_format.h"

// Writes what is wrong while there is nothing live to show, and what mends it. False where all is well.
bool view_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role);

void view_header(const struct pane *pane);
void view_devices(const struct pane *pane);
// The rows that the channels and the advice take at that width.
int view_channels_rows(const struct view *view, int columns);
// Returns the screen row of the focused channel.
int view_channels(const struct pane *pane);
// False where there is nothing to show. With rows = 0 it draws nothing.
bool view_health(const struct pane *pane);
void view_events(const struct pane *pane);
void view_help(const struct pane *pane);
void view_footer(const struct pane *pane, bool header_shown);
// The row above the footer: the text line, a question or a hint. It leaves the row as it is where there is nothing
// to say. Returns the column of the text cursor, or -1 where there is none.
int view_message(const struct pane *pane);
// The words that Tab offers for the text line.
void view_completion(const struct pane *pane);

#endif
