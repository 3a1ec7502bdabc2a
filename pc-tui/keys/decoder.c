// SPDX-License-Identifier: MIT
#include "pc-tui/keys/decoder.h"

#include <string.h>

#include "common/text.h"
#include "pc-tui/keys/key_sequence.h"

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1A, ESC = 0x1B, DEL = 0x7F, REPLACEMENT = 0xFFFD };

// One read, and where its events go.
struct reading {
    const unsigned char *bytes;
    size_t len, at; // at: the next byte
    int64_t now_ms;
    decoder_emit *emit;
    void *ctx;
};

static const int64_t long_ago = INT64_MIN / 2;

void decoder_init(struct decoder *decoder, bool remote)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->esc_ms = remote ? DECODER_ESC_SSH_MS : DECODER_ESC_MS;
    decoder->escaped_ms = decoder->phase_ms = long_ago;
}

bool decoder_is_at_rest(const struct decoder *decoder)
{
    return decoder->state == DECODER_GROUND && decoder->utf8_length == 0 && !decoder->pasting;
}

static void send(const struct reading *reading, struct key_event event)
{
    reading->emit(reading->ctx, &event);
}

// A paste has no keys in it, whatever escape sequences its text carries.
static void send_key(const struct decoder *decoder, const struct reading *reading, struct key_event event)
{
    if (!decoder->pasting && event.code != KEYCODE_NONE)
        send(reading, event);
}

static void send_special(
    const struct decoder *decoder, const struct reading *reading, enum key_code code, unsigned modifiers)
{
    send_key(decoder, reading, (struct key_event){.code = code, .modifiers = modifiers});
}

static void send_pasted(const struct reading *reading, uint32_t codepoint)
{
    send(reading, (struct key_event){.code = KEYCODE_PASTE_TEXT, .codepoint = codepoint});
}

static void send_character(struct decoder *decoder, const struct reading *reading, uint32_t codepoint)
{
    unsigned modifiers = decoder->alt ? KEYMOD_ALT : 0;
    decoder->alt = false;
    if (codepoint >= 0x80 && codepoint < 0xA0) // C1: not a key on any keyboard
        return;
    if (decoder->pasting)
        send_pasted(reading, codepoint);
    else
        send(reading,
            (struct key_event){.code = KEYCODE_CHARACTER, .codepoint = codepoint, .modifiers = modifiers});
}

static void pasted_control(struct decoder *decoder, const struct reading *reading, unsigned char byte)
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

static void control(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    unsigned alt = decoder->alt ? KEYMOD_ALT : 0;
    decoder->alt = false;
    if (decoder->pasting) {
        pasted_control(decoder, reading, byte);
        return;
    }
    send(reading, key_sequence_control(byte, alt));
}

static void utf8_broken(struct decoder *decoder, const struct reading *reading)
{
    decoder->utf8_length = 0;
    send_character(decoder, reading, REPLACEMENT);
}

static void begin(struct decoder *decoder, enum decoder_state state)
{
    decoder->state = state;
    decoder->length = 0;
}

static void begin_escape(struct decoder *decoder, const struct reading *reading, bool in_string)
{
    begin(decoder, DECODER_ESC);
    decoder->since_ms = reading->now_ms;
    decoder->late = decoder->alt = false;
    decoder->in_string = in_string;
}

static void abandon(struct decoder *decoder)
{
    decoder->state = DECODER_GROUND;
    decoder->alt = decoder->late = false;
}

static void ground(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (decoder->utf8_length > 0) {
        if ((byte & 0xC0) == 0x80) {
            decoder->utf8[decoder->utf8_length++] = byte;
            if (decoder->utf8_length < text_expected(decoder->utf8[0]))
                return;
            unsigned codepoint;
            size_t len = decoder->utf8_length;
            decoder->utf8_length = 0;
            if (text_decode((const char *)decoder->utf8, len, &codepoint) != len)
                codepoint = REPLACEMENT;
            send_character(decoder, reading, codepoint);
            return;
        }
        // The byte after a cut character is a key of its own: SPACE typed after a stray Latin-1 letter must
        // stop.
        utf8_broken(decoder, reading);
    }
    if (byte == ESC) {
        begin_escape(decoder, reading, false);
    } else if (byte < 0x20 || byte == DEL) {
        control(decoder, reading, byte);
    } else if (byte < 0x80) {
        decoder->paste_cr = false;
        send_character(decoder, reading, byte);
    } else if (text_expected(byte) > 0) {
        decoder->utf8[0] = byte;
        decoder->utf8_length = 1;
    } else {
        utf8_broken(decoder, reading);
    }
}

