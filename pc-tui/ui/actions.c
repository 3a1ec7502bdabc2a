// SPDX-License-Identifier: MIT
#include "pc-tui/ui/actions.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const struct action_info table[] = {
    {ACTION_STOP, "stop", "<Space>", GROUP_MOVE, REPEAT_HARMLESS, 0,
        "STOP: servos hold, motors are off, now; works in every mode", "STOP", "STOP", 0},
    {ACTION_TILT_UP, "tilt-up", "<Up> k", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_TILT | NEED_CONTROL,
        "one step up: the servo tilt, else the selected one", "tilt", "tilt", 1},
    {ACTION_TILT_DOWN, "tilt-down", "<Down> j", GROUP_MOVE, REPEAT_ACTS,
        NEED_DEVICE | NEED_TILT | NEED_CONTROL, "one step down", "tilt", "tilt", 1},
    {ACTION_PAN_LEFT, "pan-left", "<Left> h", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_PAN | NEED_CONTROL,
        "one step left: the pan servo", "pan", "pan", 1},
    {ACTION_PAN_RIGHT, "pan-right", "<Right> l", GROUP_MOVE, REPEAT_ACTS,
        NEED_DEVICE | NEED_PAN | NEED_CONTROL, "one step right", "pan", "pan", 1},
    {ACTION_FORWARD, "drive-forward", "w", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_MOTOR | NEED_CONTROL,
        "motor forward while the key is down; a tap is 0.25 s", "motor", "motor", 1},
    {ACTION_BACKWARD, "drive-backward", "s", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_MOTOR | NEED_CONTROL,
        "motor backward while the key is down", "motor", "motor", 1},
    {ACTION_STEER_LEFT, "steer-left", "a", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_STEER | NEED_CONTROL,
        "one step left: the servo with axis = steer", "steer", "steer", 1},
    {ACTION_STEER_RIGHT, "steer-right", "d", GROUP_MOVE, REPEAT_ACTS, NEED_DEVICE | NEED_STEER | NEED_CONTROL,
        "one step right: the servo with axis = steer", "steer", "steer", 1},
    {ACTION_STEER_CENTER, "steer-center", "e", GROUP_MOVE, REPEAT_HELD,
        NEED_DEVICE | NEED_STEER | NEED_CONTROL, "straight on: the servo with axis = steer", "steer", "steer",
        1},
    {ACTION_SLOWER, "drive-slower", "<lt>", GROUP_MOVE, REPEAT_ACTS, NEED_MOTOR,
        "10 % less for the next w or s", "speed", "speed", 5},
    {ACTION_FASTER, "drive-faster", ">", GROUP_MOVE, REPEAT_ACTS, NEED_MOTOR, "10 % more", "speed", "speed",
        5},
    {ACTION_STEP_SMALLER, "step-smaller", "[ ,", GROUP_MOVE, REPEAT_ACTS, 0,
        "smaller step: 1, 2, 5, 10 or 20 degrees", "step", "step", 7},
    {ACTION_STEP_LARGER, "step-larger", "] .", GROUP_MOVE, REPEAT_ACTS, 0, "larger step", "step", "step", 7},
    {ACTION_CENTER, "center-selected", "c", GROUP_MOVE, REPEAT_HELD, NEED_DEVICE | NEED_SERVO | NEED_CONTROL,
        "centre the selected servo", "centre", "", 8},
    {ACTION_ON, "switch-on", "o", GROUP_SWITCH, REPEAT_HELD, NEED_DEVICE | NEED_OUTPUT | NEED_CONTROL,
        "selected switch or dimmer on", "output", "output", 2},
    {ACTION_OFF, "switch-off", "f", GROUP_SWITCH, REPEAT_HELD, NEED_DEVICE | NEED_OUTPUT | NEED_CONTROL,
        "selected switch or dimmer off", "output", "output", 2},
    {ACTION_TOGGLE, "switch-over", "t", GROUP_SWITCH, REPEAT_HELD, NEED_DEVICE | NEED_OUTPUT | NEED_CONTROL,
        "selected switch or dimmer over: on if off, off if on", "output", "output", 2},
    {ACTION_TOGGLE_NTH, "switch-nth", "1 2 3 4 5 6 7 8 9", GROUP_SWITCH, REPEAT_HELD,
        NEED_DEVICE | NEED_OUTPUT | NEED_CONTROL, "the switch or dimmer with this digit over", NULL, NULL, 0},
    {ACTION_BRIGHTER, "dimmer-up", "+ =", GROUP_SWITCH, REPEAT_ACTS, NEED_DEVICE | NEED_DIMMER | NEED_CONTROL,
        "dimmer 10 % up: the selected one, or the only one", "dimmer", "dimmer", 6},
    {ACTION_DARKER, "dimmer-down", "-", GROUP_SWITCH, REPEAT_ACTS, NEED_DEVICE | NEED_DIMMER | NEED_CONTROL,
        "dimmer 10 % down", "dimmer", "dimmer", 6},
    {ACTION_SAFE, "all-safe", "x", GROUP_SWITCH, REPEAT_HELD, NEED_DEVICE | NEED_CONTROL,
        "then y: all outputs safe; any other key, or 5 s, cancels", "safe", "", 11},
    {ACTION_NEXT_CHANNEL, "next-channel", "<Tab>", GROUP_CHOOSE, REPEAT_HARMLESS, NEED_CHANNEL,
        "next channel: the keys mean the marked servo and output", "channel", "", 3},
    {ACTION_PREVIOUS_CHANNEL, "previous-channel", "<S-Tab>", GROUP_CHOOSE, REPEAT_HARMLESS, NEED_CHANNEL,
        "previous channel", NULL, NULL, 0},
    {ACTION_NEXT_DEVICE, "next-device", "n", GROUP_CHOOSE, REPEAT_HARMLESS, NEED_DEVICES, "next device",
        "device", "", 4},
    {ACTION_PREVIOUS_DEVICE, "previous-device", "p", GROUP_CHOOSE, REPEAT_HARMLESS, NEED_DEVICES,
        "previous device", "device", "", 4},
    {ACTION_PICK_DEVICE, "pick-device", "g", GROUP_CHOOSE, REPEAT_HARMLESS, NEED_DEVICES,
        "list of devices: type to filter, Enter selects", "devices", "", 9},
    {ACTION_ALL_DEVICES, "all-devices", "A a", GROUP_CHOOSE, REPEAT_HELD, NEED_DEVICES,
        "every live device (a only where no car is); Esc, n, p end it", "all", "", 10},
    {ACTION_RETIRE, "retire-device", "D", GROUP_CHOOSE, REPEAT_HELD, NEED_DEVICE | NEED_CONTROL | NEED_GONE,
        "then y: clear the last report of a device that is gone", "clear", "clear", 5},
    {ACTION_ABOUT, "about-device", "i", GROUP_LOOK, REPEAT_HARMLESS, NEED_DEVICE,
        "what the selected device is, and its addresses", NULL, NULL, 0},
    {ACTION_COMMAND, "command-line", ":", GROUP_LOOK, REPEAT_HARMLESS, 0,
        "command line: Tab completes, Up recalls, Enter sends", "command", "", 3},
    {ACTION_FILTER, "filter-events", "/", GROUP_LOOK, REPEAT_HARMLESS, 0,
        "show only the events that contain a text", "filter", "", 12},
    {ACTION_EVENTS_BACK, "events-back", "<PageUp>", GROUP_LOOK, REPEAT_HARMLESS, 0, "older events", NULL,
        NULL, 0},
    {ACTION_EVENTS_FORWARD, "events-forward", "<PageDown>", GROUP_LOOK, REPEAT_HARMLESS, 0, "newer events",
        NULL, NULL, 0},
    {ACTION_HELP, "help", "? <F1>", GROUP_LOOK, REPEAT_HARMLESS, 0,
        "this help; / searches it, q or Esc closes it", "help", "", 1},
    {ACTION_CLOSE, "close", "<Esc>", GROUP_LOOK, REPEAT_HARMLESS, 0,
        "close the topmost: help, line, filter, all; never quits", NULL, NULL, 0},
    {ACTION_RETRY, "retry-now", "r", GROUP_PROGRAM, REPEAT_HARMLESS, NEED_DOWN,
        "connect now, while disconnected", "try now", "try now", 2},
    {ACTION_REPAINT, "repaint", "<C-l>", GROUP_PROGRAM, REPEAT_HARMLESS, 0, "paint the screen anew", NULL,
        NULL, 0},
    {ACTION_SUSPEND, "suspend", "<C-z>", GROUP_PROGRAM, REPEAT_HARMLESS, 0,
        "suspend to the shell; stops what this screen moves", NULL, NULL, 0},
    {ACTION_QUIT, "quit", "q <C-c>", GROUP_PROGRAM, REPEAT_HARMLESS, 0, "leave; stops what this screen moves",
        "quit", "quit", 1},
};

