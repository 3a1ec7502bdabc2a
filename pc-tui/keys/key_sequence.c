// SPDX-License-Identifier: MIT
#include "pc-tui/keys/key_sequence.h"

#include <stdlib.h>
#include <string.h>

enum { PARAMETERS_MAX = 4, VALUE_MAX = 0x110000 };

struct parameters {
    unsigned values[PARAMETERS_MAX]; // 0 where one is left out
    unsigned subs[PARAMETERS_MAX];   // what follows a value's first `:`; 0 without one
    size_t count;
};

static const struct key_event nothing = {.code = KEYCODE_NONE};

static struct key_event special(enum key_code code, unsigned modifiers)
{
    return (struct key_event){.code = code, .modifiers = modifiers};
}

static struct key_event function(unsigned number, unsigned modifiers)
{
    return (struct key_event){.code = KEYCODE_FUNCTION, .codepoint = number, .modifiers = modifiers};
}

// A key that is named by its character.
static struct key_event named(uint32_t codepoint, unsigned modifiers)
{
    switch (codepoint) {
    case 8:
    case 127:
        return special(KEYCODE_BACKSPACE, modifiers);
    case 9:
        return special(KEYCODE_TAB, modifiers);
    case 13:
        return special(KEYCODE_ENTER, modifiers);
    case 27:
        return special(KEYCODE_ESCAPE, modifiers);
    default:
        break;
    }
    // kitty gives keys without a character the numbers from U+E000 to U+F8FF.
    if (codepoint < ' ' || (codepoint >= 0x80 && codepoint < 0xA0) || codepoint > 0x10FFFF ||
        (codepoint >= 0xD800 && codepoint <= 0xF8FF))
        return nothing;
    struct key_event key = {.code = KEYCODE_CHARACTER, .codepoint = codepoint, .modifiers = modifiers};
    key_normalise(&key);
    key.modifiers &= ~(unsigned)KEYMOD_SHIFT;
    return key;
}

static enum key_code final_key(char final)
{
    switch (final) {
    case 'A':
        return KEYCODE_UP;
    case 'B':
        return KEYCODE_DOWN;
    case 'C':
        return KEYCODE_RIGHT;
    case 'D':
        return KEYCODE_LEFT;
    case 'F':
        return KEYCODE_END;
    case 'H':
        return KEYCODE_HOME;
    default:
        return KEYCODE_NONE;
    }
}

static enum key_code tilde_key(unsigned number)
{
    switch (number) {
    case 1:
    case 7:
        return KEYCODE_HOME;
    case 2:
        return KEYCODE_INSERT;
    case 3:
        return KEYCODE_DELETE;
    case 4:
    case 8:
        return KEYCODE_END;
    case 5:
        return KEYCODE_PAGE_UP;
    case 6:
        return KEYCODE_PAGE_DOWN;
    default:
        return KEYCODE_NONE;
    }
}

struct key_event key_sequence_control(unsigned char byte, unsigned modifiers)
{
    switch (byte) {
    case 0x00:
        return (struct key_event){
            .code = KEYCODE_CHARACTER, .codepoint = ' ', .modifiers = modifiers | KEYMOD_CTRL};
    case '\t':
    case '\r':
    case 0x7F:
        return named(byte, modifiers);
    case '\n':
        return special(KEYCODE_ENTER, modifiers);
    case '\b':
        return special(KEYCODE_BACKSPACE, modifiers);
    default:
        return (struct key_event){.code = KEYCODE_CHARACTER,
            .codepoint = byte < 0x1B ? byte + 0x60U : byte + 0x40U,
            .modifiers = modifiers | KEYMOD_CTRL};
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

// False where the sequence carries anything except digits, `;` and `:`, or more than it may.
static bool read_parameters(struct parameters *out, const char *text, size_t length)
{
    memset(out, 0, sizeof *out);
    size_t index = 0, colons = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == ';') {
            colons = 0;
            if (++index >= PARAMETERS_MAX)
                return false;
        } else if (c == ':') {
            colons++;
        } else if (c < '0' || c > '9') {
            return false;
        } else if (colons < 2) {
            unsigned *value = colons ? &out->subs[index] : &out->values[index];
            if (*value > VALUE_MAX)
                return false;
            *value = *value * 10 + (unsigned)(c - '0');
        }
    }
    out->count = length > 0 ? index + 1 : 0;
    return true;
}

