// SPDX-License-Identifier: MIT
#include "pc-tui/view/view_kind.h"

void view_switch(const struct pane *pane, int row, const struct view_columns *at,
    const struct status_channel *channel, enum presence presence)
{
    if (presence == PRESENCE_TUTORIAL)
        return; // nobody reports, so there is no state to show
    enum screen_role role = view_age_role(presence, channel->on ? ROLE_LIVE : ROLE_LABEL);
    view_put(pane, row, at->sign, 1, role, channel->on ? "◉" : "◌");
    view_put(pane, row, at->gauge, 3, role, channel->on ? "on" : "off");
    if (channel->id.stops_off)
        view_put(pane, row, at->gauge + 5, pane->columns, ROLE_LABEL, "STOP turns it off");
}
