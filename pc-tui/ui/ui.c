// SPDX-License-Identifier: MIT
#include "pc-tui/ui/ui.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/ui_about.h"
#include "pc-tui/ui/ui_action.h"
#include "pc-tui/ui/ui_drive.h"
#include "pc-tui/ui/ui_line.h"
#include "pc-tui/ui/ui_picker.h"
#include "pc-tui/ui/ui_select.h"

enum { HELP_SCROLL = 10, WHEEL_SCROLL = 3, STEP_AT_FIRST = 5 };

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

unsigned ui_refresh(struct ui *ui)
{
    unsigned effects = ui_keep_selection(ui);
    effects |= ui_drive_refresh(ui);
    ui_keep_events(ui);
    return effects;
}

static bool is_hangul(uint32_t codepoint)
{
    return (codepoint >= 0x1100 && codepoint <= 0x11ff) || (codepoint >= 0x3131 && codepoint <= 0x318e) ||
           (codepoint >= 0xa960 && codepoint <= 0xa97f) || (codepoint >= 0xac00 && codepoint <= 0xd7ff) ||
           (codepoint >= 0xffa0 && codepoint <= 0xffdc);
}

static bool is_full_width(uint32_t codepoint)
{
    return codepoint >= 0xff01 && codepoint <= 0xff5e;
}

