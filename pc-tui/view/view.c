// SPDX-License-Identifier: MIT
#include "pc-tui/view/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { TICK_US = 1000000, EVENTS_WANTED = 3, DEVICES_WANTED = 4, CHANNELS_WANTED = 8, GAPS = 4 };

struct layout {
    int gaps, header, devices, channels, health, events, message;
};

static int total(const struct layout *layout)
{
    return layout->gaps + layout->header + layout->devices + layout->channels + layout->health +
           layout->events + layout->message;
}

static void shrink(struct layout *layout, int rows, int *part, int least)
{
    int over = total(layout) - rows;
    if (over <= 0 || *part <= least)
        return;
    *part = *part - over > least ? *part - over : least;
}

// Rows for each pane, the footer's apart. What is dropped first comes first.
static void lay_out(struct layout *layout, const struct view *view, int rows, int columns, bool health)
{
    size_t devices = view->model->count;
    int channels = view_channels_rows(view, columns);
    int many = rows / 6 > DEVICES_WANTED ? rows / 6 : DEVICES_WANTED;
    *layout = (struct layout){
        .gaps = GAPS,
        .header = 1,
        .devices = devices > (size_t)many ? many : (int)devices,
        .channels = channels,
        .health = health,
        .events = EVENTS_WANTED,
        .message = 1,
    };
    // A long list of channels scrolls in what the others leave rather than pushing them out.
    shrink(layout, rows, &layout->channels, channels < CHANNELS_WANTED ? channels : CHANNELS_WANTED);
    shrink(layout, rows, &layout->gaps, 0);
    shrink(layout, rows, &layout->health, 0);
    shrink(layout, rows, &layout->devices, 1);
    shrink(layout, rows, &layout->events, 1);
    shrink(layout, rows, &layout->message, 0);
    shrink(layout, rows, &layout->header, 0);
    shrink(layout, rows, &layout->events, 0);
    shrink(layout, rows, &layout->devices, 0);
    shrink(layout, rows, &layout->channels, 0);
    int left = rows - total(layout);
    if (left > 0)
        layout->events += left;
}

static void draw_help(struct screen *screen, const struct view *view, int rows, int columns)
{
    struct pane pane = {screen, view, 0, 1, columns};
    bool header = rows > 3;
    if (header)
        view_header(&pane);
    pane.row = header;
    pane.rows = rows - 2 - header;
    if (pane.rows > 0)
        view_help(&pane);
    pane.rows = 1;
    pane.row = rows - 1;
    view_footer(&pane, header);
    pane.row = rows - 2;
    int cursor = rows > 1 ? view_message(&pane) : -1;
    screen_end(screen, cursor >= 0 ? rows - 2 : rows - 1, cursor >= 0 ? cursor : 0, cursor >= 0);
}

static void draw_main(struct screen *screen, const struct view *view, int rows, int columns)
{
    struct layout layout;
    struct pane pane = {screen, view, 0, 0, columns};
    bool health = view_health(&pane);
    lay_out(&layout, view, rows - 1, columns, health);

    if (layout.header)
        view_header(&pane);
    int gaps = layout.gaps;
    pane.row = layout.header;
    if (layout.header && gaps > 0) {
        pane.row++;
        gaps--;
    }
    pane.rows = layout.devices;
    view_devices(&pane);
    pane.row += pane.rows;
    if (pane.rows > 0 && gaps > 0) {
        pane.row++;
        gaps--;
    }
    pane.rows = layout.channels;
    int cursor_row = view_channels(&pane), cursor_column = 1;
    pane.row += pane.rows;
    if (gaps > 0) {
        pane.row++;
        gaps--;
    }
    pane.rows = layout.health;
    view_health(&pane);
    pane.row += pane.rows;
    if (pane.rows > 0 && gaps > 0) {
        pane.row++;
        gaps--;
    }
    pane.rows = rows - 1 - layout.message - pane.row;
    if (pane.rows > 0)
        view_events(&pane);

    // Without a row of its own a message lies over the last one.
    int text_cursor = -1;
    if (rows > 1) {
        struct pane message = {screen, view, rows - 2, 1, columns};
        text_cursor = view_message(&message);
        message.row--;
        if (message.row > 0)
            view_completion(&message);
    }
    struct pane footer = {screen, view, rows - 1, 1, columns};
    view_footer(&footer, layout.header);
    if (text_cursor >= 0) {
        cursor_row = rows - 2;
        cursor_column = text_cursor;
    }
    screen_end(screen, cursor_row, cursor_column, text_cursor >= 0);
}

void view_draw(struct screen *screen, const struct view *view)
{
    int rows = screen_rows(screen), columns = screen_columns(screen);
    screen_begin(screen);
    if (view->ui->mode == UI_HELP || view->ui->mode == UI_HELP_SEARCH)
        draw_help(screen, view, rows, columns);
    else
        draw_main(screen, view, rows, columns);
}

int64_t view_next_us(const struct view *view)
{
    int64_t tick = view->now_us + TICK_US, changes = model_next_us(view->model, view->now_us);
    return changes < tick ? changes : tick;
}
