// SPDX-License-Identifier: MIT
// Any bytes from a terminal, in any pieces at any times: every key is well formed and has a name that is read back as the
// same key, pastes open and close, and SPACE stops: at once wherever it comes, also in the middle of a sequence, except in a
// bracketed paste and within the tenth of a second that a string or a report of the mouse may take; and always after a silence.
#include <string.h>

#include "common/text.h"
#include "pc-tui/keys/input.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

enum { SILENCE_MS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    bool pasting;
    size_t count, stops;
    struct key_event last;
};

// SPACE as the key, or in a paste that is only guessed.
static bool is_stop(const struct key_event *key)
{
    bool typed = key->code == KEYCODE_CHARACTER || (key->code == KEYCODE_PASTE_TEXT && key->guessed);

    return typed && key->codepoint == ' ';
}

static void take(void *ctx, const struct key_event *key)
{
    struct seen *seen = ctx;
    char name[KEY_NAME_SIZE];
    struct key_event again = {0};

    seen->count++;
    seen->stops += is_stop(key);
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

// Whether each SPACE in a piece of input has to stop.
static bool must_stop(const struct input *input, const uint8_t *piece, size_t len, int64_t now_ms)
{
    const struct decoder *decoder = &input->decoder;
    bool in_text = decoder->state == DECODER_STRING || decoder->state == DECODER_STRING_ESC ||
                   decoder->state == DECODER_MOUSE;

    if (decoder->pasting || now_ms - input->bracket_ms <= INPUT_PASTE_TAIL_MS || (in_text && !decoder->late))
        return false;
    if (len == 1)
        return true;
    // More bytes may open a string: behind an ESC of their own, or behind one that was taken for the key. A sequence may
    // name the key, too.
    bool follows_escape = decoder->state != DECODER_GROUND || now_ms - decoder->escaped_ms < DECODER_LATE_MS;
    return !follows_escape && !memchr(piece, 0x1b, len) && !memchr(piece, 0x9b, len);
}

// NUL is what Ctrl-SPACE sends.
static size_t count_spaces(const uint8_t *piece, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += piece[i] == ' ' || piece[i] == '\0';
    return count;
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
        if (bytes_left(&bytes) % 5 == 0) { // a person presses it, whatever is under way
            piece = (const uint8_t *)" ";
            len = 1;
        }
        size_t before = seen.stops;
        bool stops = must_stop(&input, piece, len, now_ms);
        input_feed(&input, piece, len, now_ms, take, &seen);
        if (stops)
            REQUIRE(seen.stops - before == count_spaces(piece, len));
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
