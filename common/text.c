// SPDX-License-Identifier: MIT
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DISTANCE_MAX = 64 };

static const char replacement[] = "\xef\xbf\xbd";

size_t text_decode(const char *s, size_t len, unsigned *codepoint)
{
    const unsigned char *b = (const unsigned char *)s;
    if (len == 0)
        return 0;
    if (b[0] < 0x80) {
        *codepoint = b[0];
        return 1;
    }

    size_t need;
    unsigned value, least;
    if ((b[0] & 0xe0) == 0xc0) {
        need = 2, value = b[0] & 0x1fu, least = 0x80;
    } else if ((b[0] & 0xf0) == 0xe0) {
        need = 3, value = b[0] & 0x0fu, least = 0x800;
    } else if ((b[0] & 0xf8) == 0xf0) {
        need = 4, value = b[0] & 0x07u, least = 0x10000;
    } else {
        return 0;
    }
    if (len < need)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (b[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *codepoint = value;
    return need;
}

size_t text_expected(unsigned char lead)
{
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 4;
    return 0;
}

size_t text_encode_utf8(char out[4], unsigned codepoint)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    if (codepoint < 0x800) {
        out[0] = (char)(0xc0 | codepoint >> 6);
        out[1] = (char)(0x80 | (codepoint & 0x3f));
        return 2;
    }
    if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff))
        return 0;
    if (codepoint < 0x10000) {
        out[0] = (char)(0xe0 | codepoint >> 12);
        out[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
        out[2] = (char)(0x80 | (codepoint & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | codepoint >> 18);
    out[1] = (char)(0x80 | (codepoint >> 12 & 0x3f));
    out[2] = (char)(0x80 | (codepoint >> 6 & 0x3f));
    out[3] = (char)(0x80 | (codepoint & 0x3f));
    return 4;
}

bool text_is_utf8(const char *s, size_t len)
{
    unsigned codepoint;
    while (len > 0) {
        size_t n = text_decode(s, len, &codepoint);
        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

// What Unicode promises never to be a character. MQTT libraries take it for broken UTF-8.
static bool is_nonchar(unsigned c)
{
    return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

// What would act on a terminal, or make text read otherwise than it is.
static bool is_unsafe(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || is_nonchar(c);
}

static size_t count_plain(const char *src, size_t most)
{
    size_t count = 0;
    while (count < most && text_is_plain(src[count]))
        count++;
    return count;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_clean(char *dst, size_t size, const char *src, size_t len, size_t max_chars)
{
    size_t written = 0, chars = 0;
    while (len > 0 && chars < max_chars) {
        size_t step = count_plain(src, smaller(smaller(len, max_chars - chars), size - 1 - written));
        size_t bytes = step;
        const char *from = src;
        chars += step > 0 ? step : 1;
        if (step == 0) {
            unsigned codepoint = 0;
            step = bytes = text_decode(src, len, &codepoint);
            if (step == 0 || is_unsafe(codepoint)) {
                from = replacement;
                bytes = sizeof replacement - 1;
            }
            if (step == 0)
                step = 1;
        }
        if (bytes > size - 1 - written)
            break;
        memcpy(dst + written, from, bytes);
        written += bytes;
        src += step;
        len -= step;
    }
    dst[written] = '\0';
    return written;
}

size_t text_append(char *out, size_t size, size_t used, const char *text, size_t len)
{
    len = smaller(len, size - 1 - used);
    memcpy(out + used, text, len);
    out[used + len] = '\0';
    return used + len;
}

void text_sentence(char *dst, size_t size, size_t max_chars, const char *format, ...)
{
    char raw[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    text_clean(dst, size, raw, n < 0 ? 0 : strlen(raw), max_chars);
}

unsigned text_distance(const char *a, const char *b)
{
    size_t a_len = strnlen(a, DISTANCE_MAX), b_len = strnlen(b, DISTANCE_MAX);
    unsigned row[DISTANCE_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    unsigned least = DISTANCE_MAX + 1;
    size_t word_len = strnlen(word, DISTANCE_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t len = strnlen(candidates[i], DISTANCE_MAX);
        size_t longer = len > word_len ? len : word_len;
        size_t shorter = len > word_len ? word_len : len;
        size_t allowed = longer / 3 > 1 ? longer / 3 : 1;
        if (longer - shorter > allowed) // the distance is at least that: spares the matrix
            continue;
        unsigned distance = text_distance(word, candidates[i]);
        if (distance <= allowed && distance < least) {
            least = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
