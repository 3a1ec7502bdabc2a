// SPDX-License-Identifier: MIT
#include "common/protocol/span.h"

#include "common/text.h"

bool span_is_foreign_blank(unsigned c)
{
    return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0x205f ||
           c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

static bool is_blank(unsigned c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || span_is_foreign_blank(c);
}

// The bytes of the blank that the text ends with, or 0.
static size_t last_blank(struct span s)
{
    unsigned c;
    for (size_t n = 1; n <= 3 && n <= s.len; n++) // no blank takes more bytes
        if (text_decode(s.at + s.len - n, n, &c) == n)
            return is_blank(c) ? n : 0;
    return 0;
}

struct span span_trim(struct span s)
{
    unsigned c;
    size_t n;
    while ((n = text_decode(s.at, s.len, &c)) > 0 && is_blank(c)) {
        s.at += n;
        s.len -= n;
    }
    while ((n = last_blank(s)) > 0)
        s.len -= n;
    return s;
}
