// SPDX-License-Identifier: MIT
// What a foreign string must pass before anyone sees it. Pure: no I/O, no clock, no globals.
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

// True for printable ASCII, of which most text consists: a character in one byte, and nothing to be careful about.
static inline bool text_is_plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

// Decodes one UTF-8 character of the len bytes at s into *codepoint. Returns its length in bytes (1 to 4), or
// 0 where the bytes are no well-formed UTF-8 (overlong forms, surrogates, above U+10FFFF, cut short) or len
// is 0.
size_t text_decode(const char *s, size_t len, unsigned *codepoint);

// Adds to a text of `used` bytes what of the len bytes at text there is room for in the size bytes of out, and terminates it.
// Returns how long it is now. It may cut a character.
size_t text_append(char *out, size_t size, size_t used, const char *text, size_t len);

// Returns how many bytes (2 to 4) a character of UTF-8 has that begins with this byte; 0 where none of several bytes
// does.
size_t text_expected(unsigned char lead);

// Writes a character as UTF-8 into out, without a terminator. Returns its length in bytes (1 to 4), or 0 where
// codepoint is a surrogate or above U+10FFFF.
size_t text_encode_utf8(char out[4], unsigned codepoint);

// True if all len bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF).
bool text_is_utf8(const char *s, size_t len);

// Copies at most max_chars characters of the len bytes at src to dst and terminates it. NUL, C0, DEL, C1,
// bidi controls (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), line and paragraph separators
// (U+2028, U+2029), zero-width U+FEFF and each byte of broken UTF-8 become U+FFFD. Never cuts a character:
// one that does not fit in size ends the copy. Returns the number of bytes written without the terminator.
// size must be at least 1; 4 * max_chars + 1 always suffices.
size_t text_clean(char *dst, size_t size, const char *src, size_t len, size_t max_chars);

// Formats a sentence to dst and cleans it as text_clean does, so that its arguments may be foreign text. What
// exceeds size or max_chars (at most 255) is cut off between characters.
void text_sentence(char *dst, size_t size, size_t max_chars, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// The Levenshtein distance of two terminated strings (bytes), each cut at 64 bytes. For "did you mean".
unsigned text_distance(const char *a, const char *b);

// The candidate nearest to word, or NULL where none is near enough to be a likely slip of the finger
// (distance at most a third of the longer one's length, at least 1).
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
