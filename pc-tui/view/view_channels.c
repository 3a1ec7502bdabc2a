// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/view/view_format.h"

enum {
    NAME_MIN = 6, // as wide as the tutorial's names and a button's need
    NAME_MAX = 16,
    GAUGE_MIN = 9, // below that it shows nothing
    GAUGE_MAX = 120,
    BAR_MAX = 40,
};

// Where the columns of the pane stand; the same for every channel, so that signs and gauges line up.
struct columns {
    int sign;  // ◉ or the last digit of the lower limit
    int gauge; // first cell; width 0 = no room for any
    int gauge_width, bar_width;
    int upper, degrees, target, pulse; // first cells; -1 = no room
};

static void find_columns(const struct status *status, int width, struct columns *out)
{
    int name = NAME_MIN;
    for (size_t i = 0; i < status->count; i++) {
        const struct channel_id *id = &status->channels[i].id;
        // A servo's name begins where another's digit stands, and its lower limit takes three cells of the
        // rest.
        int wants = (int)strlen(id->name) + (id->kind == CHANNEL_SERVO ? 2 : 0);
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

static int place(const struct status_channel *channel, int tenths, int width)
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

static void gauge(const struct pane *pane, int row, const struct columns *at,
    const struct status_channel *channel, enum presence presence)
{
    struct screen *screen = pane->screen;
    int width = at->gauge_width;
    screen_put(screen, row, at->gauge, 1, ROLE_LABEL, "├");
    for (int i = 1; i < width - 1; i++)
        screen_put(screen, row, at->gauge + i, 1, ROLE_LABEL, "─");
    screen_put(screen, row, at->gauge + width - 1, 1, ROLE_LABEL, "┤");
    if (channel->min < 0 && channel->max > 0)
        screen_put(screen, row, at->gauge + place(channel, 0, width), 1, ROLE_LABEL, "┼");
    if (!channel->deg_known)
        return;
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING : ROLE_TEXT);
    if (channel->target_known && channel->target != channel->deg)
        screen_put(screen, row, at->gauge + place(channel, channel->target, width), 1, role,
            channel->target > channel->deg ? "▹" : "◃");
    screen_put(screen, row, at->gauge + place(channel, channel->deg, width), 1, role, "▮");
}

static void put_right(
    const struct pane *pane, int row, int column, int width, enum screen_role role, const char *text)
{
    int used = screen_width(text);
    screen_put(pane->screen, row, used < width ? column + width - used : column, width, role, text);
}

static void servo(const struct pane *pane, int row, const struct columns *at,
    const struct status_channel *channel, enum presence presence)
{
    char number[VIEW_NUMBER_SIZE], text[VIEW_NUMBER_SIZE + 8];
    int width = pane->columns;
    if (at->gauge_width) {
        bool known = channel->max > channel->min;
        if (known) {
            put_right(pane, row, at->sign - 3, 4, ROLE_LABEL, view_degrees(number, channel->min, true));
            snprintf(text, sizeof text, "%s%s", channel->max > 0 ? "+" : "",
                view_degrees(number, channel->max, true));
            screen_put(pane->screen, row, at->upper, 4, ROLE_LABEL, text);
            gauge(pane, row, at, channel, presence);
        }
    }
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING : ROLE_TEXT);
    if (presence == PRESENCE_TUTORIAL)
        return; // nobody reports, so there is nothing to say about where it is
    if (!channel->deg_known) {
        screen_put(pane->screen, row, at->degrees + 1, width, ROLE_LABEL, "unknown");
        return;
    }
    snprintf(text, sizeof text, "%s°", view_degrees(number, channel->deg, false));
    put_right(pane, row, at->degrees, 8, role, text);
    if (at->target >= 0 && channel->target_known && channel->target != channel->deg) {
        snprintf(text, sizeof text, " → %s°", view_degrees(number, channel->target, false));
        screen_put(pane->screen, row, at->target, 9, role, text);
    } else if (at->target >= 0 && channel->assumed) {
        screen_put(pane->screen, row, at->target, 9, view_age_role(presence, ROLE_NOTICE), " assumed");
    }
    if (at->pulse >= 0 && channel->driven && channel->us > 0) {
        snprintf(text, sizeof text, "%d µs", channel->us);
        put_right(pane, row, at->pulse, 9, view_age_role(presence, ROLE_LABEL), text);
    }
}

static void on_off(const struct pane *pane, int row, const struct columns *at,
    const struct status_channel *channel, enum presence presence)
{
    if (presence == PRESENCE_TUTORIAL)
        return;
    enum screen_role role = view_age_role(presence, channel->on ? ROLE_LIVE : ROLE_LABEL);
    screen_put(pane->screen, row, at->sign, 1, role, channel->on ? "◉" : "◌");
    if (channel->id.kind != CHANNEL_DIMMER) {
        screen_put(pane->screen, row, at->gauge, 3, role, channel->on ? "on" : "off");
        return;
    }
    int percent = channel->on ? channel->percent : 0, column = at->gauge;
    int full = (percent * at->bar_width + 50) / 100;
    for (int i = 0; i < at->bar_width; i++)
        screen_put(pane->screen, row, column++, 1, i < full ? view_age_role(presence, ROLE_TEXT) : ROLE_LABEL,
            i < full ? "█" : "─");
    screen_putf(pane->screen, row, column, 8, view_age_role(presence, ROLE_TEXT), "%4d %%", channel->percent);
}

static void channel_row(
    const struct pane *pane, int row, const struct columns *at, const struct model_device *device, int index)
{
    const struct view *view = pane->view;
    const struct ui *ui = view->ui;
    const struct status_channel *channel = &device->status->channels[index];
    enum presence presence = model_presence(device, view->now_us);
    bool chosen = index == ui_servo(ui) || index == ui_output(ui);
    bool focused = index == (ui->focus_output ? ui_output(ui) : ui_servo(ui));
    int digit = ui_digit(ui, index), column = channel->id.kind == CHANNEL_SERVO ? 3 : 5;
    if (chosen)
        screen_put(pane->screen, row, 1, 1, focused ? ROLE_FOCUS : ROLE_LABEL, "▸");
    if (digit > 0)
        screen_putf(pane->screen, row, 3, 1, ROLE_LABEL, "%d", digit);
    enum screen_role role = view_age_role(presence, channel->moving ? ROLE_MOVING
                                                    : focused       ? ROLE_FOCUS
                                                                    : ROLE_TEXT);
    screen_put(pane->screen, row, column, at->sign - column - (column == 3 ? 2 : 1), role, channel->id.name);
    if (channel->id.kind == CHANNEL_SERVO)
        servo(pane, row, at, channel, presence);
    else
        on_off(pane, row, at, channel, presence);
}

int view_channels_rows(const struct view *view, int columns)
{
    char advice[VIEW_ADVICE_SIZE];
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
    char advice[VIEW_ADVICE_SIZE];
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
        struct columns at;
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
