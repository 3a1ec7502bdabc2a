// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { MARK_COLUMN = 14, TEXT_COLUMN = 16, LINE_COLUMN = 28, TURNS_MAX = 4 };

// A row of the pane: an event, and how many events it stands for.
struct row {
    const struct journal_event *event; // the newest of them
    unsigned count;
};

static bool pending(const struct journal_event *event)
{
    return event->kind == JOURNAL_COMMAND && event->stage < JOURNAL_DONE;
}

static unsigned flags_of(const struct pane *pane)
{
    return (screen_is_ascii(pane->screen) ? JOURNAL_ASCII : 0) |
           (pane->view->model->count > 1 ? JOURNAL_NAMES : 0);
}

static bool passes(const struct pane *pane, const struct journal_event *event)
{
    char line[JOURNAL_LINE_SIZE], whole[JOURNAL_LINE_SIZE + PROTOCOL_CMD_SIZE + 2];
    const struct view *view = pane->view;
    if (!view->ui->filter[0])
        return true;
    journal_describe(line, event, view->root, flags_of(pane));
    snprintf(whole, sizeof whole, "%s  %s", event->text, line);
    return ui_filter_passes(view->ui, whole);
}

// Leaves out the part that begins at `part`, up to the two blanks that end it.
static void leave_out(char *part)
{
    char *next = strstr(part, "  ");
    if (!next)
        return;
    next += 2;
    memmove(part, next, strlen(next) + 1);
}

// Makes a line fit: the broker's time goes first, then the start. How a command ended is worth more than the way there.
static void shorten(char *line, int width)
{
    char *broker = strstr(line, "✓ broker");
    if (!broker)
        broker = strstr(line, "ok broker");
    if (broker && screen_width(line) > width)
        leave_out(broker);
    while (screen_width(line) > width && strstr(line, "  "))
        leave_out(line);
}

static void put_event(const struct pane *pane, int row, const struct row *shown)
{
    const struct journal_event *event = shown->event;
    char clock[VIEW_NUMBER_SIZE], line[JOURNAL_LINE_SIZE];
    bool failed = journal_failed(event);
    bool limit = event->kind != JOURNAL_NOTICE && !failed && event->result == RESULT_LIMIT;
    journal_describe(line, event, pane->view->root, flags_of(pane));

    // Where there is little room the time of day is the first to go.
    int shift = pane->columns < 60 ? MARK_COLUMN - 1 : 0, end = pane->columns;
    if (shift == 0)
        view_put(pane, row, 1, end, ROLE_LABEL, view_clock(clock, event->wall_ms, true));
    if (failed)
        view_put(pane, row, MARK_COLUMN - shift, 1, ROLE_WRONG, "✗");
    else if (event->kind == JOURNAL_COMMAND)
        view_put(pane, row, MARK_COLUMN - shift, 1, pending(event) ? ROLE_MOVING : ROLE_LIVE, "▴");
    enum screen_role role = failed                          ? ROLE_WRONG
                            : limit                         ? ROLE_NOTICE
                            : pending(event)                ? ROLE_MOVING
                            : event->kind == JOURNAL_OTHERS ? ROLE_NOTICE
                                                            : ROLE_TEXT;
    int column = TEXT_COLUMN - shift;
    column += view_put_cut(pane, row, column, end - column, role, event->text);
    if (shown->count > 1)
        column += view_putf(pane, row, column, end - column, ROLE_NOTICE, " ×%u", shown->count);
    if (!line[0])
        return;
    column = column + 1 > LINE_COLUMN - shift ? column + 2 : LINE_COLUMN - shift;
    role = failed ? ROLE_WRONG : limit ? ROLE_NOTICE : ROLE_TEXT;
    shorten(line, end - column);
    view_put_cut(pane, row, column, end - column, role, line);
}

// A key held at the limit is one row with a count, instead of many that push the rest out. What others do wrong again and
// again is folded even where it comes in turns from several devices.
static struct row *find_alike(struct row *rows, size_t count, const struct journal_event *event)
{
    bool in_turns = event->kind == JOURNAL_OTHERS && journal_failed(event);
    for (size_t back = 1; back <= count && back <= (in_turns ? TURNS_MAX : 1); back++) {
        if (journal_alike(rows[count - back].event, event))
            return &rows[count - back];
    }
    return NULL;
}

void view_events(const struct pane *pane)
{
    const struct view *view = pane->view;
    struct row rows[JOURNAL_MAX];
    size_t skip = view->ui->events_back, room = (size_t)pane->rows, count = 0;
    if (room > JOURNAL_MAX)
        room = JOURNAL_MAX;
    for (size_t back = 0;; back++) {
        const struct journal_event *event = journal_at(&view->model->journal, back);
        if (!event)
            break;
        if (!passes(pane, event))
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        struct row *same = find_alike(rows, count, event);
        if (same) {
            same->count++;
            continue;
        }
        if (count == room)
            break;
        rows[count++] = (struct row){.event = event, .count = 1};
    }
    for (size_t i = 0; i < count; i++)
        put_event(pane, pane->row + (int)i, &rows[count - 1 - i]);
}
