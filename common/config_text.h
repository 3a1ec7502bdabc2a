// SPDX-License-Identifier: MIT
// A configuration file's text, and what it must pass before libconfuse reads it.
#ifndef COMMON_CONFIG_TEXT_H
#define COMMON_CONFIG_TEXT_H

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 256 * 1024, CONFIG_WHY_SIZE = 1024 };

// Reads a whole file, at most CONFIG_TEXT_MAX + 1 bytes of it. The caller frees it. NULL with errno set: ENOTSUP for UTF-16,
// EILSEQ where the file holds a NUL byte, which would hide what comes after it.
char *config_text_read(const char *path);

// Copies text to out, which has the same length and at most CONFIG_TEXT_MAX + 1 bytes, with blanks in place of comments and
// of a byte order mark:
// libconfuse counts one line too many for each /* */, takes //word for a word, and accepts a /* that is not closed.
// Refuses what libconfuse would misread: ${NAME}, which it would replace by a variable of the environment; control
// characters; broken UTF-8; outside of strings characters that look like a blank, a quote or nothing; unknown escapes,
// whose backslash it would drop; and a string, comment or brace that is not closed, because it takes the end of the file for
// the end of a section. Returns 0, or -EINVAL with "PATH:LINE: …" in why.
int config_text_prepare(const char *text, const char *path, char *out, char why[CONFIG_WHY_SIZE]);

// The line of a prepared text on which a list without values is given to the key, 0 where it is not found.
unsigned config_text_empty_list(const char *text, const char *key);

#endif
