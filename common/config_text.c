// SPDX-License-Identifier: MIT
#include "common/config_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" // U+FEFF, which some editors put at the beginning of each file

enum place { OUTSIDE, WORD, DOUBLE, SINGLE, LINE_COMMENT, BLOCK_COMMENT };

struct scan {
    const char *path;
    char *why;
    unsigned line;
    unsigned opened; // the line where a string or comment began
    unsigned depth;  // braces that are open
    unsigned brace;  // the line where the outermost of them is
};

static int refuse(const struct scan *scan, unsigned line, const char *what)
{
    snprintf(scan->why, CONFIG_WHY_SIZE, "%s:%u: %s", scan->path, line, what);
    return -EINVAL;
}

// Characters that look like a blank, like nothing or like a quote, and are none of these to libconfuse: it would take
// them for a part of a key's name.
static const struct {
    unsigned first, last;
    const char *name;
} lookalikes[] = {
    {0x00a0, 0x00a0, "a no-break space, which is no blank"},
    {0x00ad, 0x00ad, "a soft hyphen, which cannot be seen"},
    {0x2000, 0x200a, "a typographic space, which is no blank"},
    {0x200b, 0x200f, "a zero-width character, which cannot be seen"},
    {0x2018, 0x201f, "a typographic quote, which is no \" or '"},
    {0x2028, 0x202f, "a character that moves text, or a narrow blank, which is none"},
    {0x205f, 0x206f, "a character that cannot be seen"},
    {0x3000, 0x3000, "an ideographic space, which is no blank"},
    {0xfeff, 0xfeff, "a byte order mark, which belongs at the beginning of a file or nowhere"},
};

static const char *lookalike_of(unsigned codepoint)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lookalikes); i++)
        if (codepoint >= lookalikes[i].first && codepoint <= lookalikes[i].last)
            return lookalikes[i].name;
    return NULL;
}

static unsigned column_of(const char *text, size_t at)
{
    unsigned column = 1;
    for (; at > 0 && text[at - 1] != '\n'; at--)
        column += ((unsigned char)text[at - 1] & 0xc0) != 0x80; // bytes that begin a character
    return column;
}

// Refuses a character outside strings and comments that is not what it looks like.
static int check_lookalike(const struct scan *scan, const char *text, size_t at, size_t len)
{
    unsigned codepoint;
    if (((unsigned char)text[at] & 0xc0) != 0xc0 || text_decode(text + at, len - at, &codepoint) == 0)
        return 0;
    const char *name = lookalike_of(codepoint);
    if (!name)
        return 0;
    snprintf(scan->why, CONFIG_WHY_SIZE, "%s:%u: column %u: U+%04X, %s; type it anew", scan->path, scan->line,
        column_of(text, at), codepoint, name);
    return -EINVAL;
}

// libconfuse drops the backslash of an escape that it does not know: "DOM\user" would become DOMuser.
static int check_escape(const struct scan *scan, const char *c)
{
    if (strchr("nrtbfaevx01234567\\\"'$\n", c[1]))
        return 0;
    char shown[8];
    unsigned codepoint;
    text_clean(shown, sizeof shown, c + 1, text_decode(c + 1, strnlen(c + 1, 4), &codepoint), 1);
    snprintf(scan->why, CONFIG_WHY_SIZE,
        "%s:%u: \"\\%s\" in a string: a backslash is written twice (\"DOM\\\\user\"), or in single quotes ('DOM\\user')",
        scan->path, scan->line, shown);
    return -EINVAL;
}

static bool ends_word(char c)
{
    return strchr(" \t\r\n#\"'={}()+,", c) != NULL;
}

static enum place start_of(const char *at)
{
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return LINE_COMMENT;
    if (at[0] == '/' && at[1] == '*')
        return BLOCK_COMMENT;
    if (*at == '"')
        return DOUBLE;
    if (*at == '\'')
        return SINGLE;
    return ends_word(*at) ? OUTSIDE : WORD;
}

static void count_brace(struct scan *scan, char c)
{
    if (c == '{' && scan->depth++ == 0)
        scan->brace = scan->line;
    else if (c == '}' && scan->depth > 0)
        scan->depth--;
}