static void after_escape(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    bool in_string = decoder->in_string;
    decoder->in_string = false;
    switch (byte) {
    case '[':
        begin(decoder, DECODER_CSI);
        break;
    case 'O':
        begin(decoder, DECODER_SS3);
        break;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        begin(decoder, DECODER_STRING);
        decoder->introducer = (char)byte;
        decoder->since_ms = reading->now_ms;
        break;
    case ESC:
        if (decoder->alt)
            send_special(decoder, reading, KEYCODE_ESCAPE, 0);
        decoder->alt = true;
        break;
    default:
        decoder->state = DECODER_GROUND;
        if (in_string && byte == '\\') // the end of a string whose time had run out
            break;
        decoder->alt = true;
        ground(decoder, reading, byte);
    }
}

static void keep(struct decoder *decoder, unsigned char byte)
{
    if (decoder->length < sizeof decoder->sequence)
        decoder->sequence[decoder->length] = (char)byte;
    decoder->length++;
}

static void end_string(struct decoder *decoder, const struct reading *reading)
{
    if (decoder->introducer == ']' && decoder->length <= sizeof decoder->sequence) {
        struct key_event event = key_sequence_osc(decoder->sequence, decoder->length);
        if (event.code != KEYCODE_NONE && !decoder->pasting)
            send(reading, event);
    }
    abandon(decoder);
}

static void string(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == BEL) {
        end_string(decoder, reading);
    } else if (byte == CAN || byte == SUB) {
        abandon(decoder);
    } else if (byte == ESC) {
        if (decoder->late)
            begin_escape(decoder, reading, true);
        else
            decoder->state = DECODER_STRING_ESC;
    } else if (decoder->late && (byte < ' ' || byte >= DEL)) {
        abandon(decoder);
        ground(decoder, reading, byte);
    } else if (decoder->late && byte == ' ') {
        send_character(decoder, reading, ' ');
    } else {
        keep(decoder, byte);
        if (decoder->length >= DECODER_STRING_MAX)
            abandon(decoder);
    }
}

static void string_escape(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == '\\') {
        end_string(decoder, reading);
        return;
    }
    begin_escape(decoder, reading, false);
    after_escape(decoder, reading, byte);
}

static void mark_paste(struct decoder *decoder, const struct reading *reading, enum key_code code)
{
    bool was = decoder->pasting;
    decoder->pasting = code == KEYCODE_PASTE_BEGIN;
    decoder->paste_cr = false;
    if (code == KEYCODE_PASTE_END || !was)
        send(reading, (struct key_event){.code = code});
}

// Reads a phase written behind the final byte: `D:3`. False where there is none.
static bool take_phase(struct reading *reading, bool lacks_phase, struct key_event *event)
{
    const unsigned char *next = reading->bytes + reading->at;
    size_t left = reading->len - reading->at;
    if (left < 2 || next[0] != ':' || next[1] < '1' || next[1] > '3')
        return false;
    if (!lacks_phase && left > 2 && next[2] != ESC) // a command line that was typed behind an arrow
        return false;
    event->phase = (enum key_phase)(next[1] - '1');
    reading->at += 2;
    return true;
}

// A whole sequence is there, and event is what it means.
static void finish(
    struct decoder *decoder, struct reading *reading, struct key_event event, bool lacks_phase, bool late)
{
    abandon(decoder);
    if (event.code == KEYCODE_PASTE_BEGIN || event.code == KEYCODE_PASTE_END) {
        mark_paste(decoder, reading, event.code);
        return;
    }
    if (event.code > KEYCODE_FUNCTION) { // an answer, the mouse, the focus: right however late it comes
        send_key(decoder, reading, event);
        return;
    }
    if (late)
        event = (struct key_event){.code = KEYCODE_NONE};
    decoder->phase_ms = reading->now_ms;
    if (!take_phase(reading, lacks_phase, &event) && lacks_phase) {
        size_t left = reading->len - reading->at;
        if (left == 0 || (left == 1 && reading->bytes[reading->at] == ':')) {
            begin(decoder, DECODER_PHASE);
            decoder->since_ms = reading->now_ms;
            decoder->pending = event;
            return;
        }
    }
    send_key(decoder, reading, event);
}

