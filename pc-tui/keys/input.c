// SPDX-License-Identifier: MIT
#include "pc-tui/keys/input.h"

#include <string.h>

#include "common/text.h"
#include "pc-tui/keys/input_private.h"

enum { ESC = 0x1B, REPLACEMENT = 0xFFFD };

void input_init(struct input *input, bool ssh)
{
    memset(input, 0, sizeof *input);
    input->esc_ms = ssh ? INPUT_ESC_SSH_MS : INPUT_ESC_MS;
    input->tail_until_ms = INT64_MIN;
}

static void send_character(struct input *input, const struct input_sink *sink, uint32_t codepoint)
{
    unsigned modifiers = input->alt ? KEY_ALT : 0;
    input->alt = false;
    if (codepoint >= 0x80 && codepoint < 0xA0) // C1: not a key on any keyboard
        return;
    if (input->pasting)
        input_send_pasted(sink, codepoint);
    else
        input_send(
            sink, (struct key_event){.code = KEY_CHARACTER, .codepoint = codepoint, .modifiers = modifiers});
}

static void control(struct input *input, const struct input_sink *sink, unsigned char byte)
{
    unsigned alt = input->alt ? KEY_ALT : 0;
    input->alt = false;
    if (input->pasting) {
        if (byte == '\n' && input->paste_cr) {
            input->paste_cr = false;
            return;
        }
        input->paste_cr = byte == '\r';
        if (byte == '\r' || byte == '\n')
            input_send_pasted(sink, '\n');
        else if (byte == '\t')
            input_send_pasted(sink, '\t');
        return;
    }
    switch (byte) {
    case 0x00:
        input_send(
            sink, (struct key_event){.code = KEY_CHARACTER, .codepoint = ' ', .modifiers = alt | KEY_CTRL});
        break;
    case 0x08:
    case 0x7F:
        input_send_special(input, sink, KEY_ERASE, alt);
        break;
    case '\t':
        input_send_special(input, sink, KEY_TABULATOR, alt);
        break;
    case '\r':
    case '\n':
        input_send_special(input, sink, KEY_RETURN, alt);
        break;
    default:
        input_send(sink, (struct key_event){.code = KEY_CHARACTER,
                             .codepoint = byte < 0x1B ? byte + 0x60U : byte + 0x40U,
                             .modifiers = alt | KEY_CTRL});
    }
}

static size_t utf8_expected(unsigned char lead)
{
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 4;
    return 0;
}

static void utf8_broken(struct input *input, const struct input_sink *sink)
{
    input->utf8_length = 0;
    send_character(input, sink, REPLACEMENT);
}

static void begin(struct input *input, enum input_state state)
{
    input->state = state;
    input->length = 0;
}

static void ground(struct input *input, const struct input_sink *sink, unsigned char byte, int64_t now_ms)
{
    if (input->utf8_length > 0) {
        if ((byte & 0xC0) == 0x80) {
            input->utf8[input->utf8_length++] = byte;
            if (input->utf8_length < utf8_expected(input->utf8[0]))
                return;
            unsigned codepoint;
            size_t len = input->utf8_length;
            input->utf8_length = 0;
            if (text_decode((const char *)input->utf8, len, &codepoint) != len)
                codepoint = REPLACEMENT;
            send_character(input, sink, codepoint);
            return;
        }
        // The byte after a cut character is a key of its own: SPACE typed after a stray Latin-1 letter must
        // stop.
        utf8_broken(input, sink);
    }
    if (byte == ESC) {
        begin(input, INPUT_ESC);
        input->since_ms = now_ms;
        input->alt = false;
    } else if (byte < 0x20 || byte == 0x7F) {
        control(input, sink, byte);
    } else if (byte < 0x80) {
        input->paste_cr = false;
        send_character(input, sink, byte);
    } else if (utf8_expected(byte) > 0) {
        input->utf8[0] = byte;
        input->utf8_length = 1;
    } else {
        utf8_broken(input, sink);
    }
}

