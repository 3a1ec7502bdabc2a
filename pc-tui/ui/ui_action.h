// SPDX-License-Identifier: MIT
// What the actions of actions.h do, for the other files of this folder. ui_do is in ui.h.
#ifndef PC_TUI_UI_ACTION_H
#define PC_TUI_UI_ACTION_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"

// Stops what is addressed now. Each of these functions returns effects.
unsigned ui_stop(struct ui *ui);
// Sends a command to what is addressed now. A refusal becomes a hint.
unsigned ui_send(struct ui *ui, const char *text, int64_t now_ms);
// Opens a text line: mode is UI_COMMAND, UI_FILTER or UI_HELP_SEARCH.
unsigned ui_line_open(struct ui *ui, enum ui_mode mode);
// Closes what lies on top: help, the addressing of all devices, the filter, the scrolled events.
unsigned ui_close_topmost(struct ui *ui);

// Asks a question; `y` sends command, or retires the device.
unsigned ui_ask(struct ui *ui, enum ui_question question, const char *command, int64_t now_ms);
// The answer was `y`.
unsigned ui_answer_yes(struct ui *ui, int64_t now_ms);

#endif