static void phase(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == ':' && decoder->length == 0) {
        decoder->length = 1;
        return;
    }
    abandon(decoder);
    if (decoder->length == 1 && byte >= '1' && byte <= '3') {
        decoder->pending.phase = (enum key_phase)(byte - '1');
        send_key(decoder, reading, decoder->pending);
        return;
    }
    ground(decoder, reading, byte);
}

static void csi_end(struct decoder *decoder, struct reading *reading, char final)
{
    bool late = decoder->late, known = decoder->length <= sizeof decoder->sequence;
    size_t length = known ? decoder->length : 0;
    unsigned alt = decoder->alt ? KEYMOD_ALT : 0;
    struct key_event event = {.code = KEYCODE_NONE};
    if (known)
        event = key_sequence_csi(decoder->sequence, length, final, alt);
    bool lacks_phase = known && key_sequence_lacks_phase(decoder->sequence, length);
    finish(decoder, reading, event, lacks_phase, late);
}

static void csi(struct decoder *decoder, struct reading *reading, unsigned char byte)
{
    if (byte == '[' && decoder->length == 0)
        decoder->state = DECODER_CONSOLE;
    else if (byte == 'M' && decoder->length == 0)
        begin(decoder, DECODER_MOUSE);
    else if (byte >= 0x40 || (byte == '$' && decoder->length > 0 && decoder->sequence[0] != '?'))
        csi_end(decoder, reading, (char)byte);
    else
        keep(decoder, byte);
}

static void ss3(struct decoder *decoder, struct reading *reading, unsigned char byte)
{
    if ((byte >= '0' && byte <= '9') || byte == ';') {
        keep(decoder, byte);
        return;
    }
    unsigned alt = decoder->alt ? KEYMOD_ALT : 0;
    struct key_event event = {.code = KEYCODE_NONE};
    if (decoder->length <= sizeof decoder->sequence)
        event = key_sequence_ss3(decoder->sequence, decoder->length, (char)byte, alt);
    finish(decoder, reading, event, false, decoder->late);
}

// A byte that no sequence has in it. It is a key, whatever it interrupts: one of these bytes may be STOP.
static void interrupt(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == ' ' && decoder->state != DECODER_SS3) {
        decoder->alt = false;
        send_character(decoder, reading, ' ');
        decoder->late = true; // the rest of the sequence means nothing any more
        return;
    }
    abandon(decoder);
    if (byte != CAN && byte != SUB)
        ground(decoder, reading, byte);
}

static void mouse(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (decoder->late && (byte <= ' ' || byte >= DEL))
        interrupt(decoder, reading, byte);
    if (decoder->state == DECODER_MOUSE && ++decoder->length >= 3)
        abandon(decoder);
}

static void step(struct decoder *decoder, struct reading *reading, unsigned char byte)
{
    switch (decoder->state) {
    case DECODER_GROUND:
        ground(decoder, reading, byte);
        return;
    case DECODER_ESC:
        after_escape(decoder, reading, byte);
        return;
    case DECODER_MOUSE:
        mouse(decoder, reading, byte);
        return;
    case DECODER_PHASE:
        phase(decoder, reading, byte);
        return;
    case DECODER_STRING:
        string(decoder, reading, byte);
        return;
    case DECODER_STRING_ESC:
        string_escape(decoder, reading, byte);
        return;
    case DECODER_CSI:
    case DECODER_CONSOLE:
    case DECODER_SS3:
        break;
    }
    if (byte <= ' ' || byte >= DEL) {
        interrupt(decoder, reading, byte);
    } else if (decoder->state == DECODER_CONSOLE) {
        unsigned alt = decoder->alt ? KEYMOD_ALT : 0;
        finish(decoder, reading, key_sequence_console((char)byte, alt), false, decoder->late);
    } else if (decoder->state == DECODER_SS3) {
        ss3(decoder, reading, byte);
    } else {
        csi(decoder, reading, byte);
    }
}

