// SPDX-License-Identifier: MIT
// What became of a command of ours, as one line. Pure.
#ifndef PC_TUI_CLI_RESULT_H
#define PC_TUI_CLI_RESULT_H

#include <stdbool.h>

#include "pc-tui/model/model.h"

enum { CLI_RESULT_SIZE = 4096 };

// Writes the line into out and returns out. In words: "tilt_up  ok  tilt 5.0°  0.4 ms". As JSON, always with cmd and
// result, and with device, why, ms, late and the channel's value where they are known:
// {"cmd":"tilt_up","device":"","result":"ok","ms":0.4,"channel":"tilt","deg":5.0}. result is the device's own word,
// "sent" for a plain word that no device reports, or "no echo".
char *cli_result(char out[CLI_RESULT_SIZE], const struct model *model, const struct journal_event *event,
    bool json, bool ascii);

// The same for a stop that went to everyone: "stop  ok  nano, nano-lab2", {"cmd":"stop","result":"ok","devices":"…"}.
char *cli_result_stop(char out[CLI_RESULT_SIZE], const char *names, bool json);

#endif
