// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/questions.h"

#include <stdio.h>

// Three characters that the screen uses and that some terminals show two columns wide: xterm with -cjk_width,
// mlterm with -a 2, VTE with its wide setting. The signs of a live device are narrow in all of them.
#define PROBE "\xe2\x94\x80\xc2\xb0\xe2\x86\x92" // ─ ° →
enum { NARROW_COLUMN = 4, WIDE_COLUMN = 7, PROBE_ROW = 2 };

const char *questions_ask(struct questions *questions, int64_t now_ms, bool modern, char out[QUESTIONS_SIZE])
{
    // On the first row an answer about the cursor looks like the key F3. The last question is one that every
    // terminal answers, and answers come in the order of their questions.
    snprintf(out, QUESTIONS_SIZE, "\033[2;1H" PROBE "\033[6n\033[2;1H       \033[H%s\033[c",
        modern ? "\033]11;?\033\\\033[?u" : "");
    questions->until_ms = now_ms + QUESTIONS_MS;
    return out;
}

bool questions_take(struct questions *questions, const struct key_event *event)
{
    switch (event->code) {
    case KEYCODE_CURSOR_AT: {
        if (event->row != PROBE_ROW || event->column < NARROW_COLUMN || event->column > WIDE_COLUMN)
            return false;
        int columns = event->column == NARROW_COLUMN ? 1 : 2;
        bool changed = questions->ambiguous != columns;
        questions->ambiguous = columns;
        return changed;
    }
    case KEYCODE_BACKGROUND: {
        bool changed = !questions->background_known || questions->background != event->codepoint;
        questions->background_known = true;
        questions->background = event->codepoint;
        return changed;
    }
    case KEYCODE_KEYBOARD:
        questions->tells_releases = true;
        return false;
    case KEYCODE_DEVICE:
        questions->until_ms = INT64_MIN;
        return false;
    default:
        return false;
    }
}
