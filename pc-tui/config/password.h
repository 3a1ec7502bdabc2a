// SPDX-License-Identifier: MIT
// Asks for a password on the terminal, whatever standard input and output are.
#ifndef PC_TUI_PASSWORD_H
#define PC_TUI_PASSWORD_H

#include <stddef.h>

#include "common/protocol/protocol.h"

// Reads one line without echo from /dev/tty into out. 0, or a negative errno with a sentence in why: -ENXIO
// without a terminal, -EINTR after Ctrl-C (the terminal's echo is back on), -EMSGSIZE too long.
int password_ask(const char *user, char *out, size_t size, char why[PROTOCOL_WHY_SIZE]);

#endif
