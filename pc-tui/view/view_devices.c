// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { NAME_COLUMN = 1, NAME_WIDTH = 15, STATE_COLUMN = 17, SUMMARY_SIZE = 256, COUNTED = 60 };

static void summarise(const struct status *status, char out[SUMMARY_SIZE])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < status->count && used < SUMMARY_SIZE - 1; i++) {
        const struct status_channel *channel = &status->channels[i];
        char value[MODEL_VALUE_SIZE];
        if (!*model_value(value, channel))
            continue;
        int n =
            snprintf(out + used, SUMMARY_SIZE - used, "%s%s %s", used ? "   " : "", channel->id.name, value);
        used = n > 0 && used + (size_t)n < SUMMARY_SIZE ? used + (size_t)n : SUMMARY_SIZE - 1;
    }
}

static void put_state(
    const struct pane *pane, int row, int column, int end, const struct model_device *device)
{
    const struct view *view = pane->view;
    enum presence presence = model_presence(device, view->now_us);
    char age[VIEW_NUMBER_SIZE], clock[VIEW_NUMBER_SIZE], summary[SUMMARY_SIZE];
    int left = end - column;
    switch (presence) {
    case PRESENCE_TUTORIAL:
        screen_put(pane->screen, row, column, left, ROLE_LABEL, "◌ plain words: no device reports here yet");
        return;
    case PRESENCE_RETAINED:
        screen_put(
            pane->screen, row, column, left, ROLE_NOTICE, "◌ retained: an old report, nothing live yet");
        return;
    case PRESENCE_OFFLINE:
        if (device->wall_ms > 0)
            screen_putf(pane->screen, row, column, left, ROLE_WRONG, "✗ offline%s, last seen %s",
                device->stopped ? " (stopped)" : "", view_clock(clock, device->wall_ms, false));
        else
            screen_putf(pane->screen, row, column, left, ROLE_WRONG, "✗ offline%s",
                device->stopped ? " (stopped)" : "");
        return;
    case PRESENCE_STALE:
        screen_putf(pane->screen, row, column, left, ROLE_NOTICE, "◌ stale %s",
            view_span(age, model_age_us(device, view->now_us)));
        return;
    case PRESENCE_LIVE:
        break;
    }
    int used = screen_put(pane->screen, row, column, left, ROLE_LIVE, "◉ live  ");
    used += screen_putf(pane->screen, row, column + used, left - used, ROLE_LABEL, "%-6s  ",
        view_span(age, model_age_us(device, view->now_us)));
    if (model_shared(device, view->now_us)) {
        screen_put(pane->screen, row, column + used, left - used, ROLE_WRONG, "✗ two agents share this name");
        return;
    }
    if (model_moves(device)) {
        screen_put(pane->screen, row, column + used, left - used, ROLE_MOVING, "moving");
        return;
    }
    summarise(device->status, summary);
    screen_put(pane->screen, row, column + used, left - used, ROLE_TEXT, summary);
}

void view_devices(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model *model = view->model;
    int selected = ui_device(view->ui);
    if (pane->rows <= 0 || model->count == 0)
        return;
    size_t rows = (size_t)pane->rows, first = 0;
    if (selected >= 0 && (size_t)selected >= rows)
        first = (size_t)selected - rows + 1;
    for (size_t i = 0; i < rows && first + i < model->count; i++) {
        const struct model_device *device = model->devices[first + i];
        int row = pane->row + (int)i;
        enum presence presence = model_presence(device, view->now_us);
        bool chosen = (int)(first + i) == selected;
        bool addressed = view->ui->all ? presence == PRESENCE_LIVE : chosen;
        if (addressed && model->count > 1)
            screen_put(pane->screen, row, 0, 1, ROLE_FOCUS, "▸");
        enum screen_role role = chosen && model->count > 1 ? ROLE_FOCUS : view_age_role(presence, ROLE_TEXT);
        screen_put(pane->screen, row, NAME_COLUMN, NAME_WIDTH, role, view_name(view, device));
        int end = pane->columns;
        if (i == 0 && model->count > 1) {
            char text[64];
            snprintf(text, sizeof text, "%d of %zu devices", selected + 1, model->count);
            int width = screen_width(text);
            // Where there is room for it beside the age.
            if (pane->columns >= COUNTED) {
                end = pane->columns - 1 - width;
                screen_put(pane->screen, row, end, width, ROLE_LABEL, text);
                end -= 2;
            }
        }
        put_state(pane, row, STATE_COLUMN, end, device);
    }
}
