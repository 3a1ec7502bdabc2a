// SPDX-License-Identifier: MIT
// What has become of the stop of `pc-tui send stop`. Only cli_send.c includes it.
#ifndef PC_TUI_CLI_STOP_H
#define PC_TUI_CLI_STOP_H

#include "pc-tui/controller/controller.h"

enum { CLI_STOP_NAMES_SIZE = 512 };

struct cli_stop {
    size_t echoed; // how many devices have stopped
    size_t silent; // how many devices are not offline and have not echoed
    bool complete; // nothing more has to be waited for: at least one device stopped, and none is silent
    char echoed_names[CLI_STOP_NAMES_SIZE]; // with commas between, cut with "…"
    char silent_names[CLI_STOP_NAMES_SIZE];
};

// True for a command line that is the word `stop`.
bool cli_stop_is(const char *text);
// Looks who has echoed the stop that was sent at since_us. device: it went to that device alone, "" = to all. root is the
// name of the unnamed device.
struct cli_stop cli_stop_look(const struct controller *controller, const struct model *model,
    const char *root, const char *device, int64_t since_us, int64_t now_us);

#endif
