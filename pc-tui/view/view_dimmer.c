// SPDX-License-Identifier: MIT
#include "pc-tui/view/view_kind.h"

void view_dimmer(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *channel, enum presence presence)
{
    if (presence == PRESENCE_TUTORIAL)
        return; // nobody reports, so there is no state to show
    enum screen_role role = view_age_role(presence, channel->on ? ROLE_LIVE : ROLE_LABEL);
    enum screen_role value = view_age_role(presence, ROLE_TEXT);
    view_put(pane, row, at->sign, 1, role, channel->on ? "◉" : "◌");
    int percent = channel->on ? channel->percent : 0, column = at->gauge;
    int full = (percent * at->bar_width + 50) / 100;
    column += view_repeat(pane, row, column, full, value, "█");
    column += view_repeat(pane, row, column, at->bar_width - full, ROLE_LABEL, "─");
    column += view_putf(pane, row, column, 8, value, "%4d %%", channel->percent);
    if (channel->id.stops_off)
        view_put(pane, row, column + 2, pane->columns, ROLE_LABEL, "STOP turns it off");
}
