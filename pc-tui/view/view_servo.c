// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "pc-tui/view/view_kind.h"

int view_gauge_cell(const struct status_channel *channel, int tenths, int width)
{
    int inner = width - 2, range = channel->max - channel->min;
    if (range <= 0)
        return 1;
    if (tenths < channel->min)
        tenths = channel->min;
    if (tenths > channel->max)
        tenths = channel->max;
    return 1 + (int)(((int64_t)(tenths - channel->min) * (inner - 1) * 2 + range) / (2 * (int64_t)range));
}

void view_gauge_frame(const struct pane *pane, int row, const struct view_columns *at, int zero)
{
    int width = at->gauge_width;
    view_put(pane, row, at->gauge, 1, ROLE_LABEL, "├");
    view_repeat(pane, row, at->gauge + 1, width - 2, ROLE_LABEL, "─");
    view_put(pane, row, at->gauge + width - 1, 1, ROLE_LABEL, "┤");
    if (zero >= 0)
        view_put(pane, row, at->gauge + zero, 1, ROLE_LABEL, "┼");
}

static void put_gauge(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *channel, enum presence presence)
{
    int width = at->gauge_width;
    bool has_zero = channel->min < 0 && channel->max > 0;
    view_gauge_frame(pane, row, at, has_zero ? view_gauge_cell(channel, 0, width) : -1);
    if (!channel->deg_known || !channel->driven)
        return; // without power it may be anywhere
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING : ROLE_TEXT);
    if (channel->target_known && channel->target != channel->deg)
        view_put(pane, row, at->gauge + view_gauge_cell(channel, channel->target, width), 1, role,
            channel->target > channel->deg ? "▹" : "◃");
    view_put(pane, row, at->gauge + view_gauge_cell(channel, channel->deg, width), 1, role, "▮");
}

void view_servo(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *channel, enum presence presence)
{
    char number[VIEW_NUMBER_SIZE], text[VIEW_NUMBER_SIZE + 8];
    int width = pane->columns;
    if (at->gauge_width) {
        bool known = channel->max > channel->min;
        if (known) {
            view_put_right(pane, row, at->sign - 3, 4, ROLE_LABEL, view_degrees(number, channel->min, true));
            snprintf(text, sizeof text, "%s%s", channel->max > 0 ? "+" : "",
                view_degrees(number, channel->max, true));
            view_put(pane, row, at->upper, 4, ROLE_LABEL, text);
            put_gauge(pane, row, at, channel, presence);
        }
    }
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING : ROLE_TEXT);
    if (presence == PRESENCE_TUTORIAL)
        return; // nobody reports, so nothing is known of where it is
    if (!channel->driven || !channel->deg_known) {
        view_put(pane, row, at->degrees + 1, width, ROLE_LABEL, channel->driven ? "unknown" : "off");
        return;
    }
    snprintf(text, sizeof text, "%s°", view_degrees(number, channel->deg, false));
    view_put_right(pane, row, at->degrees, 8, role, text);
    if (at->target >= 0 && channel->target_known && channel->target != channel->deg) {
        snprintf(text, sizeof text, " → %s°", view_degrees(number, channel->target, false));
        view_put(pane, row, at->target, 9, role, text);
    } else if (at->target >= 0 && channel->assumed) {
        view_put(pane, row, at->target, 9, view_age_role(presence, ROLE_NOTICE), " assumed");
    }
    if (at->pulse >= 0 && channel->driven && channel->us > 0) {
        snprintf(text, sizeof text, "%d µs", channel->us);
        view_put_right(pane, row, at->pulse, 9, view_age_role(presence, ROLE_LABEL), text);
    }
}

int view_gauge_tenths(const struct status_channel *channel, int cell, int width)
{
    int cells = width - 3; // steps between the first and the last inner cell
    int64_t range = channel->max - channel->min;
    if (cell < 1)
        cell = 1;
    if (cell > width - 2)
        cell = width - 2;
    return cells > 0 ? channel->min + (int)((range * (cell - 1) * 2 + cells) / (INT64_C(2) * cells))
                     : channel->min;
}
