// SPDX-License-Identifier: MIT
// The file that keeps the command line's history between runs: one entry a line, the newest last.
#ifndef PC_TUI_HISTORY_H
#define PC_TUI_HISTORY_H

#include "pc-tui/ui/line_history.h"

// $XDG_STATE_HOME/pc-tui/history, else ~/.local/state/pc-tui/history. 0, -ENOENT without a home,
// -ENAMETOOLONG.
int history_path(char *out, size_t size);
// Reads it; a file that is not there is an empty one. 0 or a negative errno.
int history_load(const char *path, struct line_history *history);
// Writes it, mode 0600, whole or not at all; makes its directory (0700). 0 or a negative errno.
int history_save(const char *path, const struct line_history *history);

#endif
