// SPDX-License-Identifier: MIT
// The keys that drive a motor while they are down, for the other files of this folder. Each function returns effects.
#ifndef PC_TUI_UI_DRIVE_H
#define PC_TUI_UI_DRIVE_H

#include "pc-tui/ui/ui.h"

// w (direction 1) or s (-1) was pressed, or repeats.
unsigned ui_drive(struct ui *ui, int direction, int64_t now_ms);
// < (direction -1) or > (1).
unsigned ui_change_speed(struct ui *ui, int direction);
// Another key was pressed: whatever a key drives stops.
unsigned ui_drive_ends(struct ui *ui);
// The terminal says that a key was let go.
unsigned ui_drive_released(struct ui *ui, const struct key_event *event);
unsigned ui_drive_tick(struct ui *ui, int64_t now_ms);
// The model changed: stops a motor that is not the selected one any more, and sees to it that the clock of the selected
// device is known.
unsigned ui_drive_refresh(struct ui *ui);

#endif
