// SPDX-License-Identifier: MIT
// pc-tui join.
#ifndef PC_TUI_JOIN_OPERATOR_H
#define PC_TUI_JOIN_OPERATOR_H

#include "pc-tui/config/config.h"

// Joins the broker of options->join, or takes that back. Everything was said when it returns. Returns the exit status of the process.
int join_operator_run(const struct tui_options *options);

#endif
