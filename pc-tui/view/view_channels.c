// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_kind.h"
#include "pc-tui/view/view_pane.h"

enum {
    NAME_MIN = 6, // as wide as the tutorial's names and a button's need
    NAME_MAX = 16,
    GAUGE_MIN = 9, // below that it shows nothing
    GAUGE_MAX = 120,
    BAR_MAX = 40,
};

static view_kind_draw *const draw_kind[] = {
    [CHANNEL_SERVO] = view_servo,
    [CHANNEL_SWITCH] = view_switch,
    [CHANNEL_DIMMER] = view_dimmer,
    [CHANNEL_INPUT] = view_switch,
};

static void find_columns(const struct status *status, int width, struct view_columns *out)
{
    int name = NAME_MIN;
    for (size_t i = 0; i < status->count; i++) {
        const struct channel_id *id = &status->channels[i].id;
        // A servo's name begins where another's digit stands, and its lower limit takes three cells of the
        // rest.
        int wants = (int)strlen(id->name) + (model_kind(id->kind)->selection == SELECTION_SERVO ? 2 : 0);
        if (wants > name)
            name = wants;
    }
    if (name > NAME_MAX)
        name = NAME_MAX;
    if (width < 40 && name > 8)
        name = 8;
    out->sign = 5 + name + 1;
    out->gauge = out->sign + 2;
    int right = 5 + 8 + 9 + 9; // upper limit, degrees, target, pulse
    out->gauge_width = width - out->gauge - right;
    bool pulse = true, target = true;
    if (out->gauge_width < GAUGE_MIN + 4) {
        pulse = false;
        right -= 9;
    }
    if (width - out->gauge - right < GAUGE_MIN) {
        target = false;
        right -= 9;
    }
    out->gauge_width = width - out->gauge - right;
    if (out->gauge_width > GAUGE_MAX)
        out->gauge_width = GAUGE_MAX;
    if (out->gauge_width < GAUGE_MIN)
        out->gauge_width = 0;
    out->bar_width = out->gauge_width > 6 ? out->gauge_width * 2 / 3 : 0;
    if (out->bar_width > BAR_MAX)
        out->bar_width = BAR_MAX;
    out->upper = out->gauge_width ? out->gauge + out->gauge_width + 1 : -1;
    out->degrees = out->gauge_width ? out->gauge + out->gauge_width + 5 : out->sign - 3;
    out->target = target ? out->degrees + 8 : -1;
    out->pulse = pulse && target ? out->target + 9 : -1;
}

static void channel_row(const struct pane *pane, int row, const struct view_columns *at,
    const struct model_device *device, int index)
{
    const struct view *view = pane->view;
    const struct ui *ui = view->ui;
    const struct status_channel *channel = &device->status->channels[index];
    enum presence presence = model_presence(device, view->now_us);
    bool chosen = index == ui_servo(ui) || index == ui_output(ui);
    bool focused = index == (ui->focus_output ? ui_output(ui) : ui_servo(ui));
    int digit = ui_digit(ui, index), column = model_is_servo(channel) ? 3 : 5;
    if (chosen)
        screen_put(pane->screen, row, 1, 1, focused ? ROLE_FOCUS : ROLE_LABEL, "▸");
    if (digit > 0)
        screen_putf(pane->screen, row, 3, 1, ROLE_LABEL, "%d", digit);
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING
                                                    : focused       ? ROLE_FOCUS
                                                                    : ROLE_TEXT);
    screen_put(pane->screen, row, column, at->sign - column - (column == 3 ? 2 : 1), role, channel->id.name);
    enum channel_kind kind = channel->id.kind;
    if ((unsigned)kind < sizeof draw_kind / sizeof *draw_kind && draw_kind[kind])
        draw_kind[kind](pane, row, at, channel, presence);
}

int view_channels_rows(const struct view *view, int columns)
{
    char advice[VIEW_SENTENCE_SIZE];
    enum screen_role role;
    const struct model_device *device = view_device(view);
    int rows = device ? (int)device->status->count : 0;
    if (view_advice(view, advice, &role))
        rows += view_wrap(NULL, 0, 0, columns - 2, role, advice) + (rows > 0 && columns > 40);
    return rows;
}

int view_channels(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    char advice[VIEW_SENTENCE_SIZE];
    enum screen_role advice_role;
    int row = pane->row, rows = pane->rows, cursor = pane->row;
    bool advised = view_advice(view, advice, &advice_role);
    int count = device ? (int)device->status->count : 0;
    int said = advised ? view_wrap(NULL, 0, 0, pane->columns - 2, advice_role, advice) : 0;
    if (rows <= 0)
        return cursor;
    // What is wrong comes first in worth: the channels give way to it, down to the selected one.
    int room = rows - said;
    if (room < 1 && count > 0 && rows > 1)
        room = 1;
    if (room > count)
        room = count;
    if (room > 0 && device) {
        struct view_columns at;
        find_columns(device->status, pane->columns, &at);
        int focused = view->ui->focus_output ? ui_output(view->ui) : ui_servo(view->ui);
        int first = focused >= room ? focused - room + 1 : 0;
        if (first > count - room)
            first = count - room;
        for (int i = 0; i < room; i++) {
            channel_row(pane, row + i, &at, device, first + i);
            if (first + i == focused)
                cursor = row + i;
        }
        if (first + room < count) {
            char more[32];
            snprintf(more, sizeof more, "%d more ▾", count - first - room);
            int width = screen_width(more);
            screen_put(pane->screen, row + room - 1, pane->columns - width, width, ROLE_NOTICE, more);
        }
        row += room;
        rows -= room;
        if (rows > said) {
            row++;
            rows--;
        }
    }
    if (advised && rows > 0)
        view_wrap(pane, row, rows, pane->columns - 2, advice_role, advice);
    return cursor;
}
