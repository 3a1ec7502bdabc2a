// SPDX-License-Identifier: MIT
// One read from the terminal, and how what it means is told. Helpers of decoder.c. Pure.
#ifndef PC_TUI_READING_H
#define PC_TUI_READING_H

#include "pc-tui/keys/decoder.h"

struct reading {
    const unsigned char *bytes;
    size_t len, at; // at: the next byte
    int64_t now_ms;
    decoder_emit *emit;
    void *ctx;
};

// True for the key to stop or to leave and nothing else: it does not keep a paste open whose end got lost.
bool reading_is_cry(const struct reading *reading);

// Emits an event as it is.
void reading_send(const struct reading *reading, struct key_event event);
// Emits a key, except within a paste: it has no keys in it, whatever escape sequences its text carries.
void reading_key(const struct reading *reading, const struct decoder *decoder, struct key_event event);
void reading_special(
    const struct reading *reading, const struct decoder *decoder, enum key_code code, unsigned modifiers);
// Emits a character, as a key or as pasted text.
void reading_character(const struct reading *reading, struct decoder *decoder, uint32_t codepoint);
// Gives up the character of UTF-8 that is not complete.
void reading_broken(const struct reading *reading, struct decoder *decoder);
// Emits a byte below 0x20 except ESC, or DEL.
void reading_control(const struct reading *reading, struct decoder *decoder, unsigned char byte);

#endif
