// SPDX-License-Identifier: MIT
// pc-tui without a screen: `send` carries commands out one after the other, `watch` prints a line a status.
#ifndef PC_TUI_CLI_H
#define PC_TUI_CLI_H

#include "pc-tui/config/config.h"

enum cli_exit {
    CLI_OK = 0,        // every command ok or limit
    CLI_REFUSED = 1,   // a device refused one: why is on stderr
    CLI_USAGE = 2,     // usage or configuration; several devices and none named
    CLI_NO_ECHO = 3,   // no echo in time, or no device
    CLI_NO_BROKER = 4, // no connection to a broker in time
};

// Sends options->commands in their order, each after the echo of the one before; `-` stands for lines from
// stdin (blank ones and those that begin with # passed over). `sleep 500ms` waits. Ends at the first command
// that failed. A line a command on stdout. Returns an exit status.
int cli_send(const struct tui_options *options);

// Prints a line a status on stdout until SIGINT or SIGTERM (exit status 0), or until stdout is closed. With
// options->json each status as it came, in one line; else in words. Changes of the link go to stderr.
int cli_watch(const struct tui_options *options);

// 0, or CLI_USAGE with a sentence in why: a bare number is no command ("quote the whole command: 'tilt 20'"),
// `sleep` wants a duration.
int cli_check_command(const char *text, char why[PROTOCOL_WHY_SIZE]);

#endif
