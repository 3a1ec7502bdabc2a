// SPDX-License-Identifier: MIT
// What the operator's keys mean now: modes, selections, the line under edit. A key goes in, commands leave through the
// controller, and effects come back for the shell to carry out. Pure: every time is a parameter, in milliseconds of
// CLOCK_MONOTONIC.
#ifndef PC_TUI_UI_H
#define PC_TUI_UI_H

#include <stdint.h>

#include "common/protocol/protocol.h"
#include "pc-tui/keys/hold.h"
#include "pc-tui/keys/key.h"
#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/actions.h"
#include "pc-tui/ui/completion.h"
#include "pc-tui/ui/line.h"
#include "pc-tui/ui/line_history.h"

struct model;
struct controller;

enum {
    UI_HINT_SIZE = 256,
    UI_HINT_MS = 4000,    // how long a hint stands
    UI_CONFIRM_MS = 5000, // how long a question waits for its `y`
    UI_CHOOSE_MS =
        1000, // devices that appear so soon after the link came up take part in the first selection
    UI_PRESETS_MAX = 24,
    UI_HELP_ROWS_MAX = 96,
};

enum ui_mode {
    UI_MAIN,
    UI_COMMAND, // `:`
    UI_FILTER,  // `/`: the filter works while it is typed
    UI_HELP,
    UI_HELP_SEARCH, // `/` within help
    UI_CONFIRM,     // a question waits for its `y`
    UI_PICKER,      // `g`: the list of devices
    UI_ABOUT,       // `i`: what the selected device says of itself
};

// What ui_key, ui_tick and ui_refresh ask of the shell. Several may come together.
enum ui_effect {
    UI_REDRAW = 1 << 0,
    UI_LEAVE = 1 << 1,   // leave: stop what moves, restore the terminal, end
    UI_SUSPEND = 1 << 2, // stop what moves, then as Ctrl-Z
    UI_REPAINT = 1 << 3, // the terminal's content is unknown: paint every cell
    UI_RETRY = 1 << 4,   // try to connect now
    UI_HISTORY = 1 << 5, // the history has a new line, or another device was selected: save it
};

// What a question asks for.
enum ui_question {
    QUESTION_SAFE,   // `x`: all outputs to their safe state
    QUESTION_SET,    // a click on a gauge
    QUESTION_RETIRE, // `D`: clear the last report of a device that is gone
};

// What stands where the operator clicked. Indices are those of the model's devices and of the selected device's channels;
// -1 = none.
struct ui_hit {
    int device, channel;
    bool on_gauge;
    int tenths; // of on_gauge: the angle of that cell
};

struct ui_preset {
    char key[KEY_NAME_SIZE]; // in the notation of key.h
    char label[48];
    char command[LINE_SIZE];
};

struct ui_options {
    bool read_only;
    // The only device that is ever selected without the operator; "" = none is asked for.
    char device[PROTOCOL_DEVICE_MAX + 1];
    struct ui_preset presets[UI_PRESETS_MAX];
    size_t preset_count;
};

struct ui { // views read it, only ui_ functions change it
    struct model *model;
    struct controller *controller;
    struct ui_options options;

    enum ui_mode mode;
    struct line line; // of UI_COMMAND, UI_FILTER, UI_HELP_SEARCH and UI_PICKER
    struct line_history history;
    struct completion offered; // what Tab offers now; count 0 = nothing
    size_t offered_at;         // the word of these that is in the line; offered.count = none

    char filter[LINE_SIZE];      // events shown contain it, whatever the case; "" = all
    char help_filter[LINE_SIZE]; // the same for help
    size_t events_back;          // how many events the pane is scrolled back; 0 = newest at the bottom
    size_t help_top;             // first row of help, or of what a device says of itself, shown

    enum ui_question question;        // of UI_CONFIRM
    char question_text[UI_HINT_SIZE]; // what is asked: "tilt 23 on nano-lab2?"
    char question_command[LINE_SIZE]; // what `y` sends
    char question_device[PROTOCOL_DEVICE_MAX + 1];
    size_t picked; // of UI_PICKER: which of the devices that pass the filter

