// SPDX-License-Identifier: MIT
// How each kind of channel is drawn. A new kind gets a file of its own and a row in view_channels.c.
#ifndef PC_TUI_VIEW_KIND_H
#define PC_TUI_VIEW_KIND_H

#include "pc-tui/view/view_format.h"

// Where the columns of the channels pane stand. They are the same for every channel, so that signs and gauges
// line up.
struct view_columns {
    int sign;        // of a sign such as ◉; the last digit of a gauge's lower limit stands here too
    int gauge;       // first cell of gauge, bar or word
    int gauge_width; // 0 = there is no room for a gauge
    int bar_width;   // 0 = there is no room for a bar
    int upper, degrees, target, pulse; // first cells; -1 = there is no room
};

// Draws what stands right of a channel's name.
typedef void view_kind_draw(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *channel, enum presence presence);

view_kind_draw view_servo;
view_kind_draw view_switch; // switches and inputs
view_kind_draw view_dimmer;
view_kind_draw view_motor;

// The cell of a gauge of that width where an angle lies; 0 and width - 1 are the gauge's ends.
int view_gauge_cell(const struct status_channel *channel, int tenths, int width);
// The inverse, in tenths of a degree.
int view_gauge_tenths(const struct status_channel *channel, int cell, int width);
// Draws an empty gauge, with a mark where zero lies; zero, a cell as of view_gauge_cell, < 0: without one.
void view_gauge_frame(const struct pane *pane, int row, const struct view_columns *at, int zero);

#endif
