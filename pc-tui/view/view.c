// SPDX-License-Identifier: MIT
#include "pc-tui/view/view.h"

#include <stdio.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum {
    TICK_US = 1000000, // the time of day and ages count on
    EVENTS_WANTED = 3,
    DEVICES_WANTED = 4,
    CHANNELS_WANTED = 8,
    GAPS = 4,
    TWO_PANES = 120,  // columns from which on the details stand beside the rest
    DETAILS_MIN = 40, // columns of the details
    DETAILS_MAX = 72,
    DETAILS_GAP = 2,
};

// Rows of each part.
struct rows {
    int gaps, header, devices, title, channels, explanation, health, events, message;
};

static int total(const struct rows *rows)
{
    return rows->gaps + rows->header + rows->devices + rows->title + rows->channels + rows->explanation +
           rows->health + rows->events + rows->message;
}

static void shrink(struct rows *rows, int room, int *part, int least)
{
    int over = total(rows) - room;
    if (over <= 0 || *part <= least)
        return;
    *part = *part - over > least ? *part - over : least;
}

// Rows for each part, the footer's apart. What is dropped first comes first.
static void share_rows(struct rows *rows, const struct view *view, int room, int columns, bool health)
{
    size_t devices = view->model->count;
    int channels = view_channels_rows(view, columns);
    char text[VIEW_SENTENCE_SIZE];
    enum screen_role role;
    bool explained = view_explanation(view, text, &role);
    int many = room / 6 > DEVICES_WANTED ? room / 6 : DEVICES_WANTED;
    *rows = (struct rows){
        .gaps = GAPS,
        .header = 1,
        .devices = devices > (size_t)many ? many : (int)devices,
        .title = devices > 1,
        .channels = channels,
        .explanation = explained ? view_wrap(NULL, 0, 0, columns - 2, role, text) : 0,
        .health = health,
        .events = EVENTS_WANTED,
        .message = 1,
    };
    // A long list of channels scrolls in what the others leave rather than pushing them out.
    shrink(rows, room, &rows->channels, channels < CHANNELS_WANTED ? channels : CHANNELS_WANTED);
    shrink(rows, room, &rows->gaps, 0);
    shrink(rows, room, &rows->explanation, 0);
    shrink(rows, room, &rows->health, 0);
    shrink(rows, room, &rows->devices, 1);
    shrink(rows, room, &rows->title, 0);
    shrink(rows, room, &rows->events, 1);
    shrink(rows, room, &rows->message, 0);
    shrink(rows, room, &rows->header, 0);
    shrink(rows, room, &rows->events, 0);
    shrink(rows, room, &rows->devices, 0);
    shrink(rows, room, &rows->channels, 0);
    int left = room - total(rows);
    if (left > 0)
        rows->events += left;
}

// Where each pane stands; one with no rows is not drawn.
struct layout {
    struct pane header, devices, title, channels, explanation, health, events, message, footer, details;
};

// Takes so many rows for a pane, and one more as a gap behind it while there are gaps left.
static void take_rows(struct pane *pane, int *row, int rows, int *gaps, bool gap)
{
    pane->row = *row;
    pane->rows = rows;
    *row += rows;
    if (gap && *gaps > 0 && rows > 0) {
        (*row)++;
        (*gaps)--;
    }
}

static void lay_out(struct layout *layout, struct screen *screen, const struct view *view)
{
    int rows = screen_rows(screen), columns = screen_columns(screen), row = 0;
    struct pane whole = {.screen = screen, .view = view, .columns = columns};
    const struct model_device *device = view_device(view);
    bool two = columns >= TWO_PANES && device && !device->tutorial;
    int details = columns / 3;
    details = details < DETAILS_MIN ? DETAILS_MIN : details > DETAILS_MAX ? DETAILS_MAX : details;
    struct pane main = whole;
    main.columns = two ? columns - details - DETAILS_GAP : columns;
    struct rows share;
    share_rows(&share, view, rows - 1, main.columns, !two && view_health(&whole));

    layout->header = layout->message = layout->footer = whole;
    layout->devices = layout->title = layout->channels = main;
    layout->explanation = layout->health = layout->events = main;
    int gaps = share.gaps;
    take_rows(&layout->header, &row, share.header, &gaps, true);
    int below_header = row;
    take_rows(&layout->devices, &row, share.devices, &gaps, true);
    take_rows(&layout->title, &row, share.title, &gaps, false);
    take_rows(&layout->channels, &row, share.channels, &gaps, share.explanation == 0);
    take_rows(&layout->explanation, &row, share.explanation, &gaps, true);
    take_rows(&layout->health, &row, share.health, &gaps, true);
    layout->events.row = row;
    layout->events.rows = rows - 1 - share.message - row;
    // A message without a row of its own lies over the last row of the events.
    layout->message.row = rows - 2;
    layout->message.rows = rows > 1;
    layout->footer.row = rows - 1;
    layout->footer.rows = share.message > 0 && view_message_is_empty(view) ? 2 : 1;
    layout->details = whole;
    layout->details.left = main.columns + DETAILS_GAP;
    layout->details.columns = details;
    layout->details.row = below_header;
    layout->details.rows = two ? rows - 1 - share.message - below_header : 0;
}

