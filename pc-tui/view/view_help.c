// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { KEYS_COLUMN = 1, KEYS_WIDTH = 15, TEXT_COLUMN = 17, NARROW = 40 };

void view_help(const struct pane *pane)
{
    static struct ui_help_row rows[UI_HELP_ROWS_MAX];
    const struct ui *ui = pane->view->ui;
    size_t count = ui_help(ui, screen_is_ascii(pane->screen), rows, UI_HELP_ROWS_MAX);
    size_t room = (size_t)pane->rows, top = ui->help_top;
    if (top + room > count)
        top = count > room ? count - room : 0;
    for (size_t i = 0; i < room && top + i < count; i++) {
        const struct ui_help_row *help = &rows[top + i];
        int row = pane->row + (int)i;
        if (help->heading) {
            view_put(pane, row, KEYS_COLUMN, pane->columns, ROLE_LABEL, help->text);
            continue;
        }
        int column = pane->columns < NARROW ? 8 : TEXT_COLUMN;
        int width = column - KEYS_COLUMN - 1;
        view_put(pane, row, KEYS_COLUMN, width > KEYS_WIDTH ? KEYS_WIDTH : width, ROLE_FOCUS, help->keys);
        view_put(pane, row, column, pane->columns - column, ROLE_TEXT, help->text);
    }
    if (count == 0)
        view_put(pane, pane->row, KEYS_COLUMN, pane->columns, ROLE_NOTICE, "no key has that in its help");
    if (top + room < count) {
        char more[32];
        snprintf(more, sizeof more, "%zu more ▾", count - top - room);
        int width = screen_width(more);
        view_put(pane, pane->row + pane->rows - 1, pane->columns - width, width, ROLE_NOTICE, more);
    }
}
