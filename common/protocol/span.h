// SPDX-License-Identifier: MIT
// A part of a text that is not terminated, and the blanks around it. Pure.
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *at;
    size_t len;
};

// True for what looks like a blank or like nothing, as web pages, word processors and editors leave it: all spaces of
// Unicode (category Zs) above ASCII, U+200B, U+2060 and the byte order mark.
bool span_is_foreign_blank(unsigned codepoint);

// The same without blanks, tabs, line ends and foreign blanks at both ends. Bytes that are no UTF-8 stay.
struct span span_trim(struct span s);

#endif
