// SPDX-License-Identifier: MIT
// The table of what an operator can do. Bindings, footer, help, completion, the manual page and the tests all read it.
// Pure.
#ifndef PC_TUI_ACTIONS_H
#define PC_TUI_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum action {
    ACTION_NONE,
    ACTION_STOP,
    ACTION_TILT_UP,
    ACTION_TILT_DOWN,
    ACTION_PAN_LEFT,
    ACTION_PAN_RIGHT,
    ACTION_STEP_SMALLER,
    ACTION_STEP_LARGER,
    ACTION_CENTER,
    ACTION_FORWARD,
    ACTION_BACKWARD,
    ACTION_STEER_LEFT,
    ACTION_STEER_RIGHT,
    ACTION_STEER_CENTER,
    ACTION_SLOWER,
    ACTION_FASTER,
    ACTION_ON,
    ACTION_OFF,
    ACTION_TOGGLE,
    ACTION_TOGGLE_NTH, // which one: the digit that was pressed
    ACTION_BRIGHTER,
    ACTION_DARKER,
    ACTION_SAFE,
    ACTION_NEXT_CHANNEL,
    ACTION_PREVIOUS_CHANNEL,
    ACTION_NEXT_DEVICE,
    ACTION_PREVIOUS_DEVICE,
    ACTION_PICK_DEVICE,
    ACTION_ALL_DEVICES,
    ACTION_RETIRE,
    ACTION_ABOUT,
    ACTION_COMMAND,
    ACTION_FILTER,
    ACTION_EVENTS_BACK,
    ACTION_EVENTS_FORWARD,
    ACTION_HELP,
    ACTION_CLOSE,
    ACTION_RETRY,
    ACTION_REPAINT,
    ACTION_SUSPEND,
    ACTION_QUIT,
    ACTION_COUNT
};

enum action_group { GROUP_MOVE, GROUP_SWITCH, GROUP_CHOOSE, GROUP_LOOK, GROUP_PROGRAM, GROUP_COUNT };

// What an action needs. It is enabled where every bit of its `needs` is among the bits of what there is.
enum action_need {
    NEED_SERVO = 1 << 0,   // a servo
    NEED_TILT = 1 << 9,    // a servo that is not the pan
    NEED_PAN = 1 << 1,     // a pan servo
    NEED_OUTPUT = 1 << 2,  // a switch or dimmer
    NEED_DIMMER = 1 << 3,  // the selected output is a dimmer, or there is only one dimmer
    NEED_CHANNEL = 1 << 4, // any channel that can be selected
    NEED_DEVICES = 1 << 5, // another device than the selected one
    NEED_DOWN = 1 << 6,    // no link to the broker
    NEED_CONTROL = 1 << 7, // not --read-only
    NEED_DEVICE = 1 << 8,  // a device to address
    NEED_GONE = 1 << 10,   // the selected device is offline, or nothing but its last report is there
    NEED_MOTOR = 1 << 11,  // a motor
    NEED_STEER = 1 << 12,  // a servo with axis = steer
};

enum action_repeat {
    REPEAT_ACTS,     // a held key acts again and again: arrows, [ ] + - and the keys of a car
    REPEAT_HARMLESS, // moves nothing outside this screen: each press acts
    REPEAT_HELD,     // pressed again within ACTION_HELD_MS it is a held key: ignored with a hint
};

enum { ACTION_HELD_MS = 700, ACTION_KEYS_SIZE = 64 };

struct action_info {
    enum action id;
    const char *name; // for the command line: "next-device"; except for `stop` no device has a word like it
    const char *keys; // in the notation of key.h, blanks between: "<Up> k"; the first one is shown first
    enum action_group group;
    enum action_repeat repeat;
    unsigned needs;     // of enum action_need
    const char *help;   // one line, no full stop
    const char *footer; // label in the footer, NULL = not there; consecutive actions of one label share it
    const char *brief;  // the label where there is little room; "" = the keys alone
    int worth;          // the footer leaves out the items of the highest number first; 0 = never
};

// The entry of an action. ACTION_NONE and values out of range give an entry with empty strings.
const struct action_info *actions_info(enum action id);
// The action bound to a key in the notation of key.h, ACTION_NONE where there is none. A key that a car's action shares with
// another one is the car's where `have` says that there is a motor or a servo that steers.
enum action actions_by_key(const char *key, unsigned have);
// The action of that name, ACTION_NONE where there is none.
enum action actions_by_name(const char *name);
// True where everything the action needs is in `have`.
bool actions_enabled(enum action id, unsigned have);
// The first thing missing as a sentence for the operator: "no pan servo here: ? shows what there is". "" if
// enabled.
const char *actions_why_not(enum action id, unsigned have);
// The heading of a group in help, such as "Moving".
const char *actions_group_name(enum action_group group);

// One key as it is shown: "<Up>" as "↑" (ascii: "Up"), "C-l" as "Ctrl-L", "<Space>" as "SPACE". Returns out.
char *actions_show_key(char out[ACTION_KEYS_SIZE], const char *key, bool ascii);
// All keys of an action as they are shown, blanks between. Returns out.
char *actions_show_keys(char out[ACTION_KEYS_SIZE], enum action id, bool ascii);

struct footer_item {
    char keys[ACTION_KEYS_SIZE];
    char label[48];
    char brief[48]; // the label where there is little room
    int worth;      // as in struct action_info
};

// The names that stand in the footer.
struct footer_names {
    int step;  // in degrees
    int speed; // in percent
    const char *tilt, *pan, *output, *dimmer, *motor, *steer;
};

// What the footer says in main mode, STOP always the first: only what is enabled. Returns how many items were written.
size_t actions_footer(
    unsigned have, const struct footer_names *names, bool ascii, struct footer_item *items, size_t max);

#endif