static unsigned modifiers_of(unsigned parameter)
{
    // xterm sends 1 + the sum of Shift 1, Alt 2, Ctrl 4, Meta 8.
    if (parameter < 2)
        return 0;
    unsigned bits = parameter - 1;
    unsigned modifiers = bits & (KEYMOD_SHIFT | KEYMOD_ALT | KEYMOD_CTRL);
    if (bits & 8)
        modifiers |= KEYMOD_ALT;
    return modifiers;
}

static struct key_event tilde(const struct parameters *parameters, unsigned modifiers)
{
    unsigned number = parameters->values[0];
    if (number == 200 && parameters->count == 1)
        return special(KEYCODE_PASTE_BEGIN, 0);
    if (number == 201 && parameters->count == 1)
        return special(KEYCODE_PASTE_END, 0);
    if (number == 27 && parameters->count == 3)
        return named(parameters->values[2], modifiers);
    if (tilde_key(number) != KEYCODE_NONE)
        return special(tilde_key(number), modifiers);
    if (tilde_function(number) > 0)
        return function(tilde_function(number), modifiers);
    return nothing;
}

// `ESC [ < button ; column ; row M`, or m for a button let go: xterm's mouse mode 1006.
static struct key_event mouse(const char *text, size_t length, char final)
{
    enum { BUTTON = 0xC3, MOVED = 0x20, WHEEL_UP = 0x40, WHEEL_DOWN = 0x41 };
    struct parameters parameters;
    if (!read_parameters(&parameters, text, length) || parameters.count != 3 || final != 'M' ||
        (parameters.values[0] & MOVED))
        return nothing;
    struct key_event event = {.row = (int)parameters.values[2], .column = (int)parameters.values[1]};
    switch (parameters.values[0] & BUTTON) {
    case 0:
        event.code = parameters.values[0] == 0 ? KEYCODE_CLICK : KEYCODE_NONE; // with a modifier: not ours
        break;
    case WHEEL_UP:
        event.code = KEYCODE_WHEEL_UP;
        break;
    case WHEEL_DOWN:
        event.code = KEYCODE_WHEEL_DOWN;
        break;
    default:
        break;
    }
    return event;
}

// `ESC [ row ; column R`. With row 1 it is F3 with modifiers on some terminals.
static bool is_cursor_answer(const struct parameters *parameters)
{
    return parameters->count == 2 && parameters->values[0] > 1 && parameters->values[0] < 10000 &&
           parameters->values[1] > 0 && parameters->values[1] < 10000;
}

static struct key_event csi_key(const struct parameters *parameters, char final, unsigned extra)
{
    unsigned modifiers = modifiers_of(parameters->values[1]) | extra;
    size_t count = parameters->count;
    switch (final) {
    case '~':
        return tilde(parameters, modifiers);
    case '^': // rxvt: Ctrl
        return tilde(parameters, extra | KEYMOD_CTRL);
    case '$': // rxvt: Shift
        return tilde(parameters, extra | KEYMOD_SHIFT);
    case '@': // rxvt: both
        return tilde(parameters, extra | KEYMOD_CTRL | KEYMOD_SHIFT);
    case 'u':
        return count > 0 ? named(parameters->values[0], modifiers) : nothing;
    case 'Z':
        return special(KEYCODE_TAB, modifiers | KEYMOD_SHIFT);
    case 'I':
        return count == 0 ? special(KEYCODE_FOCUS_IN, 0) : nothing;
    case 'O':
        return count == 0 ? special(KEYCODE_FOCUS_OUT, 0) : nothing;
    case 'a': // rxvt: Shift with an arrow
    case 'b':
    case 'c':
    case 'd':
        return count == 0 ? special(final_key((char)(final - 0x20)), extra | KEYMOD_SHIFT) : nothing;
    case 'R':
        if (is_cursor_answer(parameters))
            return (struct key_event){.code = KEYCODE_CURSOR_AT,
                .row = (int)parameters->values[0],
                .column = (int)parameters->values[1]};
        // fall through
    case 'P':
    case 'Q':
    case 'S':
        return count == 0 || parameters->values[0] == 1 ? function((unsigned)(final - 'P') + 1, modifiers)
                                                        : nothing;
    default:
        return final_key(final) != KEYCODE_NONE ? special(final_key(final), modifiers) : nothing;
    }
}

