// SPDX-License-Identifier: MIT
// Draws model and ui on the screen. view.c lays the panes out, and a file of its own draws each. Views read and never
// change anything.
#ifndef PC_TUI_VIEW_H
#define PC_TUI_VIEW_H

#include <stdint.h>

#include "pc-tui/terminal/screen.h"

struct controller;
struct model;
struct ui;
struct ui_hit;

// All that a picture is made of. Borrowed for the call.
struct view {
    const struct model *model; // the link's report is in it
    const struct controller *controller;
    const struct ui *ui;
    const char *root; // topic root: the name of the unnamed device, and for the hints ("jetson")
    int64_t now_us;   // CLOCK_MONOTONIC
    int64_t wall_ms;  // the same moment as a time of day: milliseconds since 1970
};

// Draws everything and sends what changed. Works at every size down to 1 x 1.
void view_draw(struct screen *screen, const struct view *view);
// What stands at a row and column of the screen, from 0, in the picture that view_draw would draw now.
struct ui_hit view_hit(struct screen *screen, const struct view *view, int row, int column);
// When the picture changes by itself, because the time of day on it or an age counts on (CLOCK_MONOTONIC microseconds).
int64_t view_next_us(const struct view *view);

#endif
