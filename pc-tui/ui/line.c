// SPDX-License-Identifier: MIT
#include "pc-tui/ui/line.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

// What may stand in a line: no controls, no bidi or invisible signs; text_clean says which.
static bool is_text(const char *bytes, size_t len)
{
    char cleaned[8];
    size_t n = text_clean(cleaned, sizeof cleaned, bytes, len, 1);
    return n == len && memcmp(cleaned, bytes, len) == 0;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t before(const struct line *line, size_t at)
{
    if (at == 0)
        return 0;
    do
        at--;
    while (at > 0 && is_continuation(line->text[at]));
    return at;
}

static size_t after(const struct line *line, size_t at)
{
    if (at >= line->len)
        return line->len;
    do
        at++;
    while (at < line->len && is_continuation(line->text[at]));
    return at;
}

static void cut(struct line *line, size_t from, size_t to)
{
    memmove(line->text + from, line->text + to, line->len - to + 1);
    line->len -= to - from;
    line->cursor = from;
}

void line_clear(struct line *line)
{
    line->text[0] = '\0';
    line->len = line->cursor = 0;
}

void line_set(struct line *line, const char *text)
{
    line_clear(line);
    size_t left = strlen(text);
    while (left > 0) {
        unsigned codepoint = 0;
        size_t n = text_decode(text, left, &codepoint);
        if (n > 0 && !line_insert(line, codepoint) && is_text(text, n))
            return; // full
        n = n ? n : 1;
        text += n;
        left -= n;
    }
}

bool line_insert(struct line *line, unsigned codepoint)
{
    char bytes[4];
    size_t n = text_encode_utf8(bytes, codepoint);
    if (n == 0 || !is_text(bytes, n) || line->len + n >= sizeof line->text)
        return false;
    memmove(line->text + line->cursor + n, line->text + line->cursor, line->len - line->cursor + 1);
    memcpy(line->text + line->cursor, bytes, n);
    line->len += n;
    line->cursor += n;
    return true;
}

void line_left(struct line *line)
{
    line->cursor = before(line, line->cursor);
}

void line_right(struct line *line)
{
    line->cursor = after(line, line->cursor);
}

void line_home(struct line *line)
{
    line->cursor = 0;
}

void line_end(struct line *line)
{
    line->cursor = line->len;
}

bool line_backspace(struct line *line)
{
    if (line->cursor == 0)
        return false;
    cut(line, before(line, line->cursor), line->cursor);
    return true;
}

bool line_delete(struct line *line)
{
    if (line->cursor >= line->len)
        return false;
    cut(line, line->cursor, after(line, line->cursor));
    return true;
}

void line_word_left(struct line *line)
{
    while (line->cursor > 0 && line->text[line->cursor - 1] == ' ')
        line->cursor--;
    while (line->cursor > 0 && line->text[line->cursor - 1] != ' ')
        line->cursor--;
}

void line_word_right(struct line *line)
{
    while (line->cursor < line->len && line->text[line->cursor] == ' ')
        line->cursor++;
    while (line->cursor < line->len && line->text[line->cursor] != ' ')
        line->cursor++;
}

void line_erase_word(struct line *line)
{
    size_t to = line->cursor;
    line_word_left(line);
    cut(line, line->cursor, to);
}

void line_erase_before(struct line *line)
{
    cut(line, 0, line->cursor);
}

void line_erase_after(struct line *line)
{
    line->text[line->cursor] = '\0';
    line->len = line->cursor;
}

bool line_replace(struct line *line, size_t start, const char *text)
{
    size_t n = strlen(text);
    if (start > line->cursor || line->len - (line->cursor - start) + n >= sizeof line->text)
        return false;
    cut(line, start, line->cursor);
    memmove(line->text + start + n, line->text + start, line->len - start + 1);
    memcpy(line->text + start, text, n);
    line->len += n;
    line->cursor = start + n;
    return true;
}
