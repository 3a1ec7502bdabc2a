// SPDX-License-Identifier: MIT
// Any bytes from a terminal, in any pieces at any times: every key is well formed and has a name that is read back as the
// same key, pastes open and close, and after a silence SPACE is SPACE again, whatever came before it.
#include <string.h>

#include "common/text.h"
#include "pc-tui/keys/input.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

enum { SILENCE_MS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    bool pasting;
    size_t count;
    struct key_event last;
};

static void take(void *ctx, const struct key_event *key)
{
    struct seen *seen = ctx;
    char name[KEY_NAME_SIZE];
    struct key_event again = {0};

    seen->count++;
    seen->last = *key;
    REQUIRE(key->code > KEYCODE_NONE && key->code <= KEYCODE_DEVICE && key->phase <= KEYPHASE_RELEASE);
    REQUIRE(key->phase == KEYPHASE_PRESS || key->code <= KEYCODE_FUNCTION);
    REQUIRE(key->modifiers <= (KEYMOD_SHIFT | KEYMOD_ALT | KEYMOD_CTRL));
    if (key->code == KEYCODE_CHARACTER || key->code == KEYCODE_PASTE_TEXT)
        REQUIRE(key->codepoint <= 0x10ffff && (key->codepoint < 0xd800 || key->codepoint > 0xdfff));
    if (key->code == KEYCODE_CHARACTER)
        REQUIRE(key->codepoint >= ' ' && key->codepoint != 0x7f);
    if (key->code == KEYCODE_PASTE_TEXT)
        REQUIRE(key->codepoint >= ' ' || key->codepoint == '\n' || key->codepoint == '\t');
    if (key->code == KEYCODE_FUNCTION)
        REQUIRE(key->codepoint >= 1 && key->codepoint <= 24);
    if (key->code == KEYCODE_CURSOR_AT || key->code == KEYCODE_CLICK)
        REQUIRE(key->row >= 1 && key->column >= 1);
    // What the terminal tells of itself may come in the middle of a paste; a key may not.
    bool of_paste = key->code == KEYCODE_PASTE_TEXT || key->code == KEYCODE_PASTE_END;
    bool of_terminal = key->code > KEYCODE_PASTE_END;
    REQUIRE(of_terminal || of_paste == seen->pasting);
    if (key->code == KEYCODE_PASTE_BEGIN || key->code == KEYCODE_PASTE_END)
        seen->pasting = key->code == KEYCODE_PASTE_BEGIN;
    key_format(name, key);
    REQUIRE(memchr(name, '\0', sizeof name));
    REQUIRE((name[0] == '\0') == (of_paste || of_terminal || key->code == KEYCODE_PASTE_BEGIN));
    if (name[0]) {
        REQUIRE(key_parse(name, &again) == 0);
        REQUIRE(again.code == key->code && again.modifiers == key->modifiers &&
                again.codepoint == key->codepoint);
    }
}

// Lets time pass as the event loop does, to at_ms.
static void pass(struct input *input, int64_t at_ms, struct seen *seen)
{
    for (int turns = 0; input_next_ms(input) <= at_ms; turns++) {
        REQUIRE(turns < 1000);
        input_tick(input, input_next_ms(input), take, seen);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, data + size};
    struct seen seen = {0};
    struct input input;
    int64_t now_ms = 1000;

    input_init(&input, bytes_next(&bytes) & 1);
    while (bytes_left(&bytes) > 0) {
        unsigned how = bytes_next(&bytes);
        size_t len;
        const uint8_t *piece = bytes_take(&bytes, 1 + how % 32, &len);

        input_line(&input, (enum input_line)(how % 3));
        now_ms += (how >> 5) * (how >> 5) * 4; // 0 to 196 ms: on both sides of every limit
        pass(&input, now_ms, &seen);
        input_feed(&input, piece, len, now_ms, take, &seen);
    }
    now_ms += SILENCE_MS;
    pass(&input, now_ms, &seen);
    REQUIRE(input_next_ms(&input) == INT64_MAX);
    REQUIRE(!seen.pasting);
    seen.count = 0;
    input_feed(&input, " ", 1, now_ms, take, &seen);
    REQUIRE(seen.count == 1 && key_is_space(&seen.last));
    return 0;
}
