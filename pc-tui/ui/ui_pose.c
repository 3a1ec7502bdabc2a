// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_pose.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model.h"
#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui_select.h"

enum {
    COLUMNS = 56, // of a line: the events pane of 80 columns shows it whole
    VALUE_SIZE = PROTOCOL_NAME_MAX + 24,
};

// The lines while they are made. What stands in the buffer has not been shown yet.
struct lines {
    struct ui *ui;
    const char *device;
    char text[COLUMNS + 2 * VALUE_SIZE];
    size_t values;
};

bool ui_pose_is_meant(const char *text)
{
    return strncmp(text, "pose", 4) == 0 && (text[4] == ' ' || text[4] == '\0');
}

static void show(struct lines *lines)
{
    controller_note(lines->ui->controller, lines->device, lines->text);
    lines->text[0] = '\0';
}

static void put(struct lines *lines, const char *value)
{
    size_t len = strlen(lines->text);
    if (len + 2 + strlen(value) > COLUMNS) {
        show(lines);
        len = 0;
    }
    snprintf(lines->text + len, sizeof lines->text - len, "  %s", value);
}

// "pan = 90". False where the channel has nothing that a pose can set, or where that is not known.
static bool describe(const struct status_channel *channel, char out[VALUE_SIZE])
{
    const char *name = channel->id.name;
    char degrees[16];
    if (model_is_servo(channel)) {
        if (!channel->driven || (!channel->target_known && !channel->deg_known))
            return false;
        snprintf(out, VALUE_SIZE, "%s = %s", name,
            protocol_format_tenths(degrees, channel->target_known ? channel->target : channel->deg));
        return true;
    }
    if (!model_is_output(channel))
        return false;
    if (channel->on && model_kind(channel->id.kind)->step == UNIT_PERCENT)
        snprintf(out, VALUE_SIZE, "%s = %d", name, channel->percent);
    else
        snprintf(out, VALUE_SIZE, "%s = %s", name, channel->on ? "on" : "off");
    return true;
}

// The name of the pose in `pose save NAME`, or NULL where the text is another.
static const char *find_name(const char *text)
{
    const char *at = text + strlen("pose");
    at += strspn(at, " ");
    if (strncmp(at, "save ", 5) != 0)
        return NULL;
    at += 5 + strspn(at + 5, " ");
    return *at ? at : NULL;
}

static bool check_name(const struct ui *ui, const char *name, char why[PROTOCOL_WHY_SIZE])
{
    struct channel_id ids[PROTOCOL_NAMES_MAX + 1];
    size_t count = ui_channel_ids(ui, ids), culprit;
    if (protocol_check_pose(name, why) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (ids[i].kind == CHANNEL_POSE && strcmp(ids[i].name, name) == 0)
            return true; // it is to replace the one that there is
    ids[count] = (struct channel_id){.kind = CHANNEL_POSE};
    snprintf(ids[count].name, sizeof ids[count].name, "%s", name);
    return vocabulary_check(ids, count + 1, &culprit, why) == 0;
}

// The selected device, or NULL with what is wrong in why.
static const struct model_device *find_device(
    const struct ui *ui, const char *name, char why[PROTOCOL_WHY_SIZE])
{
    int index = ui_device(ui);
    const struct model_device *device = index >= 0 ? ui->model->devices[index] : NULL;
    if (!name)
        snprintf(why, PROTOCOL_WHY_SIZE, "expected pose save NAME");
    else if (!device || device->tutorial)
        snprintf(why, PROTOCOL_WHY_SIZE, "no device yet whose pose it could be");
    else if (check_name(ui, name, why))
        return device;
    return NULL;
}

unsigned ui_pose(struct ui *ui, const char *text, int64_t now_ms)
{
    const char *name = find_name(text);
    char why[PROTOCOL_WHY_SIZE], value[VALUE_SIZE];
    const struct model_device *device = find_device(ui, name, why);
    if (!device) {
        ui_hint(ui, now_ms, true, "%s", why);
        return UI_REDRAW;
    }
    struct lines lines = {.ui = ui, .device = device->name};
    snprintf(lines.text, sizeof lines.text, "pose %s {", name);
    for (size_t i = 0; i < device->status->count; i++) {
        if (!describe(&device->status->channels[i], value))
            continue;
        put(&lines, value);
        lines.values++;
    }
    if (lines.values == 0) {
        ui_hint(ui, now_ms, true, "nothing is set here that a pose could set");
        return UI_REDRAW;
    }
    put(&lines, "}");
    show(&lines);
    ui_hint(ui, now_ms, false, "among the events: the lines for the configuration of the device");
    return UI_REDRAW;
}