static void keep(struct input *input, unsigned char byte)
{
    if (input->length < sizeof input->sequence)
        input->sequence[input->length] = (char)byte;
    input->length++;
}

static void abandon(struct input *input)
{
    input->state = INPUT_GROUND;
    input->alt = false;
}

static void after_escape(
    struct input *input, const struct input_sink *sink, unsigned char byte, int64_t now_ms)
{
    switch (byte) {
    case '[':
        begin(input, INPUT_CSI);
        break;
    case 'O':
        begin(input, INPUT_SS3);
        break;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        begin(input, INPUT_STRING);
        input->since_ms = now_ms;
        break;
    case ESC:
        if (input->alt)
            input_send_special(input, sink, KEY_ESCAPE, 0);
        input->alt = true;
        break;
    default:
        input->state = INPUT_GROUND;
        input->alt = true;
        ground(input, sink, byte, now_ms);
    }
}

static void step(struct input *input, const struct input_sink *sink, unsigned char byte, int64_t now_ms)
{
    switch (input->state) {
    case INPUT_GROUND:
        ground(input, sink, byte, now_ms);
        return;
    case INPUT_ESC:
        after_escape(input, sink, byte, now_ms);
        return;
    case INPUT_MOUSE:
        if (++input->length >= 3)
            abandon(input);
        return;
    case INPUT_STRING:
        if (byte == ESC)
            input->state = INPUT_STRING_ESC;
        else if (byte == 0x07 || byte == 0x18 || byte == 0x1A || ++input->length >= INPUT_STRING_MAX)
            abandon(input);
        return;
    case INPUT_STRING_ESC:
        abandon(input);
        if (byte != '\\') {
            begin(input, INPUT_ESC);
            input->since_ms = now_ms;
            after_escape(input, sink, byte, now_ms);
        }
        return;
    case INPUT_CSI:
    case INPUT_CONSOLE:
    case INPUT_SS3:
        break;
    }

    if (byte < 0x20 || byte >= 0x7F) { // never part of these: the sequence is broken, the byte is a key
        abandon(input);
        if (byte != 0x18 && byte != 0x1A)
            ground(input, sink, byte, now_ms);
        return;
    }
    if (input->state == INPUT_CONSOLE) {
        if (byte >= 'A' && byte <= 'E')
            input_send_function(input, sink, (unsigned)(byte - 'A') + 1, input->alt ? KEY_ALT : 0);
        abandon(input);
    } else if (input->state == INPUT_SS3) {
        if ((byte >= '0' && byte <= '9') || byte == ';') {
            keep(input, byte);
        } else {
            input->state = INPUT_GROUND;
            input_ss3(input, sink, (char)byte);
        }
    } else if (byte == '[' && input->length == 0) {
        input->state = INPUT_CONSOLE;
    } else if (byte == 'M' && input->length == 0) {
        begin(input, INPUT_MOUSE);
    } else if (byte >= 0x40 || (byte == '$' && input->length > 0 && input->sequence[0] != '?')) {
        input->state = INPUT_GROUND;
        input_csi(input, sink, (char)byte);
    } else {
        keep(input, byte);
    }
}

// How many different printable keys a read holds, as far as it matters.
struct survey {
    uint32_t seen[INPUT_PASTE_KEYS + 1];
    size_t count;
};

static void survey_key(void *ctx, const struct key_event *key)
{
    struct survey *survey = ctx;
    if (key->code != KEY_CHARACTER || key->modifiers != 0 || survey->count > INPUT_PASTE_KEYS)
        return;
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->seen[i] == key->codepoint)
            return;
    }
    survey->seen[survey->count++] = key->codepoint;
}

struct wrapper {
    struct input_sink out;
    bool open;
};