    bool chosen; // the operator has pressed a key, or the devices had time to appear: the selection stays
    int64_t choose_until_ms; // until when a better device at the start takes the selection; 0 = no link yet
    bool device_known;       // false until the model has a device to select
    char device[PROTOCOL_DEVICE_MAX + 1]; // the selected device
    bool all;                             // every live device is addressed
    char servo[PROTOCOL_NAME_MAX + 1];    // the selected servo, "" where there is none
    char output[PROTOCOL_NAME_MAX + 1];   // the selected switch or dimmer, "" where there is none
    char motor[PROTOCOL_NAME_MAX + 1];    // the selected motor, "" where there is none
    enum model_selection focus;           // which of these selections Tab moved last
    int step;                             // degrees of one arrow: 1, 2, 5, 10 or 20
    int speed; // percent that w and s mean, where < and > have changed it; 0 = as the motor reports

    struct hold hold; // of w and s
    bool key_repeats; // the terminal says that the key under way is held down
    // What the key of `hold` drives.
    char drive_device[PROTOCOL_DEVICE_MAX + 1];
    char drive_motor[PROTOCOL_NAME_MAX + 1];
    int drive_percent;            // negative is backward
    char drive_why[UI_HINT_SIZE]; // why it does nothing until it was let go

    char hint[UI_HINT_SIZE]; // "" = none
    bool hint_is_problem;    // refused or wrong, not just information
    int64_t hint_until_ms;
    int64_t confirm_until_ms;

    char last_key[KEY_NAME_SIZE]; // to tell a held key
    int64_t last_key_ms;
    int rows;             // of the screen: how far help scrolls
    uint64_t next_serial; // of the journal at the last ui_refresh
};

// model and controller must outlive the ui. options are copied.
void ui_init(
    struct ui *ui, struct model *model, struct controller *controller, const struct ui_options *options);

// Takes one key, a paste or another event of the terminal. Returns effects of enum ui_effect.
unsigned ui_key(struct ui *ui, const struct key_event *event, int64_t now_ms);
// Runs an action as if its key had been pressed; nth is 1 to 9 for ACTION_TOGGLE_NTH, else 0.
unsigned ui_do(struct ui *ui, enum action id, int nth, int64_t now_ms);
// The operator clicked on what hit says. A channel is selected; a gauge asks first. Returns effects.
unsigned ui_click(struct ui *ui, const struct ui_hit *hit, int64_t now_ms);
// The screen has so many rows now.
void ui_resize(struct ui *ui, int rows);
// Ends what has run out: hint, confirmation. Returns effects.
unsigned ui_tick(struct ui *ui, int64_t now_ms);
// When ui_tick has something to do next; INT64_MAX = nothing.
int64_t ui_next_ms(const struct ui *ui);
// The model changed: keeps the selections valid. Call after every change of the model. Returns effects.
unsigned ui_refresh(struct ui *ui);
// Shows a hint until the next key, at most UI_HINT_MS, in front of any other.
void ui_hint(struct ui *ui, int64_t now_ms, bool problem, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// The lowest row of help that may stand at the top.
size_t ui_help_last_top(const struct ui *ui);

// For views. Indices are those of the model's devices and of the selected device's channels; -1 = none.
int ui_device(const struct ui *ui);
int ui_servo(const struct ui *ui);
int ui_output(const struct ui *ui);
int ui_motor(const struct ui *ui);
int ui_focused(const struct ui *ui); // the one of these that Tab moved last
int ui_dimmer(
    const struct ui *ui); // the dimmer that + and - mean: the selected one, else the only one there is
// The digit that toggles this channel of the selected device, 1 to 9; 0 = none.
int ui_digit(const struct ui *ui, int channel);
// The percent that w and s run the selected motor with; 0 where there is none.
int ui_speed(const struct ui *ui);
// True where a key may drive a motor now, so that it is worth knowing when a key is let go.
bool ui_can_drive(const struct ui *ui);
// The program is about to be suspended, or the terminal was somebody else's: no key is down any more. Stops what a key
// drives. Returns effects.
unsigned ui_lose_keys(struct ui *ui, int64_t now_ms);

// What there is now, as enum action_need bits: which actions are enabled.
unsigned ui_have(const struct ui *ui);
// The footer of the mode, SPACE STOP first. Returns how many items were written.
size_t ui_footer(const struct ui *ui, bool ascii, struct footer_item *items, size_t max);

struct ui_help_row {
    bool heading; // text is a heading, keys empty
    char keys[ACTION_KEYS_SIZE];
    char text[160];
};
// The rows of help that the search lets through. Returns how many were written.
size_t ui_help(const struct ui *ui, bool ascii, struct ui_help_row *out, size_t max);
// The indices of the devices that the picker's filter lets through, at most max. Returns how many there are.
size_t ui_picker(const struct ui *ui, size_t *out, size_t max);
// True where the event text passes the filter.
bool ui_filter_passes(const struct ui *ui, const char *text);

#endif