// kitty puts the phase behind the modifiers' number: `1;1:3`.
static enum key_phase phase_of(const struct parameters *parameters)
{
    switch (parameters->subs[1]) {
    case 2:
        return KEYPHASE_HELD;
    case 3:
        return KEYPHASE_RELEASE;
    default:
        return KEYPHASE_PRESS;
    }
}

struct key_event key_sequence_csi(const char *text, size_t length, char final, unsigned modifiers)
{
    struct parameters parameters;
    if (length > 0 && text[0] == '<')
        return mouse(text + 1, length - 1, final);
    if (length > 0 && text[0] == '?' && (final == 'c' || final == 'u'))
        return special(final == 'c' ? KEYCODE_DEVICE : KEYCODE_KEYBOARD, 0);
    if (!read_parameters(&parameters, text, length))
        return nothing;
    struct key_event event = csi_key(&parameters, final, modifiers);
    if (event.code <= KEYCODE_FUNCTION)
        event.phase = phase_of(&parameters);
    return event;
}

struct key_event key_sequence_ss3(const char *text, size_t length, char final, unsigned extra)
{
    static const char keypad[] = "*+,-./0123456789";
    struct parameters parameters;
    if (!read_parameters(&parameters, text, length))
        return nothing;
    // Both `ESC O 5 A` and `ESC O 1 ; 5 A` are seen.
    unsigned modifiers =
        modifiers_of(parameters.count > 1 ? parameters.values[1] : parameters.values[0]) | extra;
    if (final_key(final) != KEYCODE_NONE)
        return special(final_key(final), modifiers);
    if (final >= 'a' && final <= 'd')
        return special(final_key((char)(final - 0x20)), extra | KEYMOD_CTRL);
    if (final >= 'P' && final <= 'S')
        return function((unsigned)(final - 'P') + 1, modifiers);
    if (final >= 'j' && final <= 'y')
        return named((unsigned char)keypad[final - 'j'], modifiers);
    switch (final) {
    case 'X':
        return named('=', modifiers);
    case 'M':
        return special(KEYCODE_ENTER, modifiers);
    case 'I':
        return special(KEYCODE_TAB, modifiers);
    default:
        return nothing;
    }
}

struct key_event key_sequence_console(char final, unsigned modifiers)
{
    return final >= 'A' && final <= 'E' ? function((unsigned)(final - 'A') + 1, modifiers) : nothing;
}

// One colour of `rgb:hhhh/hhhh/hhhh`, of one to four hexadecimal digits; its upper eight bits. -1 where it is
// none.
static int colour(const char **text)
{
    char *end;
    size_t digits = strspn(*text, "0123456789abcdefABCDEF");
    if (digits < 1 || digits > 4)
        return -1;
    unsigned long value = strtoul(*text, &end, 16);
    unsigned long most = (1UL << (4 * digits)) - 1;
    *text = end;
    return (int)(value * 255 / most);
}

struct key_event key_sequence_osc(const char *text, size_t length)
{
    static const char begin[] = "11;rgb:";
    char copy[48];
    if (length >= sizeof copy || length < sizeof begin - 1 || memcmp(text, begin, sizeof begin - 1) != 0)
        return nothing;
    memcpy(copy, text, length);
    copy[length] = '\0';
    const char *at = copy + sizeof begin - 1;
    uint32_t rgb = 0;
    for (int i = 0; i < 3; i++) {
        int value = colour(&at);
        if (value < 0 || *at != (i < 2 ? '/' : '\0'))
            return nothing;
        rgb = rgb << 8 | (uint32_t)value;
        at++;
    }
    return (struct key_event){.code = KEYCODE_BACKGROUND, .codepoint = rgb};
}

bool key_sequence_lacks_phase(const char *text, size_t length)
{
    struct parameters parameters;
    return !memchr(text, ':', length) && read_parameters(&parameters, text, length) &&
           parameters.count == 2 && parameters.values[1] == 1;
}

bool key_sequence_is_tail(const unsigned char *bytes, size_t length)
{
    char first = (char)bytes[0];
    if (first == 'O' || length < 2)
        return first == 'O';
    bool digit = bytes[1] >= '0' && bytes[1] <= '9';
    return (first == ']' && digit) || (first == 'P' && (digit || bytes[1] == '>')) ||
           (first == '_' && bytes[1] == 'G');
}
