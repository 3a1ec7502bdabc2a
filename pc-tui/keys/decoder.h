// SPDX-License-Identifier: MIT
// Bytes from a terminal -> events: finds where characters, escape sequences and bracketed pastes begin and
// end. Which of the keys a person pressed and which were pasted is for input.h to say. Pure.
#ifndef PC_TUI_DECODER_H
#define PC_TUI_DECODER_H

#include <stddef.h>

#include "pc-tui/keys/key.h"

enum {
    DECODER_ESC_MS = 25,         // a lone ESC is the key after so long
    DECODER_ESC_SSH_MS = 100,    // the same where the terminal is behind a network
    DECODER_SEQUENCE_FACTOR = 4, // a sequence must be complete within so many times that
    // An OSC, DCS, APC, PM or SOS string must end within so long and so many bytes. Where it does not, it was none, and a SPACE
    // in it was the key.
    DECODER_STRING_MS = 100,
    DECODER_STRING_MAX = 4096,
    // A sequence that was not complete in time means no key any more. The rest of it is swallowed for so long,
    // except SPACE, ESC and control bytes.
    DECODER_LATE_MS = 1000,
    // A bracketed paste is over when for so long nothing came, or nothing except SPACE: it must stop again.
    DECODER_PASTE_MS = 1000,
};

enum decoder_state {
    DECODER_GROUND,
    DECODER_ESC,     // after ESC
    DECODER_CSI,     // after ESC [
    DECODER_CONSOLE, // after ESC [ [
    DECODER_MOUSE,   // after ESC [ M: three characters of any value to swallow
    DECODER_SS3,     // after ESC O
    DECODER_PHASE,   // after a sequence that lacks its phase: `:1`, `:2` or `:3` may follow
    DECODER_STRING,  // in an OSC, DCS, APC, PM or SOS string
    DECODER_STRING_ESC,
};

// Private to decoder.c; a value that needs no freeing.
struct decoder {
    int esc_ms;
    enum decoder_state state;
    bool late; // the sequence was not complete in time
    bool alt;  // a second ESC came before the sequence
    // The sequence began with an 8-bit control. A stray byte may look like that, so what is swallowed then, as text of a
    // string or bytes of a mouse, never swallows SPACE: it is late from its begin.
    bool eight_bit;
    bool in_string;        // the ESC came in a string that is late: `\` may end it
    char introducer;       // of the string: `]` for an OSC
    bool holds_space;      // the string has a SPACE in it, which counts where the string has no end
    int64_t since_ms;      // when the sequence began
    int64_t last_ms;       // when the last byte came
    int64_t paste_ms;      // when the last read came that a paste may have sent
    int64_t escaped_ms;    // when the ESC came that was taken for the key; its rest may still come
    int64_t phase_ms;      // when a sequence ended that may have its phase behind it
    char sequence[64];     // what followed the introducer
    size_t length;         // of it, counted on past its size
    unsigned char last;    // byte of it
    unsigned char utf8[4]; // a character cut by the end of a read
    size_t utf8_length;
    struct key_event pending; // waits for its phase
    bool pasting;             // between the brackets
    bool paste_cr;            // the last pasted byte was a CR: an LF after it is the same line end
};

typedef void decoder_emit(void *ctx, const struct key_event *event);

// remote: give a lone ESC DECODER_ESC_SSH_MS.
void decoder_init(struct decoder *decoder, bool remote);
// Takes what one read() returned and emits what it means, in order. An end of a paste is emitted even where
// no paste was open.
void decoder_feed(struct decoder *decoder, const unsigned char *bytes, size_t len, int64_t now_ms,
    decoder_emit *emit, void *ctx);
// Emits what time decides: a lone ESC, the end of a paste that broke off. Call when decoder_next_ms has
// passed.
void decoder_tick(struct decoder *decoder, int64_t now_ms, decoder_emit *emit, void *ctx);
// When decoder_tick is next due; INT64_MAX: not.
int64_t decoder_next_ms(const struct decoder *decoder);
// True between characters and sequences, outside a paste.
bool decoder_is_at_rest(const struct decoder *decoder);

#endif
