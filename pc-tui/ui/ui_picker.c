// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_picker.h"

#include <string.h>

#include "pc-tui/ui/ui_select.h"

enum { PAGE = 10 };

size_t ui_picker(const struct ui *ui, size_t *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < ui->model->count; i++) {
        const char *label = model_label(ui->model, ui->model->devices[i]);
        if (ui->line.text[0] && !strcasestr(label, ui->line.text))
            continue;
        if (count < max)
            out[count] = i;
        count++;
    }
    return count;
}

unsigned ui_picker_open(struct ui *ui)
{
    int selected = ui_device(ui);
    ui->mode = UI_PICKER;
    line_clear(&ui->line);
    ui->picked = selected > 0 ? (size_t)selected : 0;
    return UI_REDRAW;
}

static unsigned close_picker(struct ui *ui)
{
    ui->mode = UI_MAIN;
    line_clear(&ui->line);
    return UI_REDRAW;
}

static unsigned select_picked(struct ui *ui)
{
    static size_t indices[MODEL_DEVICES_MAX];
    size_t count = ui_picker(ui, indices, MODEL_DEVICES_MAX);
    if (ui->picked >= count)
        return UI_REDRAW; // nothing passes the filter
    return close_picker(ui) | ui_choose_device(ui, indices[ui->picked]);
}

// Moves within the list and stays at its ends.
static unsigned move(struct ui *ui, int by)
{
    size_t count = ui_picker(ui, NULL, 0);
    size_t last = count > 0 ? count - 1 : 0;
    size_t far = by < 0 ? (size_t)-by : (size_t)by;
    if (by < 0)
        ui->picked -= ui->picked < far ? ui->picked : far;
    else
        ui->picked = ui->picked + far < last ? ui->picked + far : last;
    return UI_REDRAW;
}

unsigned ui_picker_key(struct ui *ui, const struct key_event *event, const char *key)
{
    switch (event->code) {
    case KEYCODE_UP:
        return move(ui, -1);
    case KEYCODE_DOWN:
        return move(ui, 1);
    case KEYCODE_PAGE_UP:
        return move(ui, -PAGE);
    case KEYCODE_PAGE_DOWN:
        return move(ui, PAGE);
    case KEYCODE_ENTER:
        return select_picked(ui);
    case KEYCODE_ESCAPE:
        return close_picker(ui);
    case KEYCODE_BACKSPACE:
        line_backspace(&ui->line);
        break;
    case KEYCODE_CHARACTER:
        if (event->modifiers == 0)
            line_insert(&ui->line, event->codepoint);
        else if (strcmp(key, "<C-u>") == 0)
            line_clear(&ui->line);
        break;
    default:
        return 0;
    }
    ui->picked = 0;
    return UI_REDRAW;
}
