// SPDX-License-Identifier: MIT
// What was typed: takes the terminal's bytes read by read and tells the keys that a person pressed from
// pastes, from the wheel and from what the terminal says by itself. Pure: the clock is a parameter
// (milliseconds, monotonic).
//
// Two promises hold for every input. Something that is no key never acts. A SPACE or U+3000 is never dropped,
// except within what the terminal itself marks as text: a bracketed paste, or an answer.
#ifndef PC_TUI_INPUT_H
#define PC_TUI_INPUT_H

#include "pc-tui/keys/decoder.h"

enum {
    INPUT_READ_MAX = 4096,    // bytes that one input_feed takes: read no more at once
    INPUT_PASTE_TAIL_MS = 30, // a read so soon after a paste is more of it
    INPUT_PASTE_KEYS = 3,     // more different printable keys than this in one read are a paste
    // So many equal arrows in one read are a notch of a wheel that the terminal turns into arrows, unless an
    // arrow of that direction was pressed within so many milliseconds before: then the key is held down.
    INPUT_NOTCH_ARROWS = 3,
    INPUT_NOTCH_MS = 500,
};

enum input_line {      // where a command line that comes in one read would go
    INPUT_LINE_CLOSED, // `:` opens it
    INPUT_LINE_OPEN,
    INPUT_LINE_SHUT, // `:` has no meaning now
};

// Private to input.c; a value that needs no freeing.
struct input {
    struct decoder decoder;
    enum input_line line;
    int64_t bracket_ms; // when a bracketed paste ended
    int64_t guess_ms;   // when a paste without brackets was last read
    int64_t arrow_ms[4];
};

// remote: the terminal is behind a network (terminal_is_remote()), where a sequence may come in pieces.
void input_init(struct input *input, bool remote);
// Call before input_feed, whenever a text line was opened or closed.
void input_line(struct input *input, enum input_line line);

typedef decoder_emit input_emit;

// Takes what one read() returned (at most INPUT_READ_MAX bytes; more are cut) and emits what it means, in
// order.
void input_feed(
    struct input *input, const void *bytes, size_t len, int64_t now_ms, input_emit *emit, void *ctx);
// Emits the events that only time decides. Call it when input_next_ms has passed.
void input_tick(struct input *input, int64_t now_ms, input_emit *emit, void *ctx);
// When input_tick is next due; INT64_MAX: not.
int64_t input_next_ms(const struct input *input);

#endif
