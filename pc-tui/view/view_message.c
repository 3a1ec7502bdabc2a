// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

// The line under edit, scrolled so that its cursor is in sight. Returns the cursor's column.
static int put_line(const struct pane *pane, const struct line *line, const char *prompt)
{
    int column = pane->columns > 20 ? 1 : 0;
    column += view_put(pane, pane->row, column, pane->columns, ROLE_FOCUS, prompt);
    int room = pane->columns - column;
    if (room < 1)
        return pane->columns - 1;
    char before[LINE_SIZE];
    memcpy(before, line->text, line->cursor);
    before[line->cursor] = '\0';
    const char *start = before;
    // One cell stays free for the cursor behind the last character.
    while (*start && screen_width(start) > room - 1) {
        unsigned codepoint;
        size_t used = text_decode(start, strlen(start), &codepoint);
        start += used ? used : 1;
    }
    view_put(pane, pane->row, column, room, ROLE_TEXT, line->text + (start - before));
    return column + screen_width(start);
}

static void clear(const struct pane *pane)
{
    for (int column = 0; column < pane->columns; column++)
        view_put(pane, pane->row, column, 1, ROLE_TEXT, " ");
}

static int put_text(const struct pane *pane, enum screen_role role, const char *text)
{
    clear(pane);
    view_put_cut(pane, pane->row, pane->columns > 20 ? 1 : 0, pane->columns, role, text);
    return -1;
}

bool view_message_is_empty(const struct view *view)
{
    const struct ui *ui = view->ui;
    return ui->mode == UI_MAIN && !ui->hint[0] && !ui->filter[0] && ui->events_back == 0;
}

int view_message(const struct pane *pane)
{
    const struct ui *ui = pane->view->ui;
    char text[UI_HINT_SIZE + LINE_SIZE];
    switch (ui->mode) {
    case UI_COMMAND:
        clear(pane);
        return put_line(pane, &ui->line, ":");
    case UI_FILTER:
    case UI_HELP_SEARCH:
        clear(pane);
        return put_line(pane, &ui->line, "/");
    case UI_CONFIRM: {
        int64_t left_ms = ui->confirm_until_ms - pane->view->now_us / 1000;
        snprintf(text, sizeof text, " %s  y: yes, any other key: no  %d s ", ui->question_text,
            left_ms > 0 ? (int)((left_ms + 999) / 1000) : 0);
        return put_text(pane, ROLE_ALARM, text);
    }
    case UI_PICKER:
        clear(pane);
        return put_line(pane, &ui->line, "device: ");
    case UI_MAIN:
    case UI_HELP:
    case UI_ABOUT:
        break;
    }
    if (ui->hint[0]) {
        snprintf(text, sizeof text, "%s%s", ui->hint_is_problem ? "✗ " : "", ui->hint);
        return put_text(pane, ui->hint_is_problem ? ROLE_WRONG : ROLE_NOTICE, text);
    }
    const char *filter = ui->mode == UI_ABOUT ? "" : ui->mode == UI_HELP ? ui->help_filter : ui->filter;
    size_t back = ui->mode == UI_MAIN ? ui->events_back : 0;
    if (filter[0] && back > 0)
        snprintf(text, sizeof text, "/%s   %zu newer: PgDn", filter, back);
    else if (filter[0])
        snprintf(text, sizeof text, "/%s   Esc shows all again", filter);
    else if (back > 0)
        snprintf(text, sizeof text, "%zu newer: PgDn", back);
    else
        return -1;
    return put_text(pane, ROLE_LABEL, text);
}

void view_completion(const struct pane *pane)
{
    const struct ui *ui = pane->view->ui;
    if (ui->mode != UI_COMMAND || ui->offered.count == 0)
        return;
    // The row begins with a word from which on the inserted word is still in sight.
    size_t first = 0;
    int width = 1;
    for (size_t i = 0; ui->offered_at < ui->offered.count && i <= ui->offered_at; i++) {
        width += screen_width(ui->offered.words[i]) + 2;
        while (width > pane->columns && first < i)
            width -= screen_width(ui->offered.words[first++]) + 2;
    }
    clear(pane);
    int column = 1;
    for (size_t i = first; i < ui->offered.count && column < pane->columns; i++)
        column += view_put(pane, pane->row, column, pane->columns - column,
                      i == ui->offered_at ? ROLE_FOCUS : ROLE_LABEL, ui->offered.words[i]) +
                  2;
}