// Whether a read is the rest of the sequence whose ESC was taken for the key: nobody presses Esc, and then
// within a second keys that look like that.
static bool is_tail(const struct decoder *decoder, const struct reading *reading)
{
    const unsigned char *b = reading->bytes;
    if (decoder->state != DECODER_GROUND || decoder->utf8_length > 0 ||
        reading->now_ms - decoder->escaped_ms >= DECODER_LATE_MS)
        return false;
    if (b[0] == '[' || decoder->pasting)
        return b[0] == '[';
    if (b[0] == 'O' || reading->len < 2)
        return b[0] == 'O';
    bool digit = b[1] >= '0' && b[1] <= '9';
    return (b[0] == ']' && digit) || (b[0] == 'P' && (digit || b[1] == '>')) || (b[0] == '_' && b[1] == 'G');
}

// The phase of a key, cut off from its sequence by the end of a read.
static bool is_late_phase(const struct decoder *decoder, const struct reading *reading)
{
    return decoder->state == DECODER_GROUND && reading->len == 2 && reading->bytes[0] == ':' &&
           reading->bytes[1] >= '1' && reading->bytes[1] <= '3' &&
           reading->now_ms - decoder->phase_ms < DECODER_LATE_MS;
}

void decoder_feed(struct decoder *decoder, const unsigned char *bytes, size_t len, int64_t now_ms,
    decoder_emit *emit, void *ctx)
{
    struct reading reading = {.bytes = bytes, .len = len, .now_ms = now_ms, .emit = emit, .ctx = ctx};
    if (len == 0)
        return;
    decoder_tick(decoder, now_ms, emit, ctx);
    decoder->last_ms = now_ms;
    bool tail = is_tail(decoder, &reading);
    decoder->escaped_ms = long_ago;
    if (is_late_phase(decoder, &reading))
        return;
    if (tail)
        begin_escape(decoder, &reading, false);
    while (reading.at < len) {
        unsigned char byte = bytes[reading.at++];
        step(decoder, &reading, byte);
    }
}

static int64_t sequence_end_ms(const struct decoder *decoder)
{
    int64_t whole_ms = (int64_t)decoder->esc_ms * DECODER_SEQUENCE_FACTOR;
    switch (decoder->state) {
    case DECODER_GROUND:
        return decoder->utf8_length > 0 ? decoder->last_ms + whole_ms : INT64_MAX;
    case DECODER_ESC:
        return decoder->since_ms + decoder->esc_ms;
    case DECODER_STRING:
    case DECODER_STRING_ESC:
        return decoder->since_ms + (decoder->late ? DECODER_LATE_MS : DECODER_STRING_MS);
    default:
        return decoder->late ? decoder->last_ms + DECODER_LATE_MS : decoder->since_ms + whole_ms;
    }
}

int64_t decoder_next_ms(const struct decoder *decoder)
{
    int64_t paste_ms = decoder->pasting ? decoder->last_ms + DECODER_PASTE_MS : INT64_MAX;
    int64_t sequence_ms = sequence_end_ms(decoder);
    return sequence_ms < paste_ms ? sequence_ms : paste_ms;
}

static void sequence_ends(struct decoder *decoder, const struct reading *reading)
{
    bool twice = decoder->alt;
    if (decoder->state == DECODER_GROUND) {
        utf8_broken(decoder, reading);
    } else if (decoder->state == DECODER_ESC) {
        decoder->escaped_ms = decoder->since_ms;
        abandon(decoder);
        send_special(decoder, reading, KEYCODE_ESCAPE, 0);
        if (twice)
            send_special(decoder, reading, KEYCODE_ESCAPE, 0);
    } else if (decoder->late) {
        abandon(decoder);
    } else {
        decoder->late = true;
        decoder->pending.code = KEYCODE_NONE;
    }
}

void decoder_tick(struct decoder *decoder, int64_t now_ms, decoder_emit *emit, void *ctx)
{
    struct reading reading = {.now_ms = now_ms, .emit = emit, .ctx = ctx};
    if (decoder->pasting && now_ms >= decoder->last_ms + DECODER_PASTE_MS) {
        decoder->utf8_length = 0;
        abandon(decoder);
        decoder->pasting = false;
        send(&reading, (struct key_event){.code = KEYCODE_PASTE_END});
    }
    while (now_ms >= sequence_end_ms(decoder))
        sequence_ends(decoder, &reading);
}
