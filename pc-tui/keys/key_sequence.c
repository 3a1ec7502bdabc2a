// SPDX-License-Identifier: MIT
#include <string.h>

#include "pc-tui/keys/input_private.h"

enum { PARAMETERS_MAX = 4 };

// A key named by its character, as the CSI u and modifyOtherKeys forms do.
static void send_named(
    const struct input *input, const struct input_sink *sink, uint32_t codepoint, unsigned modifiers)
{
    switch (codepoint) {
    case 8:
    case 127:
        input_send_special(input, sink, KEY_ERASE, modifiers);
        return;
    case 9:
        input_send_special(input, sink, KEY_TABULATOR, modifiers);
        return;
    case 13:
        input_send_special(input, sink, KEY_RETURN, modifiers);
        return;
    case 27:
        input_send_special(input, sink, KEY_ESCAPE, modifiers);
        return;
    default:
        break;
    }
    // U+E000 to U+F8FF: kitty's names for keys that have no character.
    if (codepoint < ' ' || (codepoint >= 0x80 && codepoint < 0xA0) || codepoint > 0x10FFFF ||
        (codepoint >= 0xD800 && codepoint <= 0xF8FF) || input->pasting)
        return;
    bool letter = (codepoint | 0x20) >= 'a' && (codepoint | 0x20) <= 'z';
    if (letter && (modifiers & KEY_CTRL))
        codepoint |= 0x20;
    else if (letter && (modifiers & KEY_SHIFT))
        codepoint &= ~0x20U;
    input_send(sink,
        (struct key_event){
            .code = KEY_CHARACTER, .codepoint = codepoint, .modifiers = modifiers & ~(unsigned)KEY_SHIFT});
}

static enum key_code final_key(char final)
{
    switch (final) {
    case 'A':
        return KEY_ARROW_UP;
    case 'B':
        return KEY_ARROW_DOWN;
    case 'C':
        return KEY_ARROW_RIGHT;
    case 'D':
        return KEY_ARROW_LEFT;
    case 'F':
        return KEY_LINE_END;
    case 'H':
        return KEY_LINE_HOME;
    default:
        return KEY_NOTHING;
    }
}

static enum key_code tilde_key(unsigned number)
{
    switch (number) {
    case 1:
    case 7:
        return KEY_LINE_HOME;
    case 2:
        return KEY_INSERT;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_LINE_END;
    case 5:
        return KEY_PAGE_UP;
    case 6:
        return KEY_PAGE_DOWN;
    default:
        return KEY_NOTHING;
    }
}

// The VT220 numbering of function keys has gaps; 0 where the number is none.
static unsigned tilde_function(unsigned number)
{
    if (number >= 11 && number <= 15)
        return number - 10;
    if (number >= 17 && number <= 21)
        return number - 11;
    if (number >= 23 && number <= 26)
        return number - 12;
    if (number >= 28 && number <= 29)
        return number - 13;
    if (number >= 31 && number <= 34)
        return number - 14;
    return 0;
}

// Reads the parameters; false where the sequence carries anything but digits, `;` and `:` (of which the part
// before it counts). A missing one is 0.
static bool parameters(const struct input *input, unsigned values[PARAMETERS_MAX], size_t *count)
{
    memset(values, 0, PARAMETERS_MAX * sizeof values[0]);
    *count = 0;
    if (input->length > sizeof input->sequence)
        return false;
    size_t index = 0;
    bool sub = false;
    for (size_t i = 0; i < input->length; i++) {
        char c = input->sequence[i];
        if (c == ';') {
            sub = false;
            if (++index >= PARAMETERS_MAX)
                return false;
        } else if (c == ':') {
            sub = true;
        } else if (c < '0' || c > '9') {
            return false;
        } else if (!sub) {
            if (values[index] > 0x110000)
                return false;
            values[index] = values[index] * 10 + (unsigned)(c - '0');
        }
    }
    *count = input->length > 0 ? index + 1 : 0;
    return true;
}

static unsigned modifiers_of(unsigned parameter)
{
    // xterm sends 1 + the sum of Shift 1, Alt 2, Ctrl 4, Meta 8.
    if (parameter < 2)
        return 0;
    unsigned bits = parameter - 1;
    unsigned modifiers = bits & (KEY_SHIFT | KEY_ALT | KEY_CTRL);
    if (bits & 8)
        modifiers |= KEY_ALT;
    return modifiers;
}