// Help and the list of devices take the whole screen, except for header and footer.
static void draw_list(struct screen *screen, const struct view *view, int rows, int columns)
{
    struct pane pane = {.screen = screen, .view = view, .rows = 1, .columns = columns};
    bool header = rows > 3;
    if (header)
        view_header(&pane);
    pane.row = header;
    pane.rows = rows - 2 - header;
    if (pane.rows > 0 && view->ui->mode == UI_PICKER)
        view_picker(&pane);
    else if (pane.rows > 0 && view->ui->mode == UI_ABOUT)
        view_about(&pane);
    else if (pane.rows > 0)
        view_help(&pane);
    pane.rows = 1;
    pane.row = rows - 1;
    view_footer(&pane, header);
    pane.row = rows - 2;
    int cursor = rows > 1 ? view_message(&pane) : -1;
    screen_end(screen, cursor >= 0 ? rows - 2 : rows - 1, cursor >= 0 ? cursor : 0, cursor >= 0);
}

// Names a device above its channels: the whole name, as long as there is room for it.
static void draw_title(const struct pane *pane, const char *name)
{
    static const char words[] = "channels of ";
    int room = pane->columns - 1, column = 1;
    char whole[VIEW_NAME_SIZE];
    if (screen_width(words) + screen_width(name) <= room)
        column += view_put(pane, pane->row, column, room, ROLE_LABEL, words);
    view_put(pane, pane->row, column, room, ROLE_LABEL, view_cut_middle(whole, name, room));
}

static void draw_main(struct screen *screen, const struct view *view)
{
    struct layout layout;
    lay_out(&layout, screen, view);
    const struct model_device *device = view_device(view);
    if (layout.header.rows > 0)
        view_header(&layout.header);
    view_devices(&layout.devices);
    if (layout.title.rows > 0 && device)
        draw_title(&layout.title, view_name(view, device));
    int cursor_row = view_channels(&layout.channels), cursor_column = 1;
    char text[VIEW_SENTENCE_SIZE];
    enum screen_role role;
    if (layout.explanation.rows > 0 && view_explanation(view, text, &role))
        view_wrap(&layout.explanation, layout.explanation.row, layout.explanation.rows,
            layout.explanation.columns - 2, role, text);
    view_health(&layout.health);
    if (layout.events.rows > 0)
        view_events(&layout.events);
    if (layout.details.rows > 0)
        view_details(&layout.details);
    int text_cursor = layout.message.rows > 0 ? view_message(&layout.message) : -1;
    struct pane above = layout.message;
    above.row--;
    if (above.row > 0)
        view_completion(&above);
    view_footer(&layout.footer, layout.header.rows > 0);
    if (text_cursor >= 0) {
        cursor_row = layout.message.row;
        cursor_column = text_cursor;
    }
    screen_end(screen, cursor_row, cursor_column, text_cursor >= 0);
}

static bool is_list(const struct ui *ui)
{
    return ui->mode == UI_HELP || ui->mode == UI_HELP_SEARCH || ui->mode == UI_PICKER || ui->mode == UI_ABOUT;
}

struct ui_hit view_hit(struct screen *screen, const struct view *view, int row, int column)
{
    struct ui_hit hit = {.device = -1, .channel = -1};
    struct layout layout;
    if (is_list(view->ui))
        return hit;
    lay_out(&layout, screen, view);
    const struct pane *devices = &layout.devices;
    if (column >= devices->columns)
        return hit;
    size_t device = view_devices_first(devices) + (size_t)(row - devices->row);
    if (row >= devices->row && row < devices->row + devices->rows && device < view->model->count)
        hit.device = (int)device;
    else
        view_channels_hit(&layout.channels, row, column, &hit);
    return hit;
}

void view_draw(struct screen *screen, const struct view *view)
{
    int rows = screen_rows(screen), columns = screen_columns(screen);
    screen_begin(screen);
    if (is_list(view->ui))
        draw_list(screen, view, rows, columns);
    else
        draw_main(screen, view);
}

int64_t view_next_us(const struct view *view)
{
    int64_t tick = view->now_us + TICK_US - view->wall_ms % 1000 * 1000,
            changes = model_next_us(view->model, view->now_us);
    return changes < tick ? changes : tick;
}
