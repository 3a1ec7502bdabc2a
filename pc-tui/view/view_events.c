// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { MARK_COLUMN = 14, TEXT_COLUMN = 16, LINE_COLUMN = 28 };

static bool pending(const struct journal_event *event)
{
    return event->kind == JOURNAL_COMMAND && event->stage < JOURNAL_DONE;
}

static bool passes(const struct view *view, const struct journal_event *event, bool ascii)
{
    char line[JOURNAL_LINE_SIZE], whole[JOURNAL_LINE_SIZE + PROTOCOL_CMD_SIZE + 2];
    if (!view->ui->filter[0])
        return true;
    snprintf(whole, sizeof whole, "%s  %s", event->text, journal_describe(line, event, view->root, ascii));
    return ui_filter_passes(view->ui, whole);
}

static void put_event(const struct pane *pane, int row, const struct journal_event *event)
{
    char clock[VIEW_NUMBER_SIZE], line[JOURNAL_LINE_SIZE];
    struct screen *screen = pane->screen;
    bool failed = journal_failed(event);
    bool limit = event->kind != JOURNAL_NOTICE && !failed && event->result == RESULT_LIMIT;
    journal_describe(line, event, pane->view->root, screen_is_ascii(screen));

    // Narrow: the time of day is the first to go.
    int shift = pane->columns < 60 ? MARK_COLUMN - 1 : 0, end = pane->columns;
    if (shift == 0)
        screen_put(screen, row, 1, end, ROLE_LABEL, view_clock(clock, event->wall_ms, true));
    if (failed)
        screen_put(screen, row, MARK_COLUMN - shift, 1, ROLE_WRONG, "✗");
    else if (event->kind == JOURNAL_COMMAND)
        screen_put(screen, row, MARK_COLUMN - shift, 1, pending(event) ? ROLE_MOVING : ROLE_LIVE, "▴");
    enum screen_role role = failed                          ? ROLE_WRONG
                            : limit                         ? ROLE_NOTICE
                            : pending(event)                ? ROLE_MOVING
                            : event->kind == JOURNAL_OTHERS ? ROLE_NOTICE
                                                            : ROLE_TEXT;
    int column = TEXT_COLUMN - shift;
    column += screen_put(screen, row, column, end - column, role, event->text);
    if (!line[0])
        return;
    column = column + 1 > LINE_COLUMN - shift ? column + 2 : LINE_COLUMN - shift;
    role = failed ? ROLE_WRONG : limit ? ROLE_NOTICE : ROLE_TEXT;
    // Too long: how it ended is worth more than the way there.
    const char *rest = line;
    for (const char *gap; screen_width(rest) > end - column && (gap = strstr(rest, "  "));)
        rest = gap + 2;
    screen_put(screen, row, column, end - column, role, rest);
}

void view_events(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct journal *journal = &view->model->journal;
    bool ascii = screen_is_ascii(pane->screen);
    const struct journal_event *shown[JOURNAL_MAX];
    size_t skip = view->ui->events_back, room = (size_t)pane->rows, count = 0;
    for (size_t back = 0; count < room && count < JOURNAL_MAX; back++) {
        const struct journal_event *event = journal_at(journal, back);
        if (!event)
            break;
        if (!passes(view, event, ascii))
            continue;
        if (skip > 0)
            skip--;
        else
            shown[count++] = event;
    }
    for (size_t i = 0; i < count; i++)
        put_event(pane, pane->row + (int)i, shown[count - 1 - i]);
}
