// SPDX-License-Identifier: MIT
// Keys while a text line is open, for ui.c.
#ifndef PC_TUI_UI_LINE_H
#define PC_TUI_UI_LINE_H

#include "pc-tui/ui/ui.h"

// True for the modes in which a text line is open.
bool ui_line_is_open(enum ui_mode mode);
// Takes a key. key is the event in the notation of keys/key.h. Returns effects.
unsigned ui_line_key(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms);
// Takes a pasted character. Returns effects.
unsigned ui_line_paste(struct ui *ui, const struct key_event *event);

#endif
