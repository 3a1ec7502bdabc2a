// SPDX-License-Identifier: MIT
// What a configuration file's text must pass before libconfuse reads it. Pure.
#ifndef NANO_AGENT_CONFIG_TEXT_H
#define NANO_AGENT_CONFIG_TEXT_H

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 256 * 1024, CONFIG_WHY_SIZE = 1024 };

// Copies text to out, which has the same length and at most CONFIG_TEXT_MAX + 1 bytes, with blanks in place of comments:
// libconfuse counts one line too many for each /* */, takes //word for a word, and accepts a /* that is not closed.
// Refuses what libconfuse would misread: ${NAME}, which it would replace by a variable of the environment; control
// characters; broken UTF-8; and a string, comment or brace that is not closed, because it takes the end of the file for
// the end of a section. Returns 0, or -EINVAL with "PATH:LINE: …" in why.
int config_text_prepare(const char *text, const char *path, char *out, char why[CONFIG_WHY_SIZE]);

#endif
