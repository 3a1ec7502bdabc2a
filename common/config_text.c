// SPDX-License-Identifier: MIT
#include "common/config_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

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
    if (!error && memchr(text, '\0', len))
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
    for (size_t at = 0; at < len; at++) {
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
            else if ((place == DOUBLE || place == SINGLE) && *c == '\\' && c[1] && c[1] != '\n')
                out[at + 1] = c[1], at++;
        }
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
