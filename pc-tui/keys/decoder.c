// SPDX-License-Identifier: MIT
#include "pc-tui/keys/decoder.h"

#include <string.h>

#include "common/text.h"
#include "pc-tui/keys/key_sequence.h"
#include "pc-tui/keys/reading.h"

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1A, ESC = 0x1B, DEL = 0x7F, REPLACEMENT = 0xFFFD };

// U+009C ends a string; in UTF-8 a byte leads it. U+3000 begins with the third.
enum { ST = 0x9C, ST_LEAD = 0xC2, IDEOGRAPHIC = 0xE3 };

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

static void begin(struct decoder *decoder, enum decoder_state state)
{
    decoder->state = state;
    decoder->length = 0;
    decoder->last = 0;
    decoder->holds_space = false;
}

static void begin_escape(struct decoder *decoder, const struct reading *reading, bool in_string)
{
    begin(decoder, DECODER_ESC);
    decoder->since_ms = reading->now_ms;
    decoder->late = decoder->alt = decoder->eight_bit = false;
    decoder->in_string = in_string;
}

static void abandon(struct decoder *decoder)
{
    decoder->state = DECODER_GROUND;
    decoder->alt = decoder->late = false;
}

// Begins what stands behind ESC and this byte. False where no sequence begins so.
static bool begin_sequence(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    switch (byte) {
    case '[':
        begin(decoder, DECODER_CSI);
        return true;
    case 'O':
        begin(decoder, DECODER_SS3);
        return true;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        begin(decoder, DECODER_STRING);
        decoder->introducer = (char)byte;
        decoder->since_ms = reading->now_ms;
        decoder->late = decoder->eight_bit;
        return true;
    default:
        return false;
    }
}

// A terminal that sends 8-bit controls writes ESC and a byte as a single one, 0x40 above that byte. True for all of
// these controls: the rest are no key on any keyboard.
static bool begin_c1(struct decoder *decoder, const struct reading *reading, unsigned codepoint)
{
    if (codepoint < 0x80 || codepoint >= 0xA0)
        return false;
    begin_escape(decoder, reading, false);
    decoder->eight_bit = true;
    if (!begin_sequence(decoder, reading, (unsigned char)(codepoint - 0x40)))
        abandon(decoder);
    return true;
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
            if (!begin_c1(decoder, reading, codepoint))
                reading_character(reading, decoder, codepoint);
            return;
        }
        // The byte after a cut character is a key of its own: SPACE typed after a stray Latin-1 letter must
        // stop.
        reading_broken(reading, decoder);
    }
    if (byte == ESC) {
        begin_escape(decoder, reading, false);
    } else if (byte < 0x20 || byte == DEL) {
        reading_control(reading, decoder, byte);
    } else if (byte < 0x80) {
        decoder->paste_cr = false;
        reading_character(reading, decoder, byte);
    } else if (text_expected(byte) > 0) {
        decoder->utf8[0] = byte;
        decoder->utf8_length = 1;
    } else if (!begin_c1(decoder, reading, byte)) {
        reading_broken(reading, decoder);
    }
}

static void after_escape(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    bool in_string = decoder->in_string;
    decoder->in_string = false;
    if (begin_sequence(decoder, reading, byte))
        return;
    if (byte == ESC) {
        if (decoder->alt)
            reading_special(reading, decoder, KEYCODE_ESCAPE, 0);
        decoder->alt = true;
        return;
    }
    decoder->state = DECODER_GROUND;
    if (in_string && byte == '\\') // the end of a string whose time had run out
        return;
    decoder->alt = true;
    ground(decoder, reading, byte);
}

static void keep(struct decoder *decoder, unsigned char byte)
{
    if (decoder->length < sizeof decoder->sequence)
        decoder->sequence[decoder->length] = (char)byte;
    decoder->length++;
    decoder->last = byte;
}

static void end_string(struct decoder *decoder, const struct reading *reading)
{
    if (decoder->introducer == ']' && decoder->length <= sizeof decoder->sequence) {
        struct key_event event = key_sequence_osc(decoder->sequence, decoder->length);
        if (event.code != KEYCODE_NONE && !decoder->pasting)
            reading_send(reading, event);
    }
    abandon(decoder);
}

// What began like a string has no end, so it was none. A STOP that stood in it counts now.
static void give_space_back(struct decoder *decoder, const struct reading *reading)
{
    if (!decoder->holds_space)
        return;
    decoder->holds_space = decoder->alt = false;
    reading_character(reading, decoder, ' ');
}

// The end of a string as an 8-bit control, by itself or in UTF-8. Behind other bytes it is a part of a character.
static bool is_short_end(const struct decoder *decoder, unsigned char byte)
{
    return byte == ST && (decoder->last < 0x80 || decoder->last == ST_LEAD);
}

static void string(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == BEL || is_short_end(decoder, byte)) {
        if (byte == ST && decoder->last == ST_LEAD)
            decoder->length--;
        end_string(decoder, reading);
    } else if (byte == CAN || byte == SUB) {
        give_space_back(decoder, reading);
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
        reading_character(reading, decoder, ' ');
    } else {
        keep(decoder, byte);
        decoder->holds_space = decoder->holds_space || byte == ' ';
        if (decoder->length >= DECODER_STRING_MAX) {
            give_space_back(decoder, reading);
            abandon(decoder);
        }
    }
}

