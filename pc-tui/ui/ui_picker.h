// SPDX-License-Identifier: MIT
// The list of devices from which one is picked, for ui.c and ui_action.c. ui_picker is in ui.h.
#ifndef PC_TUI_UI_PICKER_H
#define PC_TUI_UI_PICKER_H

#include "pc-tui/ui/ui.h"

// Opens the list. The selected device is the picked one.
unsigned ui_picker_open(struct ui *ui);
// Takes a key. key is the event in the notation of keys/key.h. Returns effects.
unsigned ui_picker_key(struct ui *ui, const struct key_event *event, const char *key);

#endif
