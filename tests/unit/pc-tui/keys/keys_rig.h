// SPDX-License-Identifier: MIT
// An input with a clock that the test turns; what it emits is written down.
#ifndef TESTS_KEYS_RIG_H
#define TESTS_KEYS_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/keys/input.h"

// What was emitted, in writing: keys in their notation, a paste as {text}, focus as (in) and (out).
struct log {
    char text[65536];
    size_t len;
};

static struct log seen;

static inline void write_down(const char *text)
{
    size_t len = strlen(text);
    assert_true(seen.len + len < sizeof seen.text);
    memcpy(seen.text + seen.len, text, len + 1);
    seen.len += len;
}

static inline void emit(void *ctx, const struct key_event *key)
{
    char text[KEY_NAME_SIZE];
    assert_ptr_equal(ctx, &seen);
    switch (key->code) {
    case KEYCODE_PASTE_BEGIN:
        write_down("{");
        return;
    case KEYCODE_PASTE_END:
        write_down("}");
        return;
    case KEYCODE_PASTE_TEXT: {
        struct key_event character = {.code = KEYCODE_CHARACTER, .codepoint = key->codepoint};
        write_down(key->codepoint == '\n'   ? "\\n"
                   : key->codepoint == '\t' ? "\\t"
                   : key->codepoint == ' '  ? " "
                                            : key_format(text, &character));
        return;
    }
    case KEYCODE_FOCUS_IN:
        write_down("(in)");
        return;
    case KEYCODE_FOCUS_OUT:
        write_down("(out)");
        return;
    case KEYCODE_CURSOR_AT:
        snprintf(text, sizeof text, "(%d,%d)", key->row, key->column);
        write_down(text);
        return;
    case KEYCODE_KEYBOARD:
        write_down("(keyboard)");
        return;
    default:
        if (key->phase == KEYPHASE_RELEASE)
            write_down("up:");
        write_down(key_format(text, key));
    }
}

static struct input input;
static int64_t now;

static inline int fresh(void **state)
{
    (void)state;
    input_init(&input, false);
    now = 1000;
    seen.len = 0;
    seen.text[0] = '\0';
    return 0;
}

static inline void feed_bytes(const char *bytes, size_t len)
{
    input_feed(&input, bytes, len, now, emit, &seen);
}

#define feed(literal) feed_bytes((literal), sizeof(literal) - 1)

static inline void tick(void)
{
    input_tick(&input, now, emit, &seen);
}

// Compares what was emitted since the last call.
static inline void expect(const char *wanted)
{
    assert_string_equal(seen.text, wanted);
    seen.len = 0;
    seen.text[0] = '\0';
}

#endif
