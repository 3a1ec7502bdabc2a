// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui_private.h"

enum { DIMMER_STEP = 10, EVENTS_SCROLL = 5, HELP_SCROLL = 10, WHEEL_SCROLL = 3, STEP_AT_FIRST = 5 };

static const int steps[] = {1, 2, 5, 10, 20};

void ui_init(
    struct ui *ui, struct model *model, struct controller *controller, const struct ui_options *options)
{
    memset(ui, 0, sizeof *ui);
    ui->model = model;
    ui->controller = controller;
    ui->options = *options;
    ui->step = STEP_AT_FIRST;
    ui->rows = 24;
    ui->last_key_ms = INT64_MIN / 2;
    ui->next_serial = model->journal.next;
    ui_refresh(ui);
}

void ui_hint(struct ui *ui, int64_t now_ms, bool problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->hint, sizeof ui->hint, format, args);
    va_end(args);
    ui->hint_is_problem = problem;
    ui->hint_until_ms = now_ms + UI_HINT_MS;
}

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

static unsigned ask(struct ui *ui, int64_t now_ms)
{
    const char *name = ui->all ? "all devices" : ui->device[0] ? ui->device : "this device";
    ui->mode = UI_CONFIRM;
    ui->confirm_until_ms = now_ms + UI_CONFIRM_MS;
    ui_hint(
        ui, now_ms, false, "all outputs of %s to their safe state? y does it, any other key cancels", name);
    ui->hint_until_ms = ui->confirm_until_ms;
    return UI_REDRAW;
}

static unsigned address_all(struct ui *ui, int64_t now_ms)
{
    ui->all = !ui->all;
    ui_hint(ui, now_ms, false, "%s",
        ui->all ? "every live device is addressed: a, Esc, n or p ends it" : "one device is addressed");
    return UI_REDRAW;
}

// Whatever lies on top goes first; the order is that of what could do harm unnoticed.
static unsigned close_topmost(struct ui *ui)
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
    case ACTION_ON:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "on", now_ms);
    case ACTION_OFF:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "off", now_ms);
    case ACTION_TOGGLE:
        return send_to(ui, ui_channel(ui, ui_output(ui)), "toggle", now_ms);
    case ACTION_TOGGLE_NTH:
        return toggle_nth(ui, nth, now_ms);
    case ACTION_BRIGHTER:
        return step(ui, ui_channel(ui, ui_output(ui)), 1, DIMMER_STEP, now_ms);
    case ACTION_DARKER:
        return step(ui, ui_channel(ui, ui_output(ui)), -1, DIMMER_STEP, now_ms);
    case ACTION_SAFE:
        return ask(ui, now_ms);
    case ACTION_NEXT_CHANNEL:
        return ui_next_channel(ui, 1);
    case ACTION_PREVIOUS_CHANNEL:
        return ui_next_channel(ui, -1);
    case ACTION_NEXT_DEVICE:
        return ui_next_device(ui, 1);
    case ACTION_PREVIOUS_DEVICE:
        return ui_next_device(ui, -1);
    case ACTION_ALL_DEVICES:
        return address_all(ui, now_ms);
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
        return close_topmost(ui);
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

static bool is_hangul(uint32_t codepoint)
{
    return (codepoint >= 0x1100 && codepoint <= 0x11ff) || (codepoint >= 0x3131 && codepoint <= 0x318e) ||
           (codepoint >= 0xa960 && codepoint <= 0xa97f) || (codepoint >= 0xac00 && codepoint <= 0xd7ff) ||
           (codepoint >= 0xffa0 && codepoint <= 0xffdc);
}

// A key that does nothing says why, so that nobody wonders whether the machine is deaf.
static unsigned unbound(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms)
{
    if (event->code != KEYCODE_CHARACTER && event->code != KEYCODE_FUNCTION)
        return 0;
    char shown[ACTION_KEYS_SIZE];
    actions_show_key(shown, key, false);
    if (event->code == KEYCODE_CHARACTER && is_hangul(event->codepoint)) {
        ui_hint(ui, now_ms, true, "keyboard is in Hangul mode (한/영)");
    } else if (event->modifiers == 0 && event->codepoint >= 'A' && event->codepoint <= 'Z') {
        ui_hint(ui, now_ms, true, "%s does nothing: is Caps Lock on?", shown);
    } else {
        ui_hint(ui, now_ms, true, "%s does nothing here: ? shows the keys", shown);
    }
    return UI_REDRAW;
}

