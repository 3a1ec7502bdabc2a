// SPDX-License-Identifier: MIT
// The questions that a terminal is asked about itself, and its answers. Pure: the clock is a parameter (milliseconds,
// monotonic).
#ifndef PC_TUI_QUESTIONS_H
#define PC_TUI_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pc-tui/keys/key.h"

enum { QUESTIONS_MS = 300, QUESTIONS_SIZE = 128 };

struct questions {
    int ambiguous; // columns of a character that is ambiguous in the EastAsianWidth table; 0 while not known
    bool tells_releases; // it has answered that it can tell when a key is let go
    bool background_known;
    uint32_t background; // 0xRRGGBB
    int64_t until_ms;    // answers are waited for until then; INT64_MIN = no longer
};

// Writes the questions into out and returns out. They belong on the alternate screen, since they overwrite the
// beginning of its second row, and into one write. modern: ask what only terminals of xterm's family understand as well:
// the background, and whether they tell when a key is let go.
const char *questions_ask(struct questions *questions, int64_t now_ms, bool modern, char out[QUESTIONS_SIZE]);
// Takes an event of the keyboard's input. True where it told something new; an answer may come at any time.
bool questions_take(struct questions *questions, const struct key_event *event);
#endif
