// SPDX-License-Identifier: MIT
// Lines of standard input as they come. Only cli_send.c includes it.
#ifndef PC_TUI_CLI_LINES_H
#define PC_TUI_CLI_LINES_H

#include "common/protocol/protocol.h"

struct cli_lines {
    char bytes[2 * PROTOCOL_COMMAND_MAX]; // read and not yet taken
    size_t count;
    bool ended;
};

// Reads what is there from fd.
void cli_lines_read(struct cli_lines *lines, int fd);
// Takes the next line, without its end and the blanks before it. 1 = a line, 0 = none yet, -1 = no more, -EMSGSIZE for a
// line that is longer than a command or holds a NUL.
int cli_lines_next(struct cli_lines *lines, char out[PROTOCOL_COMMAND_MAX + 1]);

#endif
