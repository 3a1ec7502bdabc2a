// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "pc-tui/keys/input.h"

static const struct {
    const char *name;
    enum key_code code;
    uint32_t codepoint;
} names[] = {
    {"Space", KEY_CHARACTER, ' '},
    {"lt", KEY_CHARACTER, '<'},
    {"Up", KEY_ARROW_UP, 0},
    {"Down", KEY_ARROW_DOWN, 0},
    {"Left", KEY_ARROW_LEFT, 0},
    {"Right", KEY_ARROW_RIGHT, 0},
    {"PageUp", KEY_PAGE_UP, 0},
    {"PageDown", KEY_PAGE_DOWN, 0},
    {"Home", KEY_LINE_HOME, 0},
    {"End", KEY_LINE_END, 0},
    {"Insert", KEY_INSERT, 0},
    {"Delete", KEY_DELETE, 0},
    {"Backspace", KEY_ERASE, 0},
    {"Tab", KEY_TABULATOR, 0},
    {"Enter", KEY_RETURN, 0},
    {"Esc", KEY_ESCAPE, 0},
};

static const struct {
    char letter;
    unsigned modifier;
} modifiers[] = {{'S', KEY_SHIFT}, {'A', KEY_ALT}, {'C', KEY_CTRL}};

#define LENGTH(array) (sizeof array / sizeof array[0])

// What a terminal sends for a character with modifiers, so that bindings written by people match what comes.
static void normalise(struct key_event *key)
{
    if (key->code != KEY_CHARACTER)
        return;
    bool letter = (key->codepoint | 0x20) >= 'a' && (key->codepoint | 0x20) <= 'z';
    if ((key->modifiers & KEY_CTRL) && letter) {
        key->codepoint |= 0x20;
        key->modifiers &= ~(unsigned)KEY_SHIFT;
    } else if ((key->modifiers & KEY_SHIFT) && letter) {
        key->codepoint &= ~0x20U;
        key->modifiers &= ~(unsigned)KEY_SHIFT;
    }
    if (!(key->modifiers & KEY_CTRL))
        return;
    enum key_code same = KEY_NOTHING;
    if (key->codepoint == 'i')
        same = KEY_TABULATOR;
    else if (key->codepoint == 'm' || key->codepoint == 'j')
        same = KEY_RETURN;
    else if (key->codepoint == 'h')
        same = KEY_ERASE;
    else if (key->codepoint == '[')
        same = KEY_ESCAPE;
    if (same != KEY_NOTHING)
        *key = (struct key_event){.code = same, .modifiers = key->modifiers & ~(unsigned)KEY_CTRL};
}

static int parse_name(const char *name, size_t len, struct key_event *out)
{
    for (size_t i = 0; i < LENGTH(names); i++) {
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
            out->code = KEY_FUNCTION;
            out->codepoint = number;
            return 0;
        }
    }
    unsigned codepoint;
    size_t used = text_decode(name, len, &codepoint);
    // A bare character in brackets would be a second way to write it.
    if (used == 0 || used != len || out->modifiers == 0 || codepoint <= ' ' || codepoint == 0x7F)
        return -EINVAL;
    out->code = KEY_CHARACTER;
    out->codepoint = codepoint;
    return 0;
}

int key_parse_next(const char **text, struct key_event *out)
{
    const char *s = *text;
    struct key_event key = {.code = KEY_NOTHING};
    if (*s != '<') {
        unsigned codepoint;
        size_t used = text_decode(s, strlen(s), &codepoint);
        if (used == 0 || codepoint < ' ' || (codepoint >= 0x7F && codepoint <= 0x9F))
            return -EINVAL;
        *out = (struct key_event){.code = KEY_CHARACTER, .codepoint = codepoint};
        *text = s + used;
        return 0;
    }
    s++;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < LENGTH(modifiers); i++) {
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
    normalise(&key);
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

static size_t encode(char out[5], uint32_t codepoint)
{
    size_t len = 0;
    if (codepoint < 0x80) {
        out[len++] = (char)codepoint;
    } else if (codepoint < 0x800) {
        out[len++] = (char)(0xC0 | codepoint >> 6);
        out[len++] = (char)(0x80 | (codepoint & 0x3F));
    } else if (codepoint < 0x10000) {
        out[len++] = (char)(0xE0 | codepoint >> 12);
        out[len++] = (char)(0x80 | (codepoint >> 6 & 0x3F));
        out[len++] = (char)(0x80 | (codepoint & 0x3F));
    } else {
        out[len++] = (char)(0xF0 | (codepoint >> 18 & 0x07));
        out[len++] = (char)(0x80 | (codepoint >> 12 & 0x3F));
        out[len++] = (char)(0x80 | (codepoint >> 6 & 0x3F));
        out[len++] = (char)(0x80 | (codepoint & 0x3F));
    }
    out[len] = '\0';
    return len;
}

char *key_format(char out[KEY_NAME_SIZE], const struct key_event *key)
{
    char text[16] = "";
    bool named = true;
    if (key->code == KEY_FUNCTION) {
        snprintf(text, sizeof text, "F%u", (unsigned)key->codepoint);
    } else {
        for (size_t i = 0; i < LENGTH(names) && !text[0]; i++) {
            if (names[i].code == key->code &&
                (key->code != KEY_CHARACTER || names[i].codepoint == key->codepoint))
                snprintf(text, sizeof text, "%s", names[i].name);
        }
        if (!text[0] && key->code == KEY_CHARACTER) {
            encode(text, key->codepoint);
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
        snprintf(out, KEY_NAME_SIZE, "<%s%s%s%s>", key->modifiers & KEY_SHIFT ? "S-" : "",
            key->modifiers & KEY_ALT ? "A-" : "", key->modifiers & KEY_CTRL ? "C-" : "", text);
    return out;
}

bool key_equal(const struct key_event *a, const struct key_event *b)
{
    return a->code == b->code && a->modifiers == b->modifiers && a->codepoint == b->codepoint;
}

bool key_is_space(const struct key_event *key)
{
    return key->code == KEY_CHARACTER && (key->codepoint == ' ' || key->codepoint == 0x3000);
}