static void string_escape(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    if (byte == '\\') {
        end_string(decoder, reading);
        return;
    }
    give_space_back(decoder, reading);
    begin_escape(decoder, reading, false);
    after_escape(decoder, reading, byte);
}

static void mark_paste(struct decoder *decoder, const struct reading *reading, enum key_code code)
{
    bool was = decoder->pasting;
    decoder->pasting = code == KEYCODE_PASTE_BEGIN;
    decoder->paste_cr = false;
    if (code == KEYCODE_PASTE_END || !was)
        reading_send(reading, (struct key_event){.code = code});
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
        reading_key(reading, decoder, event);
        return;
    }
    if (late && !key_is_space(&event)) // a STOP counts in as many pieces as it may come
        event = (struct key_event){.code = KEYCODE_NONE};
    decoder->phase_ms = reading->now_ms;
    if (!take_phase(reading, lacks_phase, &event) && lacks_phase) {
        size_t left = reading->len - reading->at;
        if (left == 0 || (left == 1 && reading->bytes[reading->at] == ':')) {
            begin(decoder, DECODER_PHASE);
            decoder->since_ms = reading->now_ms;
            decoder->pending = event;
            if (key_is_space(&event)) { // a STOP does not wait
                reading_key(reading, decoder, event);
                decoder->pending.code = KEYCODE_NONE;
            }
            return;
        }
    }
    reading_key(reading, decoder, event);
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
        reading_key(reading, decoder, decoder->pending);
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

static void begin_mouse(struct decoder *decoder)
{
    begin(decoder, DECODER_MOUSE);
    decoder->late = decoder->late || decoder->eight_bit;
}

static void csi(struct decoder *decoder, struct reading *reading, unsigned char byte)
{
    if (byte == '[' && decoder->length == 0)
        decoder->state = DECODER_CONSOLE;
    else if (byte == 'M' && decoder->length == 0)
        begin_mouse(decoder);
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
        reading_character(reading, decoder, ' ');
        decoder->late = true; // the rest of the sequence means nothing any more
        return;
    }
    abandon(decoder);
    if (byte != CAN && byte != SUB)
        ground(decoder, reading, byte);
}

// Three characters follow. Those of mode 1005 are UTF-8, so one may take two bytes; in the older mode each is a byte.
static void mouse(struct decoder *decoder, const struct reading *reading, unsigned char byte)
{
    bool continues = decoder->last >= 0xC2 && decoder->last <= 0xDF && (byte & 0xC0) == 0x80;
    if (!continues && decoder->length == 3) { // the third character had one byte only
        abandon(decoder);
        ground(decoder, reading, byte);
        return;
    }
    if (decoder->late && (byte <= ' ' || byte == DEL || byte == IDEOGRAPHIC)) {
        interrupt(decoder, reading, byte);
        if (decoder->state != DECODER_MOUSE)
            return;
    }
    decoder->last = continues ? 0 : byte;
    decoder->length += !continues;
    bool may_continue = decoder->last >= 0xC2 && decoder->last <= 0xDF;
    if (decoder->length == 3 && !may_continue)
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
    return key_sequence_is_tail(b, reading->len);
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
    if (!reading_is_cry(&reading))
        decoder->paste_ms = now_ms;
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
        // Nothing waits for it, since any other byte ends it; and its rest may make U+3000 of it, which is a STOP.
        return decoder->utf8_length > 0 ? decoder->last_ms + DECODER_LATE_MS : INT64_MAX;
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
    int64_t paste_ms = decoder->pasting ? decoder->paste_ms + DECODER_PASTE_MS : INT64_MAX;
    int64_t sequence_ms = sequence_end_ms(decoder);
    return sequence_ms < paste_ms ? sequence_ms : paste_ms;
}

static void sequence_ends(struct decoder *decoder, const struct reading *reading)
{
    bool twice = decoder->alt;
    if (decoder->state == DECODER_GROUND) {
        reading_broken(reading, decoder);
    } else if (decoder->state == DECODER_ESC) {
        decoder->escaped_ms = decoder->since_ms;
        abandon(decoder);
        reading_special(reading, decoder, KEYCODE_ESCAPE, 0);
        if (twice)
            reading_special(reading, decoder, KEYCODE_ESCAPE, 0);
    } else if (decoder->late) {
        abandon(decoder);
    } else {
        decoder->late = true;
        decoder->pending.code = KEYCODE_NONE;
        give_space_back(decoder, reading);
    }
}

void decoder_tick(struct decoder *decoder, int64_t now_ms, decoder_emit *emit, void *ctx)
{
    struct reading reading = {.now_ms = now_ms, .emit = emit, .ctx = ctx};
    if (decoder->pasting && now_ms >= decoder->paste_ms + DECODER_PASTE_MS) {
        decoder->utf8_length = 0;
        abandon(decoder);
        decoder->pasting = false;
        reading_send(&reading, (struct key_event){.code = KEYCODE_PASTE_END});
    }
    while (now_ms >= sequence_end_ms(decoder))
        sequence_ends(decoder, &reading);
}