static void csi_tilde(struct input *input, const struct input_sink *sink,
    const unsigned values[PARAMETERS_MAX], size_t count, unsigned modifiers)
{
    unsigned number = values[0];
    if (number == 200 && count == 1) {
        if (!input->pasting) {
            input->pasting = true;
            input->paste_cr = false;
            input_send(sink, (struct key_event){.code = KEY_PASTE_BEGIN});
        }
    } else if (number == 201 && count == 1) {
        if (input->pasting) {
            input->pasting = false;
            input_send(sink, (struct key_event){.code = KEY_PASTE_END});
        }
    } else if (number == 27 && count == 3) {
        send_named(input, sink, values[2], modifiers);
    } else if (tilde_key(number) != KEY_NOTHING) {
        input_send_special(input, sink, tilde_key(number), modifiers);
    } else if (tilde_function(number) > 0) {
        input_send_function(input, sink, tilde_function(number), modifiers);
    }
}

void input_csi(struct input *input, const struct input_sink *sink, char final)
{
    unsigned values[PARAMETERS_MAX];
    size_t count;
    unsigned alt = input->alt ? KEY_ALT : 0;
    input->alt = false;
    if (!parameters(input, values, &count))
        return;
    unsigned modifiers = modifiers_of(values[1]) | alt;
    switch (final) {
    case '~':
        csi_tilde(input, sink, values, count, modifiers);
        break;
    case '^': // rxvt: Ctrl
        csi_tilde(input, sink, values, count, alt | KEY_CTRL);
        break;
    case '$': // rxvt: Shift
        csi_tilde(input, sink, values, count, alt | KEY_SHIFT);
        break;
    case '@': // rxvt: both
        csi_tilde(input, sink, values, count, alt | KEY_CTRL | KEY_SHIFT);
        break;
    case 'u':
        if (count > 0)
            send_named(input, sink, values[0], modifiers);
        break;
    case 'Z':
        input_send_special(input, sink, KEY_TABULATOR, modifiers | KEY_SHIFT);
        break;
    case 'I':
    case 'O':
        if (count == 0)
            input_send_special(input, sink, final == 'I' ? KEY_FOCUS_IN : KEY_FOCUS_OUT, 0);
        break;
    case 'a': // rxvt: Shift with an arrow
    case 'b':
    case 'c':
    case 'd':
        if (count == 0)
            input_send_special(input, sink, final_key((char)(final - 0x20)), alt | KEY_SHIFT);
        break;
    case 'R':
        // `ESC [ 1 ; n R` is F3 with modifiers on some terminals: only rows below the first are an answer.
        if (count == 2 && values[0] > 1 && values[0] < 10000 && values[1] > 0 && values[1] < 10000) {
            if (!input->pasting)
                input_send(sink, (struct key_event){
                                     .code = KEY_CURSOR_AT, .row = (int)values[0], .column = (int)values[1]});
            break;
        }
        // fall through
    case 'P':
    case 'Q':
    case 'S':
        if (count == 0 || values[0] == 1)
            input_send_function(input, sink, (unsigned)(final - 'P') + 1, modifiers);
        break;
    default:
        if (final_key(final) != KEY_NOTHING)
            input_send_special(input, sink, final_key(final), modifiers);
    }
}

void input_ss3(struct input *input, const struct input_sink *sink, char final)
{
    unsigned values[PARAMETERS_MAX];
    size_t count;
    unsigned alt = input->alt ? KEY_ALT : 0;
    input->alt = false;
    if (!parameters(input, values, &count))
        return;
    // Both `ESC O 5 A` and `ESC O 1 ; 5 A` are seen.
    unsigned modifiers = modifiers_of(count > 1 ? values[1] : values[0]) | alt;
    static const char keypad[] = "*+,-./0123456789";
    if (final_key(final) != KEY_NOTHING)
        input_send_special(input, sink, final_key(final), modifiers);
    else if (final >= 'a' && final <= 'd')
        input_send_special(input, sink, final_key((char)(final - 0x20)), alt | KEY_CTRL);
    else if (final >= 'P' && final <= 'S')
        input_send_function(input, sink, (unsigned)(final - 'P') + 1, modifiers);
    else if (final >= 'j' && final <= 'y')
        send_named(input, sink, (unsigned char)keypad[final - 'j'], modifiers);
    else if (final == 'X')
        send_named(input, sink, '=', modifiers);
    else if (final == 'M')
        input_send_special(input, sink, KEY_RETURN, modifiers);
    else if (final == 'I')
        input_send_special(input, sink, KEY_TABULATOR, modifiers);
    else if (final == ' ')
        send_named(input, sink, ' ', modifiers);
}
