// SPDX-License-Identifier: MIT
// The file that keeps the command line's history between runs: one entry a line, the newest last. file_writer writes
// it.
#ifndef PC_TUI_HISTORY_FILE_H
#define PC_TUI_HISTORY_FILE_H

#include "pc-tui/ui/line_history.h"

// $XDG_STATE_HOME/pc-tui/history, else ~/.local/state/pc-tui/history. 0, -ENOENT without a home,
// -ENAMETOOLONG.
int history_path(char *out, size_t size);
// Reads it; a file that is not there is an empty one. 0 or a negative errno.
int history_load(const char *path, struct line_history *history);
// Returns the file's content, to be freed by the caller; NULL without memory.
char *history_text(const struct line_history *history);

#endif
