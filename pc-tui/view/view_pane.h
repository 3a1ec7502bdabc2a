// SPDX-License-Identifier: MIT
// The panes that view.c lays out. The file of each pane bears its name.
#ifndef PC_TUI_VIEW_PANE_H
#define PC_TUI_VIEW_PANE_H

#include "pc-tui/view/view_format.h"

struct ui_hit;

// Writes what is wrong while there is nothing live to show, and what mends it. False where all is well.
bool view_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role);
// Writes what a word on the screen means that nobody can guess. False where no such word is there.
bool view_explanation(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role);

void view_header(const struct pane *pane);
void view_devices(const struct pane *pane);
// The index of the first device that the pane shows.
size_t view_devices_first(const struct pane *pane);
// Draws a device's state and what its channels are, in whole items, from column to end.
void view_device_state(
    const struct pane *pane, int row, int column, int end, const struct model_device *device);
// The rows that the channels and the advice take at that width.
int view_channels_rows(const struct view *view, int columns);
// Returns the screen row of the focused channel.
int view_channels(const struct pane *pane);
// Finds what a click at the pane's row and column hits: sets channel and gauge of *hit where it hits any.
void view_channels_hit(const struct pane *pane, int row, int column, struct ui_hit *hit);
// False where there is nothing to show. With rows = 0 it draws nothing.
bool view_health(const struct pane *pane);
// Draws the figures of the health with their histories, one a row. Returns the rows used.
int view_health_histories(const struct pane *pane);
void view_events(const struct pane *pane);
// All that is known of the selected channel, with graphs of the last minute.
void view_details(const struct pane *pane);
void view_help(const struct pane *pane);
void view_about(const struct pane *pane);
void view_picker(const struct pane *pane);
// The last row of the screen is pane->row. With rows = 2 the row above is the footer's too: it says what the keys mean that
// have no room for their words.
void view_footer(const struct pane *pane, bool header_shown);
// The row above the footer: the text line, a question or a hint. It leaves the row as it is where there is nothing
// to say. Returns the column of the text cursor, or -1 where there is none.
int view_message(const struct pane *pane);
// True where that row has nothing to say on the main screen.
bool view_message_is_empty(const struct view *view);
// The words that Tab offers for the text line.
void view_completion(const struct pane *pane);

#endif
