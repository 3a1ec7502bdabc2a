// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum {
    NAME_COLUMN = 1,
    NAME_MIN = 15,
    STATE_MIN = 46, // cells that the state keeps before a longer name may take more
    ITEM_SIZE = 128,
    COUNTED = 60, // at least so many columns for "1 of 3 devices"
    GAP = 3,
};

static const char *offline_word(const struct model_device *device)
{
    return device->removed ? "removed" : device->stopped ? "offline (stopped)" : "offline";
}

// Draws the states of the channels; where not all fit, as many whole ones as there is room for, and a sign.
static void put_summary(const struct pane *pane, int row, int column, int end, const struct status *status)
{
    for (size_t i = 0; i < status->count; i++) {
        char value[MODEL_VALUE_SIZE], item[ITEM_SIZE];
        if (!*model_value(value, &status->channels[i]))
            continue;
        snprintf(item, sizeof item, "%s %s", status->channels[i].id.name, value);
        bool is_last = i + 1 == status->count;
        if (column + screen_width(item) + (is_last ? 0 : 2) > end) {
            view_put(pane, row, column, end - column, ROLE_LABEL, "…");
            return;
        }
        column += view_put(pane, row, column, end - column, ROLE_TEXT, item) + GAP;
    }
}

static void offline_with(const struct pane *pane, int row, int column, int columns, const char *why)
{
    char text[VIEW_SENTENCE_SIZE];
    snprintf(text, sizeof text, "✗ offline: %s", why);
    view_put_cut(pane, row, column, columns, ROLE_WRONG, text);
}

void view_device_state(
    const struct pane *pane, int row, int column, int end, const struct model_device *device)
{
    const struct view *view = pane->view;
    enum presence presence = model_presence(device, view->now_us);
    char age[VIEW_NUMBER_SIZE], clock[VIEW_NUMBER_SIZE], fault[PROTOCOL_WHY_SIZE];
    int left = end - column;
    switch (presence) {
    case PRESENCE_TUTORIAL:
        view_put(pane, row, column, left, ROLE_LABEL, "◌ plain words: no device reports here yet");
        return;
    case PRESENCE_RETAINED:
        view_put(pane, row, column, left, ROLE_NOTICE, "◌ retained: an old report, nothing live yet");
        return;
    case PRESENCE_OFFLINE:
        if (device->fault[0])
            offline_with(pane, row, column, left, model_fault(fault, device->fault, device->why));
        else if (device->wall_ms > 0)
            view_putf(pane, row, column, left, ROLE_WRONG, "✗ %s, last seen %s", offline_word(device),
                view_clock(clock, device->wall_ms, false));
        else
            view_putf(pane, row, column, left, ROLE_WRONG, "✗ %s", offline_word(device));
        return;
    case PRESENCE_STALE:
        view_putf(pane, row, column, left, ROLE_NOTICE, "◌ stale %s",
            view_span(age, model_age_us(device, view->now_us)));
        return;
    case PRESENCE_LIVE:
        break;
    }
    int used = view_put(pane, row, column, left, ROLE_LIVE, "◉ live  ");
    used += view_putf(pane, row, column + used, left - used, ROLE_LABEL, "%-6s  ",
        view_span(age, model_age_us(device, view->now_us)));
    if (model_shared(device, view->now_us))
        view_put(pane, row, column + used, left - used, ROLE_WRONG, "✗ two agents share this name");
    else if (model_moves(device))
        view_put(pane, row, column + used, left - used, ROLE_MOVING, "moving");
    else
        put_summary(pane, row, column + used, end, device->status);
}

// As wide as the longest name where there is room for it beside the state.
static int name_width(const struct pane *pane)
{
    const struct model *model = pane->view->model;
    int width = NAME_MIN, most = pane->columns - NAME_COLUMN - 1 - STATE_MIN;
    for (size_t i = 0; i < model->count; i++) {
        int wants = screen_width(view_name(pane->view, model->devices[i]));
        width = wants > width ? wants : width;
    }
    most = most > NAME_MIN ? most : NAME_MIN;
    return width < most ? width : most;
}

size_t view_devices_first(const struct pane *pane)
{
    int selected = ui_device(pane->view->ui);
    return selected >= 0 && selected >= pane->rows ? (size_t)(selected - pane->rows + 1) : 0;
}

// Says which of how many is selected, at the right end of the row. Returns where the rest of the row ends.
static int put_count(const struct pane *pane, int row)
{
    const struct model *model = pane->view->model;
    char text[64];
    if (model->count < 2 || pane->columns < COUNTED)
        return pane->columns;
    snprintf(text, sizeof text, "%d of %zu devices", ui_device(pane->view->ui) + 1, model->count);
    int width = screen_width(text);
    int column = pane->columns - 1 - width;
    view_put(pane, row, column, width, ROLE_LABEL, text);
    return column - 2;
}

void view_devices(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model *model = view->model;
    int selected = ui_device(view->ui);
    if (pane->rows <= 0 || model->count == 0)
        return;
    size_t first = view_devices_first(pane);
    int width = name_width(pane);
    for (size_t i = 0; i < (size_t)pane->rows && first + i < model->count; i++) {
        const struct model_device *device = model->devices[first + i];
        char name[VIEW_NAME_SIZE];
        int row = pane->row + (int)i;
        enum presence presence = model_presence(device, view->now_us);
        bool chosen = (int)(first + i) == selected;
        bool addressed = view->ui->all ? presence == PRESENCE_LIVE : chosen;
        if (addressed && model->count > 1)
            view_put(pane, row, 0, 1, ROLE_FOCUS, "▸");
        enum screen_role role = chosen && model->count > 1 ? ROLE_FOCUS : view_age_role(presence, ROLE_TEXT);
        view_put(pane, row, NAME_COLUMN, width, role, view_cut_middle(name, view_name(view, device), width));
        int end = i == 0 ? put_count(pane, row) : pane->columns;
        view_device_state(pane, row, NAME_COLUMN + width + 1, end, device);
    }
}