enum { TABLE_SIZE = sizeof table / sizeof *table };

static const unsigned needs_car = NEED_MOTOR | NEED_STEER;

static const char *const group_names[GROUP_COUNT] = {
    "Moving", "Switches and dimmers", "Choosing", "Looking and typing", "The program"};

const struct action_info *actions_info(enum action id)
{
    static const struct action_info none = {
        ACTION_NONE, "", "", GROUP_PROGRAM, REPEAT_HARMLESS, 0, "", NULL, NULL, 0};
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (table[i].id == id)
            return &table[i];
    return &none;
}

// Finds the next key of a list such as "<Up> k", and its length. NULL at the end of the list.
static const char *next_key(const char *list, size_t *len)
{
    list += strspn(list, " ");
    *len = strcspn(list, " ");
    return *len ? list : NULL;
}

enum action actions_by_key(const char *key, unsigned have)
{
    size_t wanted = strlen(key);
    enum action elsewhere = ACTION_NONE;
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        size_t len = 0;
        for (const char *k = next_key(table[i].keys, &len); k; k = next_key(k + len, &len))
            if (len == wanted && memcmp(k, key, len) == 0) {
                if (!(table[i].needs & needs_car) || (have & needs_car))
                    return table[i].id;
                elsewhere = table[i].id;
            }
    }
    return elsewhere;
}

