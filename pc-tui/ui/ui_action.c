// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_action.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui_about.h"
#include "pc-tui/ui/ui_drive.h"
#include "pc-tui/ui/ui_picker.h"
#include "pc-tui/ui/ui_select.h"

enum { DIMMER_STEP = 10, EVENTS_SCROLL = 5 };

static const int steps[] = {1, 2, 5, 10, 20}; // degrees

static struct controller_address address(const struct ui *ui)
{
    const char *device = ui->device_known ? ui->device : ui->options.device[0] ? ui->options.device : NULL;
    return (struct controller_address){.device = device, .all = ui->all};
}

unsigned ui_stop(struct ui *ui)
{
    struct controller_address to = address(ui);
    controller_stop(ui->controller, &to);
    return UI_REDRAW;
}

static unsigned answered(struct ui *ui, const struct controller_answer *answer, int64_t now_ms)
{
    if (answer->verdict == CONTROLLER_REFUSED)
        ui_hint(ui, now_ms, true, "%s", answer->why);
    return UI_REDRAW;
}

unsigned ui_send(struct ui *ui, const char *text, int64_t now_ms)
{
    struct controller_address to = address(ui);
    struct controller_answer answer = controller_send(ui->controller, &to, text);
    return answered(ui, &answer, now_ms);
}

static unsigned send_to(struct ui *ui, const struct status_channel *channel, const char *what, int64_t now_ms)
{
    char text[PROTOCOL_NAME_MAX + 16];
    snprintf(text, sizeof text, "%s_%s", channel->id.name, what);
    return ui_send(ui, text, now_ms);
}

static unsigned step(
    struct ui *ui, const struct status_channel *channel, int direction, int amount, int64_t now_ms)
{
    struct controller_address to = address(ui);
    struct controller_answer answer =
        controller_step(ui->controller, &to, channel->id.name, direction, amount);
    return answered(ui, &answer, now_ms);
}

static unsigned change_step(struct ui *ui, int direction)
{
    size_t count = sizeof steps / sizeof *steps;
    for (size_t i = 0; i < count; i++) {
        if (steps[i] != ui->step)
            continue;
        if (direction > 0 && i + 1 < count)
            ui->step = steps[i + 1];
        else if (direction < 0 && i > 0)
            ui->step = steps[i - 1];
        break;
    }
    return UI_REDRAW;
}

static unsigned toggle_nth(struct ui *ui, int nth, int64_t now_ms)
{
    const struct status_channel *channel = ui_channel(ui, ui_nth_output(ui, nth));
    if (channel)
        return send_to(ui, channel, "toggle", now_ms);
    ui_hint(ui, now_ms, true, "no switch or dimmer has the digit %d", nth);
    return UI_REDRAW;
}

static const char *label(const struct ui *ui)
{
    return ui->device[0] ? ui->device : "this device";
}

unsigned ui_ask(struct ui *ui, enum ui_question question, const char *command, int64_t now_ms)
{
    const char *name = ui->all && question != QUESTION_RETIRE ? "all devices" : label(ui);
    switch (question) {
    case QUESTION_SAFE:
        snprintf(ui->question_text, sizeof ui->question_text, "All outputs of %s to their safe state?", name);
        break;
    case QUESTION_SET:
        snprintf(ui->question_text, sizeof ui->question_text, "%s on %s?", command, name);
        break;
    case QUESTION_RETIRE:
        snprintf(ui->question_text, sizeof ui->question_text, "Clear the last report of %s from the broker?",
            name);
        break;
    }
    ui->question = question;
    snprintf(ui->question_command, sizeof ui->question_command, "%s", command);
    snprintf(ui->question_device, sizeof ui->question_device, "%s", ui->device);
    ui->mode = UI_CONFIRM;
    ui->confirm_until_ms = now_ms + UI_CONFIRM_MS;
    ui->hint[0] = '\0';
    return UI_REDRAW;
}

unsigned ui_answer_yes(struct ui *ui, int64_t now_ms)
{
    ui->mode = UI_MAIN;
    if (ui->question != QUESTION_RETIRE)
        return ui_send(ui, ui->question_command, now_ms);
    struct controller_answer answer = controller_retire(ui->controller, ui->question_device);
    return answered(ui, &answer, now_ms);
}

static unsigned address_all(struct ui *ui, int64_t now_ms)
{
    ui->all = !ui->all;
    ui_hint(ui, now_ms, false, "%s",
        ui->all ? "every live device is addressed: A, Esc, n or p ends it" : "one device is addressed");
    return UI_REDRAW;
}

// What lies on top goes first; after that the order is that of what could do harm unnoticed.
unsigned ui_close_topmost(struct ui *ui)
{
    if (ui->mode == UI_HELP && ui->help_filter[0])
        ui->help_filter[0] = '\0';
    else if (ui->mode == UI_HELP)
        ui->mode = UI_MAIN;
    else if (ui->all)
        ui->all = false;
    else if (ui->filter[0])
        ui->filter[0] = '\0';
    else
        ui->events_back = 0;
    ui->hint[0] = '\0';
    return UI_REDRAW;
}

