// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "pc-tui/view/view_kind.h"

enum { PERCENT_MAX = 100 };

// The same gauge as a servo's, with zero in its middle.
static struct status_channel as_range(void)
{
    return (struct status_channel){.min = -PERCENT_MAX, .max = PERCENT_MAX};
}

static void put_gauge(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *motor, enum screen_role role)
{
    const struct status_channel range = as_range();
    int width = at->gauge_width;
    int zero = view_gauge_cell(&range, 0, width), cell = view_gauge_cell(&range, motor->percent, width);
    view_gauge_frame(pane, row, at, zero);
    // A bar from zero to what the motor gets now, so that forward and backward are seen at once.
    for (int i = cell < zero ? cell : zero + 1; i < zero || i <= cell; i++) {
        if (i != zero)
            view_put(pane, row, at->gauge + i, 1, role, "▮");
    }
    if (motor->target != motor->percent)
        view_put(pane, row, at->gauge + view_gauge_cell(&range, motor->target, width), 1, role,
            motor->target > motor->percent ? "▹" : "◃");
}

void view_motor(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *motor, enum presence presence)
{
    char text[VIEW_NUMBER_SIZE], left[VIEW_NUMBER_SIZE];
    enum screen_role role = view_age_role(presence, kind_moves(motor) ? ROLE_MOVING : ROLE_TEXT);
    if (presence == PRESENCE_TUTORIAL)
        return; // nobody reports, so nothing is known of it
    if (at->gauge_width)
        put_gauge(pane, row, at, motor, role);
    snprintf(text, sizeof text, "%s%d %%", motor->percent < 0 ? "−" : "", abs(motor->percent));
    view_put_right(pane, row, at->degrees, 8, role, text);
    if (at->target >= 0 && motor->target != motor->percent) {
        snprintf(text, sizeof text, " → %s%d %%", motor->target < 0 ? "−" : "", abs(motor->target));
        view_put(pane, row, at->target, 9, role, text);
    }
    const struct model_device *device = view_device(pane->view);
    int64_t left_us = motor->left_ms * INT64_C(1000) - model_age_us(device, pane->view->now_us);
    if (at->pulse >= 0 && motor->left_ms > 0 && left_us > 0)
        view_put_right(
            pane, row, at->pulse, 9, view_age_role(presence, ROLE_LABEL), view_span(left, left_us));
}