static void wrap_key(void *ctx, const struct key_event *key)
{
    struct wrapper *wrapper = ctx;
    uint32_t codepoint = 0;
    if (key->code == KEY_CHARACTER && key->modifiers == 0)
        codepoint = key->codepoint;
    else if (key->code == KEY_RETURN)
        codepoint = '\n';
    else if (key->code == KEY_TABULATOR && key->modifiers == 0)
        codepoint = '\t';
    else if (key->code == KEY_CURSOR_AT || key->code == KEY_FOCUS_IN || key->code == KEY_FOCUS_OUT ||
             key->code == KEY_PASTE_BEGIN || key->code == KEY_PASTE_TEXT || key->code == KEY_PASTE_END) {
        if (wrapper->open && key->code == KEY_PASTE_BEGIN) {
            wrapper->open = false;
            input_send(&wrapper->out, (struct key_event){.code = KEY_PASTE_END});
        }
        input_send(&wrapper->out, *key); // not typed, or already told apart
    }
    if (codepoint == 0)
        return;
    if (!wrapper->open)
        input_send(&wrapper->out, (struct key_event){.code = KEY_PASTE_BEGIN});
    wrapper->open = true;
    input_send_pasted(&wrapper->out, codepoint);
}

void input_feed(
    struct input *input, const void *bytes, size_t len, int64_t now_ms, input_emit *emit, void *ctx)
{
    const unsigned char *byte = bytes;
    if (len == 0)
        return;
    if (len > INPUT_READ_MAX)
        len = INPUT_READ_MAX;
    input_tick(input, now_ms, emit, ctx);
    input->last_ms = now_ms;

    struct survey survey = {.count = 0};
    struct input_sink count = {survey_key, &survey};
    struct input trial = *input;
    for (size_t i = 0; i < len; i++)
        step(&trial, &count, byte[i], now_ms);
    bool paste = survey.count > INPUT_PASTE_KEYS || (survey.count > 0 && now_ms < input->tail_until_ms);

    struct wrapper wrapper = {.out = {emit, ctx}};
    struct input_sink sink = {emit, ctx};
    if (paste)
        sink = (struct input_sink){wrap_key, &wrapper};
    for (size_t i = 0; i < len; i++)
        step(input, &sink, byte[i], now_ms);
    if (wrapper.open)
        input_send(&wrapper.out, (struct key_event){.code = KEY_PASTE_END});
    if (paste)
        input->tail_until_ms = now_ms + INPUT_PASTE_TAIL_MS;
}

int64_t input_next_ms(const struct input *input)
{
    int64_t due = input->pasting ? input->last_ms + INPUT_PASTE_MS : INT64_MAX;
    int64_t sequence = INT64_MAX;
    switch (input->state) {
    case INPUT_GROUND:
        if (input->utf8_length > 0)
            sequence = input->last_ms + (int64_t)input->esc_ms * INPUT_SEQUENCE_FACTOR;
        break;
    case INPUT_ESC:
        sequence = input->since_ms + input->esc_ms;
        break;
    case INPUT_STRING:
    case INPUT_STRING_ESC:
        sequence = input->since_ms + INPUT_STRING_MS;
        break;
    default:
        sequence = input->since_ms + (int64_t)input->esc_ms * INPUT_SEQUENCE_FACTOR;
    }
    return sequence < due ? sequence : due;
}

void input_tick(struct input *input, int64_t now_ms, input_emit *emit, void *ctx)
{
    const struct input_sink sink = {emit, ctx};
    if (now_ms < input_next_ms(input))
        return;
    if (input->pasting && now_ms >= input->last_ms + INPUT_PASTE_MS) {
        input->utf8_length = 0;
        abandon(input);
        input->pasting = false;
        input_send(&sink, (struct key_event){.code = KEY_PASTE_END});
        return;
    }
    if (input->state == INPUT_GROUND) {
        if (input->utf8_length > 0)
            utf8_broken(input, &sink);
        return;
    }
    bool typed = input->state == INPUT_ESC, twice = typed && input->alt;
    abandon(input);
    if (typed)
        input_send_special(input, &sink, KEY_ESCAPE, 0);
    if (twice)
        input_send_special(input, &sink, KEY_ESCAPE, 0);
}
