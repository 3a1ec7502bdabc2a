// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui_drive.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui_select.h"

enum { SPEED_STEP = 10, SPEED_MAX = 100, SPEED_UNKNOWN = 30, KEY_FORWARD = 1, KEY_BACKWARD = 2 };

int ui_speed(const struct ui *ui)
{
    const struct status_channel *motor = ui_channel(ui, ui_motor(ui));
    if (!motor)
        return 0;
    if (ui->speed > 0)
        return ui->speed;
    return motor->speed > 0 ? motor->speed : SPEED_UNKNOWN;
}

unsigned ui_change_speed(struct ui *ui, int direction)
{
    const struct status_channel *motor = ui_channel(ui, ui_motor(ui));
    int speed = ui_speed(ui), least = SPEED_STEP, most = SPEED_MAX;
    int next = direction > 0 ? speed / SPEED_STEP * SPEED_STEP + SPEED_STEP
                             : (speed + SPEED_STEP - 1) / SPEED_STEP * SPEED_STEP - SPEED_STEP;
    if (motor && motor->max > motor->min) { // beyond them the motor does something else than the number says
        least = motor->min > 0 ? motor->min : 1;
        most = motor->max;
    }
    ui->speed = next < least ? least : next > most ? most : next;
    return UI_REDRAW;
}

bool ui_can_drive(const struct ui *ui)
{
    return ui_motor(ui) >= 0 && !ui->all && !ui->options.read_only;
}

static unsigned stop(struct ui *ui, unsigned wishes)
{
    if (!(wishes & HOLD_STOP))
        return 0;
    controller_drive_stop(ui->controller, ui->drive_device, ui->drive_motor);
    return UI_REDRAW;
}

static unsigned refuse(struct ui *ui, const char *why, bool fresh, int64_t now_ms)
{
    unsigned wishes = hold_kill(&ui->hold, now_ms);
    if (!fresh) // else nothing has left yet
        stop(ui, wishes);
    snprintf(ui->drive_why, sizeof ui->drive_why, "%.*s", (int)sizeof ui->drive_why - 1, why);
    ui_hint(ui, now_ms, true, "%s", ui->drive_why);
    return UI_REDRAW;
}

static unsigned carry_out(struct ui *ui, unsigned wishes, int64_t now_ms)
{
    unsigned effects = stop(ui, wishes);
    if (!(wishes & HOLD_RUN))
        return effects;
    const struct status_channel *motor = ui_channel(ui, ui_motor(ui));
    if (wishes & HOLD_FRESH) {
        snprintf(ui->drive_device, sizeof ui->drive_device, "%s", ui->device);
        snprintf(ui->drive_motor, sizeof ui->drive_motor, "%s", motor ? motor->id.name : "");
        ui->drive_percent = ui->hold.key == KEY_FORWARD ? ui_speed(ui) : -ui_speed(ui);
        ui->drive_why[0] = '\0';
    }
    struct controller_answer answer = controller_drive(
        ui->controller, ui->drive_device, ui->drive_motor, ui->drive_percent, wishes & HOLD_FRESH);
    if (answer.verdict == CONTROLLER_REFUSED)
        return refuse(ui, answer.why, wishes & HOLD_FRESH, now_ms);
    return effects | UI_REDRAW;
}

unsigned ui_drive(struct ui *ui, int direction, int64_t now_ms)
{
    int key = direction > 0 ? KEY_FORWARD : KEY_BACKWARD;
    unsigned wishes = hold_press(&ui->hold, key, ui->key_repeats, now_ms);
    if (ui->all) {
        stop(ui, wishes);
        ui->drive_why[0] = '\0';
        return refuse(ui, "ALL: choose one device", true, now_ms);
    }
    if (ui->hold.phase == HOLD_DEAD && ui->drive_why[0])
        ui_hint(ui, now_ms, true, "%s", ui->drive_why);
    return carry_out(ui, wishes, now_ms) | UI_REDRAW;
}

unsigned ui_drive_ends(struct ui *ui)
{
    return stop(ui, hold_cancel(&ui->hold));
}

unsigned ui_lose_keys(struct ui *ui, int64_t now_ms)
{
    hold_forget_releases(&ui->hold);
    ui->drive_why[0] = '\0';
    return ui->hold.phase == HOLD_NONE ? 0 : stop(ui, hold_kill(&ui->hold, now_ms));
}

unsigned ui_drive_released(struct ui *ui, const struct key_event *event)
{
    char name[KEY_NAME_SIZE];
    struct key_event plain = *event;
    plain.modifiers = 0; // Shift may have been pressed meanwhile
    enum action id = actions_by_key(key_format(name, &plain), ui_have(ui));
    int key = id == ACTION_FORWARD ? KEY_FORWARD : id == ACTION_BACKWARD ? KEY_BACKWARD : 0;
    return stop(ui, hold_release(&ui->hold, key));
}

unsigned ui_drive_tick(struct ui *ui, int64_t now_ms)
{
    return carry_out(ui, hold_tick(&ui->hold, now_ms), now_ms);
}

unsigned ui_drive_refresh(struct ui *ui)
{
    const struct status_channel *motor = ui_channel(ui, ui_motor(ui));
    unsigned effects = 0;
    if (!ui_can_drive(ui))
        hold_forget_releases(&ui->hold); // the terminal is not asked for them any more
    bool other =
        !motor || strcmp(ui->drive_motor, motor->id.name) != 0 || strcmp(ui->drive_device, ui->device) != 0;
    if (other && hold_runs(&ui->hold))
        effects = stop(ui, hold_cancel(&ui->hold));
    if (motor && !ui->all && !ui->options.read_only)
        controller_prepare_drive(ui->controller, ui->device);
    return effects;
}
