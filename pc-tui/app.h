// SPDX-License-Identifier: MIT
// The screen as a program: session, terminal and ui on one event loop.
#ifndef PC_TUI_APP_H
#define PC_TUI_APP_H

#include "pc-tui/config/config.h"

// Runs until the operator leaves. Returns an exit status: 0, CLI_USAGE without a terminal, 128 + n after
// signal n (a terminal that went away counts as SIGHUP).
int app_run(const struct tui_options *options);

#endif
