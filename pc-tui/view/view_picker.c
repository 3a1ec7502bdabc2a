// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { NAME_COLUMN = 3, STATE_MIN = 20 };

void view_picker(const struct pane *pane)
{
    static size_t indices[MODEL_DEVICES_MAX];
    const struct view *view = pane->view;
    const struct ui *ui = view->ui;
    size_t count = ui_picker(ui, indices, MODEL_DEVICES_MAX);
    int width = 0, rows = pane->rows - 1;
    view_putf(pane, pane->row, 1, pane->columns, ROLE_LABEL, "Devices: %s%s   %zu of %zu",
        ui->line.text[0] ? "containing " : "all", ui->line.text, count, view->model->count);
    for (size_t i = 0; i < count; i++) {
        int wants = screen_width(view_name(view, view->model->devices[indices[i]]));
        width = wants > width ? wants : width;
    }
    int most = pane->columns - NAME_COLUMN - 1 - STATE_MIN;
    width = width < most ? width : most > 0 ? most : 0;
    if (count == 0)
        view_put(pane, pane->row + 1, 1, pane->columns, ROLE_NOTICE, "no device has that in its name");
    size_t first = rows > 0 && ui->picked >= (size_t)rows ? ui->picked - (size_t)rows + 1 : 0;
    for (int i = 0; i < rows && first + (size_t)i < count; i++) {
        const struct model_device *device = view->model->devices[indices[first + (size_t)i]];
        char name[VIEW_NAME_SIZE];
        bool picked = first + (size_t)i == ui->picked;
        int row = pane->row + 1 + i;
        if (picked)
            view_put(pane, row, 1, 1, ROLE_FOCUS, "▸");
        view_put(pane, row, NAME_COLUMN, width, picked ? ROLE_FOCUS : ROLE_TEXT,
            view_cut_middle(name, view_name(view, device), width));
        view_device_state(pane, row, NAME_COLUMN + width + 1, pane->columns, device);
    }
}
