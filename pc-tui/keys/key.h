// SPDX-License-Identifier: MIT
// A key as the rest of the program knows it, and how a key is written down. Pure.
#ifndef PC_TUI_KEY_H
#define PC_TUI_KEY_H

#include <stdbool.h>
#include <stdint.h>

enum { KEY_NAME_SIZE = 32 }; // bytes that hold any key in notation, with the terminator

enum key_code {
    KEYCODE_NONE,      // never emitted: the value of an unset event
    KEYCODE_CHARACTER, // codepoint; with Ctrl always as the small letter or sign (`<C-l>`, `<C-Space>` is ' ')
    KEYCODE_UP,
    KEYCODE_DOWN,
    KEYCODE_LEFT,
    KEYCODE_RIGHT,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_INSERT,
    KEYCODE_DELETE,
    KEYCODE_BACKSPACE, // the bytes DEL and BS both
    KEYCODE_TAB,       // with KEYMOD_SHIFT: Shift-Tab
    KEYCODE_ENTER,     // the bytes CR and LF both
    KEYCODE_ESCAPE,
    KEYCODE_FUNCTION, // codepoint is the number, 1 to 24

    // The rest are no keys: they never have a name, and no action may be bound to them.
    KEYCODE_PASTE_BEGIN, // then KEYCODE_PASTE_TEXT any number of times, then KEYCODE_PASTE_END
    KEYCODE_PASTE_TEXT,  // codepoint; line ends are '\n', tabs '\t', other controls are left out
    KEYCODE_PASTE_END,
    KEYCODE_FOCUS_IN,
    KEYCODE_FOCUS_OUT,
    KEYCODE_WHEEL_UP,   // one notch of a mouse wheel, or a touchpad's equal
    KEYCODE_WHEEL_DOWN, // the same towards the operator
    KEYCODE_CLICK,      // the left button went down; row, column
    KEYCODE_CURSOR_AT,  // the terminal's answer about its cursor: row, column
    KEYCODE_BACKGROUND, // the terminal's answer about its background: codepoint is 0xRRGGBB
    KEYCODE_KEYBOARD,   // the terminal's answer to `CSI ? u`: it can tell when a key is let go
    KEYCODE_DEVICE,     // the terminal's answer to `CSI c`, which every terminal gives
};

enum { KEYMOD_SHIFT = 1, KEYMOD_ALT = 2, KEYMOD_CTRL = 4 }; // as xterm numbers them, less 1

enum key_phase {
    KEYPHASE_PRESS,
    KEYPHASE_HELD,    // the terminal says that the key repeats because it is held down
    KEYPHASE_RELEASE, // the key went up: no press, and never in a paste
};

struct key_event {
    enum key_code code;
    unsigned modifiers;   // of KEYMOD_…; a shifted character has none, it is another character
    uint32_t codepoint;   // see enum key_code; U+FFFD for broken UTF-8
    enum key_phase phase; // KEYPHASE_PRESS where the terminal does not tell
    bool guessed;         // a paste that no brackets marked: many different keys came in one read
    int row, column;      // from 1
};

// Keys in writing, one notation for the action table, the configuration, the help and the tests: a printable
// character is itself; `<Space>` `<lt>` (the sign <) `<Up>` `<Down>` `<Left>` `<Right>` `<PageUp>`
// `<PageDown>` `<Home>` `<End>` `<Insert>` `<Delete>` `<Backspace>` `<Tab>` `<Enter>` `<Esc>` `<F1>` to
// `<F24>`; modifiers in front, in the order S- A- C-: `<S-Tab>` `<C-l>` `<A-x>` `<S-A-Up>`. Names are read in
// any case; letters keep theirs, except that letters with C- are small.

// Reads text as one key into *out. 0, or -EINVAL where it is no key.
int key_parse(const char *text, struct key_event *out);
// Reads the first of several keys written in a row ("tilt 20<Enter>"); *text moves past it. 0, or -EINVAL.
int key_parse_next(const char **text, struct key_event *out);
// Writes the name of a key into out and returns out; "" for an event that is no key.
char *key_format(char out[KEY_NAME_SIZE], const struct key_event *key);
// Gives a key the one form that its name is read as, because terminals tell of some keys in several: Ctrl-M and Enter
// are one key, so are Shift-a and A.
void key_normalise(struct key_event *key);
// True for SPACE and the ideographic space U+3000, whatever the modifiers: these stop.
bool key_is_space(const struct key_event *key);

#endif