static int check_characters(struct scan *scan, const char *text, size_t len)
{
    unsigned line = 1;
    for (size_t at = 0; at < len;) {
        unsigned codepoint;
        size_t bytes = text_decode(text + at, len - at, &codepoint);
        if (!bytes)
            return refuse(scan, line, "broken UTF-8; save the file as UTF-8");
        if ((codepoint < 0x20 && codepoint != '\n' && codepoint != '\r' && codepoint != '\t') ||
            (codepoint >= 0x7f && codepoint < 0xa0))
            return refuse(scan, line, "a control character; remove it");
        line += codepoint == '\n';
        at += bytes;
    }
    return 0;
}

char *config_text_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char *text = malloc(CONFIG_TEXT_MAX + 2);
    size_t len = text ? fread(text, 1, CONFIG_TEXT_MAX + 1, file) : 0;
    int error = text ? (ferror(file) ? errno : 0) : ENOMEM;
    fclose(file);
    if (!error && len >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
        error = ENOTSUP;
    else if (!error && memchr(text, '\0', len))
        error = EILSEQ; // a NUL would hide what comes after it
    if (error) {
        free(text);
        errno = error;
        return NULL;
    }
    text[len] = '\0';
    return text;
}

int config_text_prepare(const char *text, const char *path, char *out, char why[CONFIG_WHY_SIZE])
{
    struct scan scan = {.path = path, .line = 1};
    scan.why = why;
    size_t len = strlen(text);
    if (len > CONFIG_TEXT_MAX)
        return refuse(&scan, 1, "more than 256 KiB; this is no configuration");
    if (check_characters(&scan, text, len) < 0)
        return -EINVAL;

    enum place place = OUTSIDE;
    size_t begin = strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0 ? strlen(BYTE_ORDER_MARK) : 0;
    memset(out, ' ', begin);
    for (size_t at = begin; at < len; at++) {
        const char *c = text + at;
        if (place == OUTSIDE || (place == WORD && (ends_word(*c) || *c == '*'))) {
            place = start_of(c);
            scan.opened = scan.line;
            out[at] = place == LINE_COMMENT || place == BLOCK_COMMENT ? ' ' : *c;
            if (place == BLOCK_COMMENT)
                out[++at] = ' ';
            count_brace(&scan, *c);
        } else if (place == LINE_COMMENT || place == BLOCK_COMMENT) {
            out[at] = *c == '\n' ? '\n' : ' ';
            if (place == LINE_COMMENT ? *c == '\n' : c[0] == '*' && c[1] == '/') {
                if (place == BLOCK_COMMENT)
                    out[++at] = ' ';
                place = OUTSIDE;
            }
        } else {
            out[at] = *c;
            if (*c == '\n' && place != WORD)
                return refuse(&scan, scan.line, "a string is not closed on its line; add the quote");
            if ((place == DOUBLE && *c == '"') || (place == SINGLE && *c == '\''))
                place = OUTSIDE;
            else if (*c == '\\' && place == DOUBLE && c[1] && check_escape(&scan, c) < 0)
                return -EINVAL;
            else if ((place == DOUBLE || place == SINGLE) && *c == '\\' && c[1] && c[1] != '\n')
                out[at + 1] = c[1], at++;
        }
        if ((place == OUTSIDE || place == WORD) && check_lookalike(&scan, text, at, len) < 0)
            return -EINVAL;
        if (c[0] == '$' && c[1] == '{' && place != SINGLE && place != LINE_COMMENT && place != BLOCK_COMMENT)
            return refuse(&scan, scan.line,
                "${…} would be taken from the environment; write the value itself, or "
                "put it in 'single quotes'");
        scan.line += *c == '\n';
    }
    if (place == DOUBLE || place == SINGLE)
        return refuse(&scan, scan.opened, "a string is not closed; add the quote");
    if (place == BLOCK_COMMENT)
        return refuse(&scan, scan.opened, "a comment is not closed; add */");
    if (scan.depth > 0)
        return refuse(&scan, scan.brace, "a { is not closed; add }");
    out[len] = '\0';
    return 0;
}

unsigned config_text_empty_list(const char *text, const char *key)
{
    static const char blanks[] = " \t\r\n";
    for (const char *at = text; (at = strstr(at, key)); at++) {
        const char *sign = at + strlen(key);
        for (const char *c = "={}"; *c && *(sign += strspn(sign, blanks)) == *c; c++)
            sign++;
        if (sign[-1] != '}')
            continue;
        unsigned line = 1;
        for (const char *c = text; c < at; c++)
            line += *c == '\n';
        return line;
    }
    return 0;
}
