// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <time.h>

#include "pc-tui/model/model_about.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { LABEL_COLUMN = 1, VALUE_COLUMN = 16, NARROW = 50, NARROW_COLUMN = 9 };

static void put_time(const struct pane *pane, int row, int column, int64_t time_s)
{
    char text[32] = "";
    struct tm local;
    time_t seconds = (time_t)time_s;
    if (localtime_r(&seconds, &local) && strftime(text, sizeof text, "  of %Y-%m-%d %H:%M", &local) > 0)
        view_put(pane, row, column, pane->columns - column, ROLE_LABEL, text);
}

static void put_rows(const struct pane *pane, int row, int rows, const struct model_device *device)
{
    static struct model_about_row about[MODEL_ABOUT_ROWS_MAX];
    size_t count = model_about_rows(device, about, MODEL_ABOUT_ROWS_MAX);
    size_t room = rows > 0 ? (size_t)rows : 0, top = pane->view->ui->help_top;
    int column = pane->columns < NARROW ? NARROW_COLUMN : VALUE_COLUMN;
    if (top + room > count)
        top = count > room ? count - room : 0;
    for (size_t i = 0; i < room && top + i < count; i++) {
        int at = row + (int)i;
        view_put(pane, at, LABEL_COLUMN, column - LABEL_COLUMN - 1, ROLE_LABEL, about[top + i].label);
        int used = view_put(pane, at, column, pane->columns - column, ROLE_TEXT, about[top + i].value);
        if (about[top + i].time_s != 0)
            put_time(pane, at, column + used, about[top + i].time_s);
    }
    if (top + room < count) {
        char more[32];
        snprintf(more, sizeof more, "%zu more ▾", count - top - room);
        view_put_right(pane, row + rows - 1, 0, pane->columns, ROLE_NOTICE, more);
    }
    if (count == 0 && rows > 0)
        view_wrap(pane, row, rows, pane->columns - 2, ROLE_NOTICE,
            "it has not told yet; nano-agent tells it after its first report, other programs do not");
}

void view_about(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    if (!device)
        return;
    int row = pane->row, rows = pane->rows;
    if (rows > 2) {
        char name[VIEW_NAME_SIZE];
        view_put(pane, row, LABEL_COLUMN, pane->columns - LABEL_COLUMN, ROLE_FOCUS,
            view_cut_middle(name, view_name(view, device), pane->columns - LABEL_COLUMN));
        row += 2;
        rows -= 2;
    }
    put_rows(pane, row, rows, device);
}
