// SPDX-License-Identifier: MIT
// What a configuration file's text must pass before libconfuse reads it. Pure.
#ifndef NANO_AGENT_CONFIG_TEXT_H
#define NANO_AGENT_CONFIG_TEXT_H

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 256 * 1024, CONFIG_WHY_SIZE = 1024 };

// Copies text to out (the same length; CONFIG_TEXT_MAX + 1 bytes at most) with every comment blanked, because
// libconfuse counts a line too many for each /* */, takes //word for a word, and reads on after a /* that
// nobody closed. Refuses what it would change behind the reader's back or misread: ${NAME} (it would put the
// environment there), control characters, broken UTF-8, a string, comment or brace that is not closed (it
// takes the end of the file for the end of a section). 0, or -EINVAL with "PATH:LINE: …" in why.
int config_text_prepare(const char *text, const char *path, char *out, char why[CONFIG_WHY_SIZE]);

#endif
