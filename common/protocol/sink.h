// SPDX-License-Identifier: MIT
// JSON text that grows in a buffer of fixed size. What does not fit is remembered and not written. Numbers are made
// from integers, so that no locale can turn a point into a comma. Pure.
#ifndef COMMON_SINK_H
#define COMMON_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
    char *at; // the buffer, kept terminated
    size_t size, len;
    bool full; // something did not fit
};

void sink_bytes(struct sink *s, const char *bytes, size_t len);
void sink_put(struct sink *s, const char *text);

// The key is put as it is: with its quotes, its colon, and what separates it from the text in front.
void sink_bool(struct sink *s, const char *key, bool value);
// The decimal number value / 10^decimals without trailing zeros.
void sink_fixed(struct sink *s, const char *key, int64_t value, int decimals);
// A string of at most max_chars characters, cleaned as text_clean does and escaped. A text that is no UTF-8 would cost
// the whole message.
void sink_text(struct sink *s, const char *key, const char *text, size_t max_chars);
// The same; nothing at all where the text is "".
void sink_text_if_any(struct sink *s, const char *key, const char *text, size_t max_chars);

#endif
