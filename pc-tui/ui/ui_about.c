// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_about.h"

#include <string.h>

#include "pc-tui/model/model_about.h"
#include "pc-tui/ui/ui_action.h"

enum { FRAME_ROWS = 5 }; // of the screen that the rows cannot have: header, title, two blank rows, the footer

unsigned ui_about_open(struct ui *ui)
{
    ui->mode = UI_ABOUT;
    ui->help_top = 0;
    return UI_REDRAW;
}

unsigned ui_about_key(struct ui *ui, const char *key)
{
    enum action id = actions_by_key(key, 0);
    if (strcmp(key, "q") != 0 && id != ACTION_ABOUT && id != ACTION_CLOSE && id != ACTION_HELP)
        return 0;
    ui->mode = UI_MAIN;
    ui->hint[0] = '\0';
    return UI_REDRAW;
}

size_t ui_about_last_top(const struct ui *ui)
{
    static struct model_about_row rows[MODEL_ABOUT_ROWS_MAX];
    const struct model_device *device = model_find(ui->model, ui->device, NULL);
    size_t count = device ? model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX) : 0;
    size_t shown = ui->rows > FRAME_ROWS ? (size_t)(ui->rows - FRAME_ROWS) : 1;
    return count > shown ? count - shown : 0;
}