enum action actions_by_name(const char *name)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].id;
    return ACTION_NONE;
}

bool actions_enabled(enum action id, unsigned have)
{
    return (actions_info(id)->needs & ~have) == 0;
}

const char *actions_why_not(enum action id, unsigned have)
{
    unsigned missing = actions_info(id)->needs & ~have;
    if (missing & NEED_CONTROL)
        return "read-only: only SPACE is sent";
    if (missing & NEED_DEVICE)
        return "no device to address yet";
    if (missing & NEED_PAN)
        return "no pan servo here: ? shows what the keys do";
    if (missing & NEED_TILT)
        return "no tilt servo here: ? shows what the keys do";
    if (missing & NEED_SERVO)
        return "no servo here";
    if (missing & NEED_MOTOR)
        return "no motor here";
    if (missing & NEED_STEER)
        return "no servo with axis = steer here";
    if (missing & NEED_OUTPUT)
        return "no switch or dimmer here";
    if (missing & NEED_DIMMER)
        return "no dimmer is selected: Tab selects one";
    if (missing & NEED_CHANNEL)
        return "no channel to select";
    if (missing & NEED_DEVICES)
        return "there is no other device";
    if (missing & NEED_GONE)
        return "this device still reports: only one that is offline can be cleared";
    if (missing & NEED_DOWN)
        return "already connected";
    return "";
}

const char *actions_group_name(enum action_group group)
{
    return (unsigned)group < GROUP_COUNT ? group_names[group] : "";
}

// The footer is put together for each picture, so that what is copied needs no format.
char *actions_show_key(char out[ACTION_KEYS_SIZE], const char *key, bool ascii)
{
    static const struct {
        const char *key, *sign, *ascii;
    } names[] = {
        {"Up", "↑", "Up"},
        {"Down", "↓", "Down"},
        {"Left", "←", "Left"},
        {"Right", "→", "Right"},
        {"Space", "SPACE", "SPACE"},
        {"PageUp", "PgUp", "PgUp"},
        {"PageDown", "PgDn", "PgDn"},
        {"lt", "<", "<"},
    };
    size_t len = strlen(key);
    if (len < 3 || key[0] != '<' || key[len - 1] != '>') {
        text_append(out, ACTION_KEYS_SIZE, 0, key, len);
        return out;
    }
    const char *name = key + 1;
    size_t left = len - 2;
    size_t used = 0;
    bool ctrl = false;
    while (left > 2 && name[1] == '-' && strchr("SAC", name[0])) {
        const char *prefix = name[0] == 'S' ? "Shift-" : name[0] == 'A' ? "Alt-" : "Ctrl-";
        ctrl = ctrl || name[0] == 'C';
        used = text_append(out, ACTION_KEYS_SIZE, used, prefix, strlen(prefix));
        name += 2;
        left -= 2;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].key) == left && memcmp(names[i].key, name, left) == 0) {
            const char *sign = ascii ? names[i].ascii : names[i].sign;
            text_append(out, ACTION_KEYS_SIZE, used, sign, strlen(sign));
            return out;
        }
    const char capital = (char)toupper((unsigned char)*name);
    text_append(out, ACTION_KEYS_SIZE, used, ctrl && left == 1 ? &capital : name, left);
    return out;
}

