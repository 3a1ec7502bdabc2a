// SPDX-License-Identifier: MIT
#include "pc-tui/keys/reading.h"

#include <string.h>

#include "pc-tui/keys/key_sequence.h"

enum { CTRL_C = 0x03, REPLACEMENT = 0xFFFD };

bool reading_is_cry(const struct reading *reading)
{
    const unsigned char *b = reading->bytes;
    if (reading->len == 1)
        return b[0] == ' ' || b[0] == '\0' || b[0] == CTRL_C;
    return reading->len == 3 && memcmp(b, "\xe3\x80\x80", 3) == 0; // U+3000
}

void reading_send(const struct reading *reading, struct key_event event)
{
    reading->emit(reading->ctx, &event);
}

void reading_key(const struct reading *reading, const struct decoder *decoder, struct key_event event)
{
    if (!decoder->pasting && event.code != KEYCODE_NONE)
        reading_send(reading, event);
}

void reading_special(
    const struct reading *reading, const struct decoder *decoder, enum key_code code, unsigned modifiers)
{
    reading_key(reading, decoder, (struct key_event){.code = code, .modifiers = modifiers});
}

static void send_pasted(const struct reading *reading, uint32_t codepoint)
{
    reading_send(reading, (struct key_event){.code = KEYCODE_PASTE_TEXT, .codepoint = codepoint});
}

void reading_character(const struct reading *reading, struct decoder *decoder, uint32_t codepoint)
{
    unsigned modifiers = decoder->alt ? KEYMOD_ALT : 0;
    decoder->alt = false;
    if (decoder->pasting)
        send_pasted(reading, codepoint);
    else
        reading_send(reading,
            (struct key_event){.code = KEYCODE_CHARACTER, .codepoint = codepoint, .modifiers = modifiers});
}

void reading_broken(const struct reading *reading, struct decoder *decoder)
{
    decoder->utf8_length = 0;
    reading_character(reading, decoder, REPLACEMENT);
}

static void pasted_control(const struct reading *reading, struct decoder *decoder, unsigned char byte)
{
    if (byte == '\n' && decoder->paste_cr) {
        decoder->paste_cr = false;
        return;
    }
    decoder->paste_cr = byte == '\r';
    if (byte == '\r' || byte == '\n')
        send_pasted(reading, '\n');
    else if (byte == '\t')
        send_pasted(reading, '\t');
}

void reading_control(const struct reading *reading, struct decoder *decoder, unsigned char byte)
{
    unsigned alt = decoder->alt ? KEYMOD_ALT : 0;
    decoder->alt = false;
    if (decoder->pasting)
        pasted_control(reading, decoder, byte);
    else
        reading_send(reading, key_sequence_control(byte, alt));
}