// A key that does nothing says why, so that nobody wonders whether the machine is deaf.
static unsigned unbound(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms)
{
    char shown[ACTION_KEYS_SIZE], plain[ACTION_KEYS_SIZE];
    actions_show_key(shown, key, false);
    bool is_character = event->code == KEYCODE_CHARACTER;
    struct key_event unmodified = *event;
    unmodified.modifiers = 0;
    char name[KEY_NAME_SIZE];
    key_format(name, &unmodified);
    if (is_character && is_hangul(event->codepoint)) {
        ui_hint(ui, now_ms, true, "keyboard is in Hangul mode (한/영)");
    } else if (is_character && is_full_width(event->codepoint)) {
        ui_hint(ui, now_ms, true, "%s is a full-width letter: switch the input method off", shown);
    } else if (is_character && event->codepoint == 0xa0) {
        ui_hint(
            ui, now_ms, true, "U+00A0 is a no-break space (AltGr and the space bar): SPACE alone is STOP");
    } else if (is_character && event->modifiers == 0 && event->codepoint >= 'A' && event->codepoint <= 'Z') {
        ui_hint(ui, now_ms, true, "%s does nothing: is Caps Lock on?", shown);
    } else if (event->modifiers != 0 && actions_by_key(name, ui_have(ui)) != ACTION_NONE) {
        ui_hint(
            ui, now_ms, true, "%s does nothing: press %s alone", shown, actions_show_key(plain, name, false));
    } else if (is_character && event->modifiers == 0 && event->codepoint > 0x7e) {
        ui_hint(ui, now_ms, true, "%s (U+%04X) does nothing here: ? shows the keys", shown,
            (unsigned)event->codepoint);
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
    enum action id = actions_by_key(key, ui_have(ui));
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

// The rows that scroll in this mode: those of help, or of what a device says of itself.
static size_t last_top(const struct ui *ui)
{
    return ui->mode == UI_ABOUT ? ui_about_last_top(ui) : ui_help_last_top(ui);
}

// True where the key scrolls, or moves nothing that could be scrolled.
static bool scrolls(struct ui *ui, const struct key_event *event, unsigned *effects)
{
    size_t last = last_top(ui);
    *effects = UI_REDRAW;
    switch (event->code) {
    case KEYCODE_UP:
        ui->help_top -= ui->help_top > 0;
        return true;
    case KEYCODE_DOWN:
        ui->help_top += ui->help_top < last;
        return true;
    case KEYCODE_PAGE_UP:
        ui->help_top -= ui->help_top < HELP_SCROLL ? ui->help_top : HELP_SCROLL;
        return true;
    case KEYCODE_PAGE_DOWN:
        ui->help_top = ui->help_top + HELP_SCROLL < last ? ui->help_top + HELP_SCROLL : last;
        return true;
    case KEYCODE_HOME:
        ui->help_top = 0;
        return true;
    case KEYCODE_END:
        ui->help_top = last;
        return true;
    default:
        *effects = 0;
        return event->code == KEYCODE_LEFT || event->code == KEYCODE_RIGHT;
    }
}

static unsigned help_key(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms)
{
    unsigned effects;
    if (scrolls(ui, event, &effects))
        return effects;
    if (strcmp(key, "q") == 0 || actions_by_key(key, 0) == ACTION_HELP) {
        ui->mode = UI_MAIN;
        return UI_REDRAW;
    }
    if (strcmp(key, "/") == 0)
        return ui_line_open(ui, UI_HELP_SEARCH);
    if (actions_by_key(key, 0) == ACTION_CLOSE)
        return ui_close_topmost(ui);
    if (event->code == KEYCODE_CHARACTER && is_hangul(event->codepoint))
        return unbound(ui, event, key, now_ms);
    return 0;
}

static unsigned confirm_key(struct ui *ui, const char *key, int64_t now_ms)
{
    if (strcmp(key, "y") == 0)
        return ui_answer_yes(ui, now_ms);
    ui->mode = UI_MAIN;
    ui_hint(ui, now_ms, false, "cancelled: nothing was sent");
    return UI_REDRAW;
}

static unsigned paste(struct ui *ui, const struct key_event *event, int64_t now_ms)
{
    if (ui_line_is_open(ui->mode))
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

static unsigned about_key(struct ui *ui, const struct key_event *event, const char *key)
{
    unsigned effects;
    return scrolls(ui, event, &effects) ? effects : ui_about_key(ui, key);
}

// Scrolls back (direction 1) or forward (-1) by one notch. The wheel never moves anything else.
static unsigned wheel(struct ui *ui, int direction)
{
    size_t last = last_top(ui);
    if (ui->mode == UI_PICKER)
        return 0;
    if (ui->mode != UI_HELP && ui->mode != UI_HELP_SEARCH && ui->mode != UI_ABOUT)
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
        return ui_line_is_open(ui->mode) ? ACTION_NONE : ACTION_STOP;
    enum action id = (event->modifiers & KEYMOD_CTRL) ? actions_by_key(key, 0) : ACTION_NONE;
    return id == ACTION_QUIT || id == ACTION_REPAINT || id == ACTION_SUSPEND ? id : ACTION_NONE;
}

static bool is_drive_key(const struct ui *ui, const char *key)
{
    enum action id = ui->mode == UI_MAIN ? actions_by_key(key, ui_have(ui)) : ACTION_NONE;
    return id == ACTION_FORWARD || id == ACTION_BACKWARD;
}

unsigned ui_key(struct ui *ui, const struct key_event *event, int64_t now_ms)
{
    char key[KEY_NAME_SIZE];
    unsigned effects = ui_tick(ui, now_ms); // a confirmation that has run out must not see this key
    if (event->phase == KEYPHASE_RELEASE)
        return effects | ui_drive_released(ui, event);
    switch (event->code) {
    case KEYCODE_NONE:
    case KEYCODE_FOCUS_IN:
    case KEYCODE_CLICK:
    case KEYCODE_CURSOR_AT:
    case KEYCODE_BACKGROUND:
    case KEYCODE_KEYBOARD:
    case KEYCODE_DEVICE:
        return effects;
    case KEYCODE_FOCUS_OUT: // releases and repeats go to another window from now on
        return effects | ui_lose_keys(ui, now_ms);
    case KEYCODE_WHEEL_UP:
    case KEYCODE_WHEEL_DOWN:
        return effects | wheel(ui, event->code == KEYCODE_WHEEL_UP ? 1 : -1);
    case KEYCODE_PASTE_BEGIN:
    case KEYCODE_PASTE_TEXT:
    case KEYCODE_PASTE_END:
        ui->last_key[0] = '\0';
        return effects | ui_drive_ends(ui) | paste(ui, event, now_ms);
    default:
        break;
    }
    if (ui->mode != UI_CONFIRM && ui->hint[0]) { // it spoke of the key before
        ui->hint[0] = '\0';
        effects |= UI_REDRAW;
    }
    ui->chosen = ui->chosen || ui->device_known; // whoever presses keys means what is on the screen
    key_format(key, event);
    bool is_held = event->phase == KEYPHASE_HELD ||
                   (strcmp(key, ui->last_key) == 0 && now_ms - ui->last_key_ms < ACTION_HELD_MS);
    snprintf(ui->last_key, sizeof ui->last_key, "%s", key);
    ui->last_key_ms = now_ms;
    if (!is_drive_key(ui, key))
        effects |= ui_drive_ends(ui);
    ui->key_repeats = event->phase == KEYPHASE_HELD;

    enum action id = everywhere(ui, event, key);
    if (id != ACTION_NONE)
        effects |= ui_do(ui, id, 0, now_ms);
    if (ui->mode == UI_CONFIRM)
        return effects | confirm_key(ui, key, now_ms);
    if (id != ACTION_NONE)
        return effects;
    if (ui_line_is_open(ui->mode))
        return effects | ui_line_key(ui, event, key, now_ms);
    if (ui->mode == UI_HELP)
        return effects | help_key(ui, event, key, now_ms);
    if (ui->mode == UI_PICKER)
        return effects | ui_picker_key(ui, event, key);
    if (ui->mode == UI_ABOUT)
        return effects | about_key(ui, event, key);
    return effects | main_key(ui, event, key, is_held, now_ms);
}

unsigned ui_click(struct ui *ui, const struct ui_hit *hit, int64_t now_ms)
{
    unsigned effects = ui_tick(ui, now_ms) | ui_drive_ends(ui);
    if (ui->mode != UI_MAIN)
        return effects;
    if (hit->device >= 0)
        return effects | ui_choose_device(ui, (size_t)hit->device);
    const struct status_channel *channel = ui_channel(ui, hit->channel);
    if (!channel || !ui_select_channel(ui, hit->channel))
        return effects;
    if (!hit->on_gauge)
        return effects | UI_REDRAW;
    if (ui->options.read_only) {
        ui_hint(ui, now_ms, true, "%s", actions_why_not(ACTION_CENTER, ui_have(ui)));
        return effects | UI_REDRAW;
    }
    char degrees[16], command[PROTOCOL_NAME_MAX + 32];
    int whole = (hit->tenths + (hit->tenths < 0 ? -5 : 5)) / 10 * 10; // a cell is no finer than that
    snprintf(command, sizeof command, "%s %s", channel->id.name, protocol_format_tenths(degrees, whole));
    return effects | ui_ask(ui, QUESTION_SET, command, now_ms);
}

void ui_resize(struct ui *ui, int rows)
{
    ui->rows = rows;
    size_t last = last_top(ui);
    if (ui->help_top > last)
        ui->help_top = last;
}

unsigned ui_tick(struct ui *ui, int64_t now_ms)
{
    unsigned effects = ui_drive_tick(ui, now_ms);
    if (!ui->chosen && ui->model->link.state == LINK_UP) {
        if (ui->choose_until_ms == 0)
            ui->choose_until_ms = now_ms + UI_CHOOSE_MS;
        ui->chosen = now_ms >= ui->choose_until_ms && ui->device_known;
    }
    if (ui->mode == UI_CONFIRM && now_ms >= ui->confirm_until_ms) {
        ui->mode = UI_MAIN;
        ui_hint(ui, now_ms, false, "no y within 5 s: nothing was sent");
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
    int64_t next = hold_next_ms(&ui->hold);
    if (ui->mode == UI_CONFIRM && ui->confirm_until_ms < next)
        next = ui->confirm_until_ms;
    if (ui->hint[0] && ui->hint_until_ms < next)
        next = ui->hint_until_ms;
    return next;
}