char *actions_show_keys(char out[ACTION_KEYS_SIZE], enum action id, bool ascii)
{
    size_t used = 0, len = 0;
    out[0] = '\0';
    if (id == ACTION_TOGGLE_NTH) { // nine keys say less than their range
        snprintf(out, ACTION_KEYS_SIZE, ascii ? "1-9" : "1–9");
        return out;
    }
    for (const char *k = next_key(actions_info(id)->keys, &len); k; k = next_key(k + len, &len)) {
        char key[ACTION_KEYS_SIZE], shown[ACTION_KEYS_SIZE];
        snprintf(key, sizeof key, "%.*s", (int)len, k);
        actions_show_key(shown, key, ascii);
        if (used + strlen(shown) + 2 > ACTION_KEYS_SIZE)
            break;
        used += (size_t)snprintf(out + used, ACTION_KEYS_SIZE - used, "%s%s", used ? " " : "", shown);
    }
    return out;
}

// Arrows stand side by side, letters have a slash between them, and signs a blank.
static const char *footer_joint(const char *shown)
{
    if (isalpha((unsigned char)shown[0]))
        return "/";
    return (unsigned char)shown[0] >= 0x80 ? "" : " ";
}

static void footer_add_key(struct footer_item *item, const struct action_info *info, bool ascii)
{
    size_t len = 0;
    const char *first = next_key(info->keys, &len);
    char key[ACTION_KEYS_SIZE], shown[ACTION_KEYS_SIZE];
    text_append(key, sizeof key, 0, first ? first : "", first ? len : 0);
    actions_show_key(shown, key, ascii);
    size_t used = strlen(item->keys);
    const char *joint = used ? footer_joint(shown) : "";
    used = text_append(item->keys, sizeof item->keys, used, joint, strlen(joint));
    text_append(item->keys, sizeof item->keys, used, shown, strlen(shown));
}

// A label of the table stands for a name where there is one.
static void put_label(
    char out[48], const char *label, const struct footer_names *names, bool brief, bool ascii)
{
    const char *degree = ascii ? " deg" : "°";
    const char *shown = label;
    if (strcmp(label, "tilt") == 0)
        shown = names->tilt;
    else if (strcmp(label, "pan") == 0)
        shown = names->pan;
    else if (strcmp(label, "output") == 0)
        shown = names->output;
    else if (strcmp(label, "dimmer") == 0)
        shown = names->dimmer;
    else if (strcmp(label, "motor") == 0)
        shown = names->motor;
    else if (strcmp(label, "steer") == 0)
        shown = names->steer;
    if (strcmp(label, "step") == 0)
        snprintf(out, 48, "%s%d%s", brief ? "" : "step ", names->step, degree);
    else if (strcmp(label, "speed") == 0)
        snprintf(out, 48, "%s%d %%", brief ? "" : "speed ", names->speed);
    else
        text_append(out, 48, 0, shown, strlen(shown));
}

size_t actions_footer(
    unsigned have, const struct footer_names *names, bool ascii, struct footer_item *items, size_t max)
{
    size_t count = 0;
    const char *label = NULL;
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const struct action_info *info = &table[i];
        if (!info->footer || !actions_enabled(info->id, have))
            continue;
        if (!label || strcmp(label, info->footer) != 0) {
            if (count == max)
                break;
            struct footer_item *item = &items[count++];
            item->keys[0] = '\0';
            item->worth = info->worth;
            put_label(item->label, info->footer, names, false, ascii);
            put_label(item->brief, info->brief, names, true, ascii);
            label = info->footer;
        }
        footer_add_key(&items[count - 1], info, ascii);
    }
    return count;
}
