// SPDX-License-Identifier: MIT
// What was entered in a line before, to be recalled. Pure.
#ifndef PC_TUI_LINE_HISTORY_H
#define PC_TUI_LINE_HISTORY_H

#include "pc-tui/ui/line.h"

enum { LINE_HISTORY_MAX = 100 };

// Entries are terminated and never empty; the newest is the last.
struct line_history {
    char entries[LINE_HISTORY_MAX][LINE_SIZE];
    size_t count;
    size_t at;             // the entry that is recalled now; count where none is
    char draft[LINE_SIZE]; // what was typed before the first recall
};

// Appends an entry. An empty one, or one equal to the newest, is not kept. The oldest makes room. Ends recalling.
void line_history_add(struct line_history *history, const char *text);
// Puts the next older or the next newer entry into line; past the newest the draft comes back. False where
// there is none.
bool line_history_older(struct line_history *history, struct line *line);
bool line_history_newer(struct line_history *history, struct line *line);
// Ends recalling.
void line_history_reset(struct line_history *history);

#endif