static unsigned open_help(struct ui *ui)
{
    ui->mode = UI_HELP;
    ui->help_top = 0;
    ui->help_filter[0] = '\0';
    return UI_REDRAW;
}

unsigned ui_line_open(struct ui *ui, enum ui_mode mode)
{
    ui->mode = mode;
    ui->offered.count = 0;
    line_history_reset(&ui->history);
    line_set(&ui->line, mode == UI_FILTER ? ui->filter : mode == UI_HELP_SEARCH ? ui->help_filter : "");
    return UI_REDRAW;
}

unsigned ui_do(struct ui *ui, enum action id, int nth, int64_t now_ms)
{
    unsigned have = ui_have(ui);
    if (!actions_enabled(id, have)) {
        ui_hint(ui, now_ms, true, "%s", actions_why_not(id, have));
        return UI_REDRAW;
    }
    switch (id) {
    case ACTION_STOP:
        return ui_stop(ui);
    case ACTION_TILT_UP:
        return step(ui, ui_tilt_servo(ui), 1, ui->step, now_ms);
    case ACTION_TILT_DOWN:
        return step(ui, ui_tilt_servo(ui), -1, ui->step, now_ms);
    case ACTION_PAN_LEFT:
        return step(ui, ui_pan_servo(ui), -1, ui->step, now_ms);
    case ACTION_PAN_RIGHT:
        return step(ui, ui_pan_servo(ui), 1, ui->step, now_ms);
    case ACTION_STEP_SMALLER:
        return change_step(ui, -1);
    case ACTION_STEP_LARGER:
        return change_step(ui, 1);
    case ACTION_CENTER:
        return send_to(ui, ui_channel(ui, ui_servo(ui)), "center", now_ms);
    case ACTION_FORWARD:
        return ui_drive(ui, 1, now_ms);
    case ACTION_BACKWARD:
        return ui_drive(ui, -1, now_ms);
    case ACTION_STEER_LEFT:
        return step(ui, ui_steer_servo(ui), -1, ui->step, now_ms);
    case ACTION_STEER_RIGHT:
        return step(ui, ui_steer_servo(ui), 1, ui->step, now_ms);
    case ACTION_STEER_CENTER:
        return send_to(ui, ui_steer_servo(ui), "center", now_ms);
    case ACTION_SLOWER:
        return ui_change_speed(ui, -1);
    case ACTION_FASTER:
        return ui_change_speed(ui, 1);
    case ACTION_ON:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "on", now_ms);
    case ACTION_OFF:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "off", now_ms);
    case ACTION_TOGGLE:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "toggle", now_ms);
    case ACTION_TOGGLE_NTH:
        return toggle_nth(ui, nth, now_ms);
    case ACTION_BRIGHTER:
        return step(ui, ui_channel(ui, ui_dimmer(ui)), 1, DIMMER_STEP, now_ms);
    case ACTION_DARKER:
        return step(ui, ui_channel(ui, ui_dimmer(ui)), -1, DIMMER_STEP, now_ms);
    case ACTION_SAFE:
        return ui_ask(ui, QUESTION_SAFE, "off", now_ms);
    case ACTION_NEXT_CHANNEL:
        return ui_next_channel(ui, 1);
    case ACTION_PREVIOUS_CHANNEL:
        return ui_next_channel(ui, -1);
    case ACTION_NEXT_DEVICE:
        return ui_next_device(ui, 1);
    case ACTION_PREVIOUS_DEVICE:
        return ui_next_device(ui, -1);
    case ACTION_PICK_DEVICE:
        return ui_picker_open(ui);
    case ACTION_ALL_DEVICES:
        return address_all(ui, now_ms);
    case ACTION_RETIRE:
        return ui_ask(ui, QUESTION_RETIRE, "", now_ms);
    case ACTION_ABOUT:
        return ui_about_open(ui);
    case ACTION_COMMAND:
        return ui_line_open(ui, UI_COMMAND);
    case ACTION_FILTER:
        return ui_line_open(ui, UI_FILTER);
    case ACTION_EVENTS_BACK:
        ui_scroll_events(ui, EVENTS_SCROLL);
        return UI_REDRAW;
    case ACTION_EVENTS_FORWARD:
        ui_scroll_events(ui, -EVENTS_SCROLL);
        return UI_REDRAW;
    case ACTION_HELP:
        return open_help(ui);
    case ACTION_CLOSE:
        return ui_close_topmost(ui);
    case ACTION_RETRY:
        return UI_RETRY | UI_REDRAW;
    case ACTION_REPAINT:
        return UI_REPAINT | UI_REDRAW;
    case ACTION_SUSPEND:
        return UI_SUSPEND;
    case ACTION_QUIT:
        return UI_LEAVE;
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
    return 0;
}
