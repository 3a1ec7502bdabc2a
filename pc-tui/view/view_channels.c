// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_kind.h"
#include "pc-tui/view/view_pane.h"

enum {
    NAME_CELLS_MIN = 6, // as wide as the tutorial's names and a button's need
    NAME_CELLS_MAX = 16,
    GAUGE_MIN = 9,  // below that it shows nothing
    GAUGE_MAX = 60, // a longer gauge says no more
    BAR_MAX = 40,
};

static view_kind_draw *const draw_kind[] = {
    [CHANNEL_SERVO] = view_servo,
    [CHANNEL_SWITCH] = view_switch,
    [CHANNEL_DIMMER] = view_dimmer,
    [CHANNEL_INPUT] = view_switch,
    [CHANNEL_MOTOR] = view_motor,
};

static void find_columns(const struct status *status, int width, struct view_columns *out)
{
    int name = NAME_CELLS_MIN;
    for (size_t i = 0; i < status->count; i++) {
        const struct channel_id *id = &status->channels[i].id;
        // A servo's name begins where the digit of an output stands, and its lower limit takes three cells of the rest.
        int wants = (int)strlen(id->name) + (model_kind(id->kind)->selection == SELECTION_SERVO ? 2 : 0);
        if (wants > name)
            name = wants;
    }
    if (name > NAME_CELLS_MAX)
        name = NAME_CELLS_MAX;
    if (width < 40 && name > 8)
        name = 8;
    out->sign = 5 + name + 1;
    out->gauge = out->sign + 2;
    int right = 5 + 8 + 9 + 9; // cells of the upper limit, the degrees, the target and the pulse
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
    bool chosen = index == ui_servo(ui) || index == ui_output(ui) || index == ui_motor(ui);
    bool focused = index == ui_focused(ui);
    bool has_digit = !model_is_servo(channel) && !model_is_motor(channel); // or the place for one
    int digit = ui_digit(ui, index), column = has_digit ? 5 : 3;
    char name[VIEW_NAME_SIZE];
    if (chosen)
        view_put(pane, row, 1, 1, focused ? ROLE_FOCUS : ROLE_LABEL, "▸");
    if (digit > 0 && !channel->fault[0])
        view_putf(pane, row, 3, 1, ROLE_LABEL, "%d", digit);
    enum screen_role role = view_age_role(presence, kind_moves(channel) ? ROLE_MOVING
                                                    : focused           ? ROLE_FOCUS
                                                                        : ROLE_TEXT);
    if (channel->fault[0]) {
        char text[VIEW_SENTENCE_SIZE];
        snprintf(text, sizeof text, "✗ %s: %s", channel->id.name, channel->fault);
        view_put_cut(pane, row, 3, pane->columns - 3, view_age_role(presence, ROLE_WRONG), text);
        return;
    }
    int width = at->sign - column - (has_digit ? 1 : 2);
    view_put(pane, row, column, width, role, view_cut_middle(name, channel->id.name, width));
    enum channel_kind kind = channel->id.kind;
    if ((unsigned)kind < sizeof draw_kind / sizeof *draw_kind && draw_kind[kind])
        draw_kind[kind](pane, row, at, channel, presence);
    else
        view_put(pane, row, at->gauge, pane->columns, ROLE_NOTICE, "✗ unreadable");
}

int view_channels_rows(const struct view *view, int columns)
{
    char text[VIEW_SENTENCE_SIZE];
    enum screen_role role;
    const struct model_device *device = view_device(view);
    int rows = device ? (int)device->status->count : 0;
    if (view_advice(view, text, &role))
        rows += view_wrap(NULL, 0, 0, columns - 2, role, text) + (rows > 0 && columns > 40);
    return rows;
}

// Which channels the pane shows, and what stands below them.
struct part {
    int first, room; // channels shown
    bool advised;    // there is advice below
    int advice_rows;
    char text[VIEW_SENTENCE_SIZE];
    enum screen_role role;
};

static void find_part(const struct pane *pane, struct part *out)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    int count = device ? (int)device->status->count : 0;
    out->advised = view_advice(view, out->text, &out->role);
    out->advice_rows = out->advised ? view_wrap(NULL, 0, 0, pane->columns - 2, out->role, out->text) : 0;
    // What is wrong comes first in worth: the channels give way to it, down to the selected one.
    out->room = pane->rows - out->advice_rows;
    if (out->room < 1 && count > 0 && pane->rows > 1)
        out->room = 1;
    if (out->room > count)
        out->room = count;
    if (out->room < 0)
        out->room = 0;
    int focused = ui_focused(view->ui);
    out->first = focused >= out->room ? focused - out->room + 1 : 0;
    if (out->first > count - out->room)
        out->first = count - out->room;
}

int view_channels(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    struct part part = {.advised = false};
    int row = pane->row, rows = pane->rows, cursor = pane->row;
    if (rows <= 0)
        return cursor;
    find_part(pane, &part);
    if (part.room > 0 && device) {
        struct view_columns at;
        find_columns(device->status, pane->columns, &at);
        for (int i = 0; i < part.room; i++) {
            channel_row(pane, row + i, &at, device, part.first + i);
            if (part.first + i == ui_focused(view->ui))
                cursor = row + i;
        }
        int below = (int)device->status->count - part.first - part.room;
        if (below > 0) {
            char more[32];
            snprintf(more, sizeof more, "%d more ▾", below);
            view_put_right(pane, row + part.room - 1, 0, pane->columns, ROLE_NOTICE, more);
        }
        row += part.room;
        rows -= part.room;
        if (rows > part.advice_rows) {
            row++;
            rows--;
        }
    }
    if (part.advised && rows > 0)
        view_wrap(pane, row, rows, pane->columns - 2, part.role, part.text);
    return cursor;
}

void view_channels_hit(const struct pane *pane, int row, int column, struct ui_hit *hit)
{
    const struct model_device *device = view_device(pane->view);
    struct part part = {.advised = false};
    struct view_columns at;
    if (!device || pane->rows <= 0)
        return;
    find_part(pane, &part);
    int line = row - pane->row;
    if (line < 0 || line >= part.room)
        return;
    hit->channel = part.first + line;
    const struct status_channel *channel = &device->status->channels[hit->channel];
    find_columns(device->status, pane->columns, &at);
    int cell = column - at.gauge;
    if (!model_is_servo(channel) || channel->fault[0] || channel->max <= channel->min || cell < 0 ||
        cell >= at.gauge_width)
        return;
    hit->on_gauge = true;
    hit->tenths = view_gauge_tenths(channel, cell, at.gauge_width);
}