static unsigned held(struct ui *ui, const char *key, int64_t now_ms)
{
    char shown[ACTION_KEYS_SIZE];
    ui_hint(
        ui, now_ms, false, "%s is held: it acts once, let go for 0.7 s", actions_show_key(shown, key, false));
    return UI_REDRAW;
}

static unsigned main_key(
    struct ui *ui, const struct key_event *event, const char *key, bool is_held, int64_t now_ms)
{
    enum action id = actions_by_key(key);
    if (id != ACTION_NONE) {
        if (is_held && actions_info(id)->repeat == REPEAT_HELD)
            return held(ui, key, now_ms);
        return ui_do(ui, id, id == ACTION_TOGGLE_NTH ? (int)event->codepoint - '0' : 0, now_ms);
    }
    for (size_t i = 0; i < ui->options.preset_count; i++)
        if (strcmp(ui->options.presets[i].key, key) == 0)
            return is_held ? held(ui, key, now_ms) : ui_send(ui, ui->options.presets[i].command, now_ms);
    return unbound(ui, event, key, now_ms);
}

static unsigned help_key(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms)
{
    size_t last = ui_help_last_top(ui);
    switch (event->code) {
    case KEYCODE_UP:
        ui->help_top -= ui->help_top > 0;
        return UI_REDRAW;
    case KEYCODE_DOWN:
        ui->help_top += ui->help_top < last;
        return UI_REDRAW;
    case KEYCODE_PAGE_UP:
        ui->help_top -= ui->help_top < HELP_SCROLL ? ui->help_top : HELP_SCROLL;
        return UI_REDRAW;
    case KEYCODE_PAGE_DOWN:
        ui->help_top = ui->help_top + HELP_SCROLL < last ? ui->help_top + HELP_SCROLL : last;
        return UI_REDRAW;
    case KEYCODE_HOME:
        ui->help_top = 0;
        return UI_REDRAW;
    case KEYCODE_END:
        ui->help_top = last;
        return UI_REDRAW;
    case KEYCODE_LEFT:
    case KEYCODE_RIGHT:
        return 0;
    default:
        break;
    }
    if (strcmp(key, "q") == 0 || actions_by_key(key) == ACTION_HELP) {
        ui->mode = UI_MAIN;
        return UI_REDRAW;
    }
    if (strcmp(key, "/") == 0)
        return ui_line_open(ui, UI_HELP_SEARCH);
    if (actions_by_key(key) == ACTION_CLOSE)
        return close_topmost(ui);
    if (event->code == KEYCODE_CHARACTER && is_hangul(event->codepoint))
        return unbound(ui, event, key, now_ms);
    return 0;
}

static unsigned confirm_key(struct ui *ui, const char *key, int64_t now_ms)
{
    ui->mode = UI_MAIN;
    ui->hint[0] = '\0';
    if (strcmp(key, "y") == 0)
        return ui_send(ui, "off", now_ms);
    ui_hint(ui, now_ms, false, "cancelled: nothing was switched off");
    return UI_REDRAW;
}

static unsigned paste(struct ui *ui, const struct key_event *event, int64_t now_ms)
{
    if (ui_is_line(ui->mode))
        return event->code == KEYCODE_PASTE_TEXT ? ui_line_paste(ui, event) : 0;
    if (event->code == KEYCODE_PASTE_END)
        return 0;
    // Without brackets it is only a guess that nobody typed this, and a STOP key is never dropped.
    if (event->guessed && event->code == KEYCODE_PASTE_TEXT &&
        (event->codepoint == ' ' || event->codepoint == 0x3000))
        ui_stop(ui);
    if (ui->mode == UI_CONFIRM)
        ui->mode = UI_MAIN;
    ui_hint(ui, now_ms, true, "pasted text is ignored here: press : first");
    return UI_REDRAW;
}

