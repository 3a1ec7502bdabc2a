// SPDX-License-Identifier: MIT
// `pose save NAME` in the command line: what is set now, as lines for the device's configuration.
#ifndef PC_TUI_UI_POSE_H
#define PC_TUI_UI_POSE_H

#include "pc-tui/ui/ui.h"

// True where the text is `pose`, alone or with something behind it.
bool ui_pose_is_meant(const char *text);
// Shows the lines among the events, and a hint. Returns effects.
unsigned ui_pose(struct ui *ui, const char *text, int64_t now_ms);

#endif
