// SPDX-License-Identifier: MIT
#include "pc-tui/keys/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/array.h"
#include "common/text.h"

static const struct {
    const char *name;
    enum key_code code;
    uint32_t codepoint;
} names[] = {
    {"Space", KEYCODE_CHARACTER, ' '},
    {"lt", KEYCODE_CHARACTER, '<'},
    {"Up", KEYCODE_UP, 0},
    {"Down", KEYCODE_DOWN, 0},
    {"Left", KEYCODE_LEFT, 0},
    {"Right", KEYCODE_RIGHT, 0},
    {"PageUp", KEYCODE_PAGE_UP, 0},
    {"PageDown", KEYCODE_PAGE_DOWN, 0},
    {"Home", KEYCODE_HOME, 0},
    {"End", KEYCODE_END, 0},
    {"Insert", KEYCODE_INSERT, 0},
    {"Delete", KEYCODE_DELETE, 0},
    {"Backspace", KEYCODE_BACKSPACE, 0},
    {"Tab", KEYCODE_TAB, 0},
    {"Enter", KEYCODE_ENTER, 0},
    {"Esc", KEYCODE_ESCAPE, 0},
};

static const struct {
    char letter;
    unsigned modifier;
} modifiers[] = {{'S', KEYMOD_SHIFT}, {'A', KEYMOD_ALT}, {'C', KEYMOD_CTRL}};

void key_normalise(struct key_event *key)
{
    if (key->code != KEYCODE_CHARACTER)
        return;
    bool letter = (key->codepoint | 0x20) >= 'a' && (key->codepoint | 0x20) <= 'z';
    if ((key->modifiers & KEYMOD_CTRL) && letter) {
        key->codepoint |= 0x20;
        key->modifiers &= ~(unsigned)KEYMOD_SHIFT;
    } else if ((key->modifiers & KEYMOD_SHIFT) && letter) {
        key->codepoint &= ~0x20U;
        key->modifiers &= ~(unsigned)KEYMOD_SHIFT;
    }
    if (!(key->modifiers & KEYMOD_CTRL))
        return;
    enum key_code same = KEYCODE_NONE;
    if (key->codepoint == 'i')
        same = KEYCODE_TAB;
    else if (key->codepoint == 'm' || key->codepoint == 'j')
        same = KEYCODE_ENTER;
    else if (key->codepoint == 'h')
        same = KEYCODE_BACKSPACE;
    else if (key->codepoint == '[')
        same = KEYCODE_ESCAPE;
    if (same != KEYCODE_NONE)
        *key = (struct key_event){.code = same, .modifiers = key->modifiers & ~(unsigned)KEYMOD_CTRL};
}

static int parse_name(const char *name, size_t len, struct key_event *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strlen(names[i].name) == len && strncasecmp(names[i].name, name, len) == 0) {
            out->code = names[i].code;
            out->codepoint = names[i].codepoint;
            return 0;
        }
    }
    if (len >= 2 && len <= 3 && (name[0] == 'F' || name[0] == 'f')) {
        unsigned number = 0;
        for (size_t i = 1; i < len; i++) {
            if (name[i] < '0' || name[i] > '9')
                return -EINVAL;
            number = number * 10 + (unsigned)(name[i] - '0');
        }
        if (number >= 1 && number <= 24 && name[1] != '0') {
            out->code = KEYCODE_FUNCTION;
            out->codepoint = number;
            return 0;
        }
    }
    unsigned codepoint;
    size_t used = text_decode(name, len, &codepoint);
    // A bare character in brackets would be a second way to write it.
    if (used == 0 || used != len || out->modifiers == 0 || codepoint <= ' ' || codepoint == 0x7F)
        return -EINVAL;
    out->code = KEYCODE_CHARACTER;
    out->codepoint = codepoint;
    return 0;
}

int key_parse_next(const char **text, struct key_event *out)
{
    const char *s = *text;
    struct key_event key = {.code = KEYCODE_NONE};
    if (*s != '<') {
        unsigned codepoint;
        size_t used = text_decode(s, strlen(s), &codepoint);
        if (used == 0 || codepoint < ' ' || (codepoint >= 0x7F && codepoint <= 0x9F))
            return -EINVAL;
        *out = (struct key_event){.code = KEYCODE_CHARACTER, .codepoint = codepoint};
        *text = s + used;
        return 0;
    }
    s++;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < ARRAY_LENGTH(modifiers); i++) {
            char letter = s[0] >= 'a' && s[0] <= 'z' ? (char)(s[0] - 0x20) : s[0];
            if (letter == modifiers[i].letter && s[1] == '-' && !(key.modifiers & modifiers[i].modifier)) {
                key.modifiers |= modifiers[i].modifier;
                s += 2;
                more = true;
                break;
            }
        }
    }
    // From the second character on, so that `<C->>` names the sign.
    const char *end = *s ? strchr(s + 1, '>') : NULL;
    if (!end || parse_name(s, (size_t)(end - s), &key) != 0)
        return -EINVAL;
    key_normalise(&key);
    *out = key;
    *text = end + 1;
    return 0;
}

int key_parse(const char *text, struct key_event *out)
{
    struct key_event key;
    int error = key_parse_next(&text, &key);
    if (error || *text)
        return -EINVAL;
    *out = key;
    return 0;
}

char *key_format(char out[KEY_NAME_SIZE], const struct key_event *key)
{
    char text[16] = "";
    bool named = true;
    if (key->code == KEYCODE_FUNCTION) {
        snprintf(text, sizeof text, "F%u", (unsigned)key->codepoint);
    } else {
        for (size_t i = 0; i < ARRAY_LENGTH(names) && !text[0]; i++) {
            if (names[i].code == key->code &&
                (key->code != KEYCODE_CHARACTER || names[i].codepoint == key->codepoint))
                snprintf(text, sizeof text, "%s", names[i].name);
        }
        if (!text[0] && key->code == KEYCODE_CHARACTER) {
            text[text_encode_utf8(text, key->codepoint)] = '\0';
            named = false;
        }
    }
    if (!text[0]) {
        out[0] = '\0';
        return out;
    }
    if (!named && key->modifiers == 0)
        snprintf(out, KEY_NAME_SIZE, "%s", text);
    else
        snprintf(out, KEY_NAME_SIZE, "<%s%s%s%s>", key->modifiers & KEYMOD_SHIFT ? "S-" : "",
            key->modifiers & KEYMOD_ALT ? "A-" : "", key->modifiers & KEYMOD_CTRL ? "C-" : "", text);
    return out;
}

bool key_is_space(const struct key_event *key)
{
    return key->code == KEYCODE_CHARACTER && (key->codepoint == ' ' || key->codepoint == 0x3000);
}
