// SPDX-License-Identifier: MIT
// What the screen says about the keys, made from the one table.
#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui_select.h"

enum { PRESET_WORTH = 5 };    // the footer leaves out what is worth less before a preset
enum { HELP_FRAME_ROWS = 3 }; // of the screen that help cannot have: its title, a blank row, the footer

struct rows {
    struct ui_help_row *rows;
    size_t count, max;
    const char *search;
};

// Case matters to no search: an operator looks for "stop" or "STOP".
static bool contains(const char *text, const char *part)
{
    return !*part || strcasestr(text, part) != NULL;
}

static void add(
    struct rows *rows, const char *heading, const char **pending, const char *keys, const char *text)
{
    if (!contains(keys, rows->search) && !contains(text, rows->search) && !contains(heading, rows->search))
        return;
    if (*pending && rows->count < rows->max) {
        struct ui_help_row *row = &rows->rows[rows->count++];
        *row = (struct ui_help_row){.heading = true};
        snprintf(row->text, sizeof row->text, "%s", *pending);
        *pending = NULL;
    }
    if (rows->count < rows->max) {
        struct ui_help_row *row = &rows->rows[rows->count++];
        *row = (struct ui_help_row){.heading = false};
        snprintf(row->keys, sizeof row->keys, "%s", keys);
        snprintf(row->text, sizeof row->text, "%s", text);
    }
}

static const struct {
    const char *keys, *ascii, *text;
} line_keys[] = {
    {"Enter", NULL, "send the line, or keep the filter"},
    {"Esc", NULL, "close the line"},
    {"Tab Shift-Tab", NULL, "complete; again: the next or previous word"},
    {"↑ ↓", "Up Down", "older and newer lines; they never move anything here"},
    {"Ctrl-A Ctrl-E", NULL, "to the begin and the end"},
    {"Ctrl-W Ctrl-U Ctrl-K", NULL, "erase the word, all before, all after the cursor"},
    {"SPACE", NULL, "a blank; STOP too while something of ours moves"},
};

size_t ui_help(const struct ui *ui, bool ascii, struct ui_help_row *out, size_t max)
{
    struct rows rows = {.rows = out, .max = max, .search = ui->help_filter};
    char keys[ACTION_KEYS_SIZE];
    for (int group = 0; group < GROUP_COUNT; group++) {
        const char *heading = actions_group_name((enum action_group)group), *pending = heading;
        for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
            if (actions_info((enum action)id)->group == (enum action_group)group)
                add(&rows, heading, &pending, actions_show_keys(keys, (enum action)id, ascii),
                    actions_info((enum action)id)->help);
    }
    const char *heading = "Presets", *pending = heading;
    for (size_t i = 0; i < ui->options.preset_count; i++) {
        const struct ui_preset *preset = &ui->options.presets[i];
        char text[sizeof out->text];
        snprintf(text, sizeof text, "%s (%.80s)", preset->label, preset->command);
        add(&rows, heading, &pending, actions_show_key(keys, preset->key, ascii), text);
    }
    heading = pending = "In a text line";
    for (size_t i = 0; i < sizeof line_keys / sizeof *line_keys; i++)
        add(&rows, heading, &pending, ascii && line_keys[i].ascii ? line_keys[i].ascii : line_keys[i].keys,
            line_keys[i].text);
    return rows.count;
}

size_t ui_help_last_top(const struct ui *ui)
{
    struct ui_help_row rows[UI_HELP_ROWS_MAX];
    size_t count = ui_help(ui, true, rows, UI_HELP_ROWS_MAX);
    size_t shown = ui->rows > HELP_FRAME_ROWS ? (size_t)(ui->rows - HELP_FRAME_ROWS) : 1;
    return count > shown ? count - shown : 0;
}

bool ui_filter_passes(const struct ui *ui, const char *text)
{
    return contains(text, ui->filter);
}

static size_t put(struct footer_item *items, size_t count, size_t max, const char *keys, const char *label)
{
    if (count == max)
        return count;
    snprintf(items[count].keys, sizeof items[count].keys, "%s", keys);
    snprintf(items[count].label, sizeof items[count].label, "%s", label);
    snprintf(items[count].brief, sizeof items[count].brief, "%s", label);
    items[count].worth = PRESET_WORTH;
    return count + 1;
}

size_t ui_footer(const struct ui *ui, bool ascii, struct footer_item *items, size_t max)
{
    char keys[ACTION_KEYS_SIZE];
    size_t count = 0;
    if (ui->mode == UI_MAIN) {
        const struct status_channel *tilt = ui_tilt_servo(ui), *pan = ui_pan_servo(ui);
        const struct status_channel *dimmer = ui_channel(ui, ui_dimmer(ui)), *steer = ui_steer_servo(ui);
        const struct footer_names names = {.step = ui->step,
            .speed = ui_speed(ui),
            .motor = ui->motor,
            .steer = steer ? steer->id.name : "",
            .tilt = tilt ? tilt->id.name : "",
            .pan = pan ? pan->id.name : "",
            .output = ui->output,
            .dimmer = dimmer ? dimmer->id.name : ""};
        count = actions_footer(ui_have(ui), &names, ascii, items, max);
        for (size_t i = 0; i < ui->options.preset_count; i++)
            count = put(items, count, max, actions_show_key(keys, ui->options.presets[i].key, ascii),
                ui->options.presets[i].label);
        return count;
    }
    const char *updown = ascii ? "Up/Down" : "↑↓";
    count = put(items, count, max, "SPACE", "STOP");
    switch (ui->mode) {
    case UI_COMMAND:
        count = put(items, count, max, "Enter", "send");
        count = put(items, count, max, "Tab", "complete");
        count = put(items, count, max, updown, "history");
        return put(items, count, max, "Esc", "close");
    case UI_FILTER:
    case UI_HELP_SEARCH:
        count = put(items, count, max, "Enter", "keep");
        count = put(items, count, max, updown, "scroll");
        return put(items, count, max, "Esc", "close");
    case UI_HELP:
        count = put(items, count, max, updown, "scroll");
        count = put(items, count, max, "/", "search");
        return put(items, count, max, "q", "close");
    case UI_ABOUT:
        count = put(items, count, max, updown, "scroll");
        return put(items, count, max, "q", "close");
    case UI_CONFIRM:
        count = put(items, count, max, "y", "yes");
        return put(items, count, max, "any other key", "cancel");
    case UI_PICKER:
        count = put(items, count, max, "Enter", "select");
        count = put(items, count, max, updown, "move");
        count = put(items, count, max, ascii ? "a-z" : "a–z", "filter");
        return put(items, count, max, "Esc", "close");
    case UI_MAIN:
        break;
    }
    return count;
}