// Scrolls back (direction 1) or forward (-1) by one notch. The wheel never moves anything else.
static unsigned wheel(struct ui *ui, int direction)
{
    size_t last = ui_help_last_top(ui);
    if (ui->mode != UI_HELP && ui->mode != UI_HELP_SEARCH)
        ui_scroll_events(ui, direction * WHEEL_SCROLL);
    else if (direction > 0)
        ui->help_top -= ui->help_top < WHEEL_SCROLL ? ui->help_top : WHEEL_SCROLL;
    else
        ui->help_top = ui->help_top + WHEEL_SCROLL < last ? ui->help_top + WHEEL_SCROLL : last;
    return UI_REDRAW;
}

// What works whatever is open: stopping, leaving, seeing.
static enum action everywhere(const struct ui *ui, const struct key_event *event, const char *key)
{
    if (key_is_space(event))
        return ui_is_line(ui->mode) ? ACTION_NONE : ACTION_STOP;
    enum action id = (event->modifiers & KEYMOD_CTRL) ? actions_by_key(key) : ACTION_NONE;
    return id == ACTION_QUIT || id == ACTION_REPAINT || id == ACTION_SUSPEND ? id : ACTION_NONE;
}

unsigned ui_key(struct ui *ui, const struct key_event *event, int64_t now_ms)
{
    char key[KEY_NAME_SIZE];
    unsigned effects = ui_tick(ui, now_ms); // a confirmation that has run out must not see this key
    switch (event->code) {
    case KEYCODE_NONE:
    case KEYCODE_FOCUS_IN:
    case KEYCODE_FOCUS_OUT:
    case KEYCODE_CLICK:
    case KEYCODE_CURSOR_AT:
    case KEYCODE_BACKGROUND:
    case KEYCODE_DEVICE:
        return effects;
    case KEYCODE_WHEEL_UP:
    case KEYCODE_WHEEL_DOWN:
        return effects | wheel(ui, event->code == KEYCODE_WHEEL_UP ? 1 : -1);
    case KEYCODE_PASTE_BEGIN:
    case KEYCODE_PASTE_TEXT:
    case KEYCODE_PASTE_END:
        ui->last_key[0] = '\0';
        return effects | paste(ui, event, now_ms);
    default:
        break;
    }
    if (ui->mode != UI_CONFIRM && ui->hint[0]) { // it spoke of the key before
        ui->hint[0] = '\0';
        effects |= UI_REDRAW;
    }
    key_format(key, event);
    bool is_held = event->phase == KEYPHASE_HELD ||
                   (strcmp(key, ui->last_key) == 0 && now_ms - ui->last_key_ms < ACTION_HELD_MS);
    snprintf(ui->last_key, sizeof ui->last_key, "%s", key);
    ui->last_key_ms = now_ms;

    enum action id = everywhere(ui, event, key);
    if (id != ACTION_NONE)
        effects |= ui_do(ui, id, 0, now_ms);
    if (ui->mode == UI_CONFIRM)
        return effects | confirm_key(ui, key, now_ms);
    if (id != ACTION_NONE)
        return effects;
    if (ui_is_line(ui->mode))
        return effects | ui_line_key(ui, event, key, now_ms);
    if (ui->mode == UI_HELP)
        return effects | help_key(ui, event, key, now_ms);
    return effects | main_key(ui, event, key, is_held, now_ms);
}

void ui_resize(struct ui *ui, int rows)
{
    ui->rows = rows;
    size_t last = ui_help_last_top(ui);
    if (ui->help_top > last)
        ui->help_top = last;
}

unsigned ui_tick(struct ui *ui, int64_t now_ms)
{
    unsigned effects = 0;
    if (ui->mode == UI_CONFIRM && now_ms >= ui->confirm_until_ms) {
        ui->mode = UI_MAIN;
        ui_hint(ui, now_ms, false, "no y within 5 s: nothing was switched off");
        effects |= UI_REDRAW;
    }
    if (ui->hint[0] && now_ms >= ui->hint_until_ms) {
        ui->hint[0] = '\0';
        effects |= UI_REDRAW;
    }
    return effects;
}

int64_t ui_next_ms(const struct ui *ui)
{
    int64_t next = INT64_MAX;
    if (ui->mode == UI_CONFIRM)
        next = ui->confirm_until_ms;
    if (ui->hint[0] && ui->hint_until_ms < next)
        next = ui->hint_until_ms;
    return next;
}
