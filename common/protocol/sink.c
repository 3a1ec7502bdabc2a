// SPDX-License-Identifier: MIT
#include "common/protocol/sink.h"

#include <string.h>

#include "common/protocol/protocol.h"
#include "common/text.h"

void sink_bytes(struct sink *s, const char *bytes, size_t len)
{
    if (s->full || len >= s->size - s->len) {
        s->full = true;
        return;
    }
    memcpy(s->at + s->len, bytes, len);
    s->len += len;
    s->at[s->len] = '\0';
}

void sink_put(struct sink *s, const char *text)
{
    sink_bytes(s, text, strlen(text));
}

void sink_bool(struct sink *s, const char *key, bool value)
{
    sink_put(s, key);
    sink_put(s, value ? "true" : "false");
}

void sink_fixed(struct sink *s, const char *key, int64_t value, int decimals)
{
    char digits[32];
    char *end = digits + sizeof digits, *p = end;
    uint64_t magnitude = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    for (; decimals > 0 && magnitude % 10 == 0; decimals--)
        magnitude /= 10;
    if (decimals > 0) {
        for (; decimals > 0; decimals--, magnitude /= 10)
            *--p = (char)('0' + magnitude % 10);
        *--p = '.';
    }
    do {
        *--p = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0)
        *--p = '-';
    sink_put(s, key);
    sink_bytes(s, p, (size_t)(end - p));
}

// Of a cleaned text, JSON escapes two characters.
void sink_text(struct sink *s, const char *key, const char *text, size_t max_chars)
{
    char clean[PROTOCOL_WHY_SIZE];
    size_t len = text_clean(clean, sizeof clean, text, strlen(text), max_chars);
    sink_put(s, key);
    sink_put(s, "\"");
    for (size_t from = 0; from < len;) {
        size_t plain = strcspn(clean + from, "\"\\");
        sink_bytes(s, clean + from, plain);
        from += plain;
        if (from < len) {
            sink_put(s, "\\");
            sink_bytes(s, clean + from, 1);
            from++;
        }
    }
    sink_put(s, "\"");
}

void sink_text_if_any(struct sink *s, const char *key, const char *text, size_t max_chars)
{
    if (text[0])
        sink_text(s, key, text, max_chars);
}
