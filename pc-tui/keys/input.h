// SPDX-License-Identifier: MIT
// Bytes from the terminal -> key events. Pure: the clock is a parameter (milliseconds, monotonic), so a lone
// ESC, a sequence cut short and a paste are told apart without waiting.
#ifndef PC_TUI_INPUT_H
#define PC_TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INPUT_READ_MAX = 4096,     // bytes that one input_feed takes: read no more at once
    INPUT_ESC_MS = 25,         // a lone ESC is the key after so long …
    INPUT_ESC_SSH_MS = 100,    // … and over SSH
    INPUT_SEQUENCE_FACTOR = 4, // a sequence begun is given up after so many times that
    INPUT_STRING_MS = 100,     // an OSC, DCS, APC, PM or SOS string is given up after so long …
    INPUT_STRING_MAX = 4096,   // … or so many bytes
    INPUT_PASTE_MS = 1000, // a bracketed paste is over when no byte came for so long: SPACE must work again
    INPUT_PASTE_TAIL_MS = 20, // a read so soon after an unbracketed paste is more of it
    INPUT_PASTE_KEYS = 3,     // more different printable keys than this in one read are a paste
    KEY_NAME_SIZE = 32,       // bytes that hold any key in notation, with terminator
};

enum key_code {
    KEY_NOTHING,   // never emitted: the value of an unset event
    KEY_CHARACTER, // codepoint; with Ctrl always as the small letter or sign (`<C-l>`, `<C-Space>` is ' ')
    KEY_ARROW_UP,
    KEY_ARROW_DOWN,
    KEY_ARROW_LEFT,
    KEY_ARROW_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_LINE_HOME,
    KEY_LINE_END,
    KEY_INSERT,
    KEY_DELETE,
    KEY_ERASE,     // Backspace: DEL and BS both
    KEY_TABULATOR, // with KEY_SHIFT: Shift-Tab
    KEY_RETURN,    // CR and LF both
    KEY_ESCAPE,
    KEY_FUNCTION,    // codepoint is the number, 1 to 24
    KEY_PASTE_BEGIN, // then KEY_PASTE_TEXT any number of times, then KEY_PASTE_END
    KEY_PASTE_TEXT,  // codepoint; line ends are '\n', tabs '\t', other controls are left out
    KEY_PASTE_END,
    KEY_FOCUS_IN,
    KEY_FOCUS_OUT,
    KEY_CURSOR_AT, // the terminal's answer about its cursor: row, column (from 1); for terminal_answer()
};

enum { KEY_SHIFT = 1, KEY_ALT = 2, KEY_CTRL = 4 }; // as xterm numbers them, less 1

struct key_event {
    enum key_code code;
    unsigned
        modifiers; // KEY_SHIFT | KEY_ALT | KEY_CTRL; a shifted character has none, it is another character
    uint32_t codepoint; // see enum key_code; U+FFFD for broken UTF-8
    int row, column;    // KEY_CURSOR_AT
};

// Keys in writing, one notation for the action table, the configuration, the help and the tests: a printable
// character is itself; `<Space>` `<lt>` (the sign <) `<Up>` `<Down>` `<Left>` `<Right>` `<PageUp>`
// `<PageDown>` `<Home>`
// `<End>` `<Insert>` `<Delete>` `<Backspace>` `<Tab>` `<Enter>` `<Esc>` `<F1>` to `<F24>`; modifiers in
// front, in the order S- A- C-: `<S-Tab>` `<C-l>` `<A-x>` `<S-A-Up>`. Names are read in any case; letters
// keep theirs, but with C- are small.

// Reads text as one key into *out. 0, or -EINVAL where it is no key.
int key_parse(const char *text, struct key_event *out);
// Reads the first of several keys written in a row ("tilt 20<Enter>"); *text moves past it. 0, or -EINVAL.
int key_parse_next(const char **text, struct key_event *out);
// Writes a key; "" for what is none (paste, focus, cursor). Returns out.
char *key_format(char out[KEY_NAME_SIZE], const struct key_event *key);
// The same key: code, modifiers and codepoint.
bool key_equal(const struct key_event *a, const struct key_event *b);
// True for SPACE and the ideographic space U+3000, whatever the modifiers: what stops.
bool key_is_space(const struct key_event *key);

enum input_state {
    INPUT_GROUND,
    INPUT_ESC,     // after ESC
    INPUT_CSI,     // after ESC [
    INPUT_CONSOLE, // after ESC [ [
    INPUT_MOUSE,   // after ESC [ M: three bytes to swallow
    INPUT_SS3,     // after ESC O
    INPUT_STRING,  // in an OSC, DCS, APC, PM or SOS string
    INPUT_STRING_ESC,
};

// Private to input.c; a value that needs no freeing.
struct input {
    int esc_ms;
    enum input_state state;
    int64_t since_ms;      // when the sequence began
    int64_t last_ms;       // when the last byte came
    bool alt;              // a second ESC came before the sequence
    char sequence[64];     // what followed the ESC
    size_t length;         // of it, counted on past its size
    unsigned char utf8[4]; // a character cut by the end of a read
    size_t utf8_length;
    bool pasting;          // bracketed
    bool paste_cr;         // the last pasted byte was a CR: an LF after it is the same line end
    int64_t tail_until_ms; // of an unbracketed paste
};

// ssh: give a lone ESC INPUT_ESC_SSH_MS (terminal_is_remote()).
void input_init(struct input *input, bool ssh);

typedef void input_emit(void *ctx, const struct key_event *key);

// Takes what one read() returned (at most INPUT_READ_MAX bytes; more are cut) and emits what it means, in
// order.
void input_feed(
    struct input *input, const void *bytes, size_t len, int64_t now_ms, input_emit *emit, void *ctx);
// Emits what time decides: a lone ESC, the end of a paste that broke off. Call when input_next_ms has passed.
void input_tick(struct input *input, int64_t now_ms, input_emit *emit, void *ctx);
// When input_tick is next due; INT64_MAX: not.
int64_t input_next_ms(const struct input *input);

#endif
