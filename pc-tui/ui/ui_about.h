// SPDX-License-Identifier: MIT
// `i`: what the selected device says of itself.
#ifndef PC_TUI_UI_ABOUT_H
#define PC_TUI_UI_ABOUT_H

#include "pc-tui/ui/ui.h"

unsigned ui_about_open(struct ui *ui);

// A key while it is open, behind those that scroll.
unsigned ui_about_key(struct ui *ui, const char *key);

// The last row that may stand at the top.
size_t ui_about_last_top(const struct ui *ui);

#endif
