// SPDX-License-Identifier: MIT
// pc-tui without a screen: `send` carries commands out one after the other, `watch` prints a line a change.
#ifndef PC_TUI_CLI_H
#define PC_TUI_CLI_H

#include "pc-tui/config/config.h"

enum cli_exit {
    CLI_OK = 0,        // every command ok or limit
    CLI_REFUSED = 1,   // a device refused one (why is on stderr), or stdout could not be written
    CLI_USAGE = 2,     // usage or configuration; several devices and none named
    CLI_NO_ECHO = 3,   // no echo in time, or no device
    CLI_NO_BROKER = 4, // no connection to a broker in time, or the broker refused the login
};

// Sends options->commands in their order, each after the echo of the one before; `-` stands for lines from
// stdin (blank ones and those that begin with # passed over). `sleep 500ms` waits. Ends at the first command
// that failed. A line a command on stdout, with options->json as one JSON object. Returns an exit status.
int cli_send(const struct tui_options *options);

// Prints a line on stdout for each status that says something new (channels, presence, results), with options->all
// for every status, until SIGINT or SIGTERM (exit status 0), or until stdout is closed. With options->json the status
// as it came, in one line; else in words. Changes of the link go to stderr. Returns an exit status.
int cli_watch(const struct tui_options *options);

// Waits options->timeout_ms for reports and prints a line a device: its state, addresses and board; with options->json one
// object a line. In natural order. CLI_OK, CLI_NO_ECHO where there is none, CLI_NO_BROKER.
int cli_devices(const struct tui_options *options);

#endif
