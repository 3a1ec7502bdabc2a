// SPDX-License-Identifier: MIT
// A line of UTF-8 text under edit. Pure.
#ifndef PC_TUI_LINE_H
#define PC_TUI_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_SIZE = 512 };

struct line {
    char text[LINE_SIZE]; // terminated, always well-formed UTF-8 without control characters
    size_t len;           // bytes
    size_t cursor;        // byte offset of the character under the cursor, 0 to len
};

void line_clear(struct line *line);
// Replaces the text; the cursor goes to its end. What is no text (control characters, broken UTF-8) is left
// out.
void line_set(struct line *line, const char *text);
// Inserts one character before the cursor. False where it is a control character or does not fit.
bool line_insert(struct line *line, unsigned codepoint);
void line_left(struct line *line);
void line_right(struct line *line);
void line_home(struct line *line);
void line_end(struct line *line);
bool line_backspace(struct line *line); // false where there was nothing to delete
bool line_delete(struct line *line);
void line_word_left(struct line *line);
void line_word_right(struct line *line);
void line_erase_word(struct line *line);   // C-w
void line_erase_before(struct line *line); // C-u
void line_erase_after(struct line *line);  // C-k
// Replaces the bytes from start to the cursor with text, where that fits.
bool line_replace(struct line *line, size_t start, const char *text);

#endif
