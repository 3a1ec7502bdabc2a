// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_select.h"

#include <stdio.h>
#include <string.h>

static const struct model_device *selected(const struct ui *ui)
{
    return ui->device_known ? model_find(ui->model, ui->device, NULL) : NULL;
}

static int find(
    const struct model_device *device, const char *name, bool (*kind)(const struct status_channel *))
{
    int i = device && *name ? model_channel(device, name) : -1;
    return i >= 0 && kind(&device->status->channels[i]) ? i : -1;
}

static int first(const struct model_device *device, bool (*kind)(const struct status_channel *))
{
    for (size_t i = 0; i < device->status->count; i++)
        if (kind(&device->status->channels[i]))
            return (int)i;
    return -1;
}

int ui_device(const struct ui *ui)
{
    size_t index = 0;
    return ui->device_known && model_find(ui->model, ui->device, &index) ? (int)index : -1;
}

int ui_servo(const struct ui *ui)
{
    return find(selected(ui), ui->servo, model_is_servo);
}

int ui_dimmer(const struct ui *ui)
{
    const struct model_device *device = selected(ui);
    int output = ui_output(ui), only = -1, count = 0;
    for (size_t i = 0; device && i < device->status->count; i++) {
        if (model_kind(device->status->channels[i].id.kind)->step != UNIT_PERCENT)
            continue;
        if ((int)i == output)
            return output;
        only = (int)i;
        count++;
    }
    return count == 1 ? only : -1;
}

int ui_output(const struct ui *ui)
{
    return find(selected(ui), ui->output, model_is_output);
}

int ui_motor(const struct ui *ui)
{
    return find(selected(ui), ui->motor, model_is_motor);
}

int ui_focused(const struct ui *ui)
{
    switch (ui->focus) {
    case SELECTION_SERVO:
        return ui_servo(ui);
    case SELECTION_OUTPUT:
        return ui_output(ui);
    case SELECTION_MOTOR:
        return ui_motor(ui);
    case SELECTION_NONE:
        break;
    }
    return -1;
}

const struct status_channel *ui_channel(const struct ui *ui, int index)
{
    const struct model_device *device = selected(ui);
    return device && index >= 0 && (size_t)index < device->status->count ? &device->status->channels[index]
                                                                         : NULL;
}

const struct status_channel *ui_tilt_servo(const struct ui *ui)
{
    const struct model_device *device = selected(ui);
    return device ? ui_channel(ui, model_tilt_servo(device, ui_servo(ui))) : NULL;
}

const struct status_channel *ui_pan_servo(const struct ui *ui)
{
    const struct model_device *device = selected(ui);
    return device ? ui_channel(ui, model_pan_servo(device)) : NULL;
}

const struct status_channel *ui_steer_servo(const struct ui *ui)
{
    const struct model_device *device = selected(ui);
    return device ? ui_channel(ui, model_steer_servo(device)) : NULL;
}

size_t ui_channel_ids(const struct ui *ui, struct channel_id out[PROTOCOL_NAMES_MAX])
{
    const struct model_device *device = selected(ui);
    return device ? model_channel_ids(device, out) : 0;
}

int ui_digit(const struct ui *ui, int channel)
{
    const struct status_channel *wanted = ui_channel(ui, channel);
    if (!wanted || !model_is_output(wanted))
        return 0;
    int digit = 1;
    for (int i = 0; i < channel; i++)
        if (model_is_output(ui_channel(ui, i)))
            digit++;
    return digit <= 9 ? digit : 0;
}

int ui_nth_output(const struct ui *ui, int nth)
{
    const struct model_device *device = selected(ui);
    for (size_t i = 0; device && i < device->status->count; i++)
        if (ui_digit(ui, (int)i) == nth)
            return (int)i;
    return -1;
}

static bool is_gone(const struct model_device *device)
{
    return device && !device->tutorial && (device->offline || device->heard_us == 0);
}

unsigned ui_have(const struct ui *ui)
{
    const struct status_channel *output = ui_channel(ui, ui_output(ui));
    unsigned have = 0;
    have |= selected(ui) ? NEED_DEVICE : 0;
    have |= ui_servo(ui) >= 0 ? NEED_SERVO | NEED_CHANNEL : 0;
    have |= ui_tilt_servo(ui) ? NEED_TILT : 0;
    have |= ui_pan_servo(ui) ? NEED_PAN : 0;
    have |= output ? NEED_OUTPUT | NEED_CHANNEL : 0;
    have |= ui_motor(ui) >= 0 ? NEED_MOTOR | NEED_CHANNEL : 0;
    have |= ui_steer_servo(ui) ? NEED_STEER : 0;
    have |= ui_dimmer(ui) >= 0 ? NEED_DIMMER : 0;
    have |= is_gone(selected(ui)) ? NEED_GONE : 0;
    have |= ui->model->count > (selected(ui) ? 1 : 0) ? NEED_DEVICES : 0;
    have |= ui->model->link.state != LINK_UP ? NEED_DOWN : 0;
    have |= ui->options.read_only ? 0 : NEED_CONTROL;
    return have;
}

// Keeps a selection by its name; where that is gone, the given channel takes its place.
static bool keep(const struct model_device *device, char name[PROTOCOL_NAME_MAX + 1],
    bool (*kind)(const struct status_channel *), int otherwise)
{
    if (find(device, name, kind) >= 0)
        return false;
    const char *next = otherwise >= 0 ? device->status->channels[otherwise].id.name : "";
    bool changed = strcmp(name, next) != 0;
    snprintf(name, PROTOCOL_NAME_MAX + 1, "%s", next);
    return changed;
}

// The name that is kept of a selection.
static char *selection_name(struct ui *ui, enum model_selection selection)
{
    static char none[PROTOCOL_NAME_MAX + 1];
    switch (selection) {
    case SELECTION_SERVO:
        return ui->servo;
    case SELECTION_OUTPUT:
        return ui->output;
    case SELECTION_MOTOR:
        return ui->motor;
    case SELECTION_NONE:
        break;
    }
    return none;
}

static unsigned keep_channels(struct ui *ui)
{
    const struct model_device *device = selected(ui);
    if (!device)
        return 0;
    int servo = model_tilt_servo(device, -1);
    bool changed =
        keep(device, ui->servo, model_is_servo, servo >= 0 ? servo : first(device, model_is_servo));
    changed = keep(device, ui->output, model_is_output, first(device, model_is_output)) || changed;
    int motor = model_drive_motor(device);
    if (keep(device, ui->motor, model_is_motor, motor >= 0 ? motor : first(device, model_is_motor))) {
        ui->speed = 0;
        changed = true;
    }
    if (!*selection_name(ui, ui->focus))
        ui->focus = ui->servo[0] ? SELECTION_SERVO : ui->motor[0] ? SELECTION_MOTOR : SELECTION_OUTPUT;
    return changed ? UI_REDRAW : 0;
}

static unsigned select_device(struct ui *ui, size_t index)
{
    if (!ui->device_known || strcmp(ui->device, ui->model->devices[index]->name) != 0)
        ui->speed = 0; // it was chosen for another car
    snprintf(ui->device, sizeof ui->device, "%s", ui->model->devices[index]->name);
    ui->device_known = true;
    return keep_channels(ui) | UI_REDRAW;
}

unsigned ui_choose_device(struct ui *ui, size_t index)
{
    ui->all = false;
    ui->chosen = true;
    ui->history.has_device = true;
    snprintf(ui->history.device, sizeof ui->history.device, "%s", ui->model->devices[index]->name);
    return select_device(ui, index) | UI_HISTORY;
}

unsigned ui_next_device(struct ui *ui, int direction)
{
    size_t count = ui->model->count;
    int at = ui_device(ui);
    if (at < 0)
        return ui_choose_device(ui, 0);
    return ui_choose_device(ui, ((size_t)at + count + (direction > 0 ? 1 : count - 1)) % count);
}

unsigned ui_select_channel(struct ui *ui, int index)
{
    const struct status_channel *channel = ui_channel(ui, index);
    enum model_selection selection = channel ? model_kind(channel->id.kind)->selection : SELECTION_NONE;
    if (selection == SELECTION_NONE)
        return 0;
    if (selection == SELECTION_MOTOR && strcmp(ui->motor, channel->id.name) != 0)
        ui->speed = 0;
    ui->focus = selection;
    snprintf(selection_name(ui, selection), PROTOCOL_NAME_MAX + 1, "%s", channel->id.name);
    return UI_REDRAW;
}

unsigned ui_next_channel(struct ui *ui, int direction)
{
    const struct model_device *device = selected(ui);
    int at = ui_focused(ui);
    int count = device ? (int)device->status->count : 0;
    for (int i = 1; i <= count; i++) {
        int next = ((at < 0 ? 0 : at) + direction * i + count * i) % count;
        if (ui_select_channel(ui, next))
            return UI_REDRAW;
    }
    return 0;
}

// The device that the start selects: the one used last, else the one without a name, else the first by name. Which of
// them reports first is chance, and decides nothing.
static size_t first_choice(const struct ui *ui)
{
    size_t index = 0;
    if (ui->history.has_device && model_find(ui->model, ui->history.device, &index))
        return index;
    return 0; // the model sorts by name, the one without a name first
}

// A device that was asked for by name is waited for: the keys must not mean another one meanwhile.
static unsigned keep_device(struct ui *ui)
{
    size_t index = 0;
    const char *wanted = ui->options.device;
    bool is_there = ui->device_known && model_find(ui->model, ui->device, &index);
    if (is_there && (ui->chosen || *wanted || index == first_choice(ui)))
        return 0;
    ui->device_known = false;
    if (*wanted)
        return model_find(ui->model, wanted, &index) ? select_device(ui, index) : 0;
    return ui->model->count > 0 ? select_device(ui, first_choice(ui)) : 0;
}

unsigned ui_keep_selection(struct ui *ui)
{
    unsigned effects = keep_device(ui);
    return effects | keep_channels(ui);
}

void ui_keep_events(struct ui *ui)
{
    uint64_t next = ui->model->journal.next;
    if (ui->events_back > 0 && next > ui->next_serial) { // what is looked at stays where it is
        ui->events_back += (size_t)(next - ui->next_serial);
        ui_scroll_events(ui, 0);
    }
    ui->next_serial = next;
}

void ui_scroll_events(struct ui *ui, int by)
{
    size_t count = journal_count(&ui->model->journal);
    size_t top = count > 0 ? count - 1 : 0;
    if (by < 0)
        ui->events_back -= ui->events_back < (size_t)-by ? ui->events_back : (size_t)-by;
    else
        ui->events_back += (size_t)by;
    if (ui->events_back > top)
        ui->events_back = top;
}
