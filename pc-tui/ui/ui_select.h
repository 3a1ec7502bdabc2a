// SPDX-License-Identifier: MIT
// Which device and which channels the keys mean, for the other files of this folder.
#ifndef PC_TUI_UI_SELECT_H
#define PC_TUI_UI_SELECT_H

#include "pc-tui/model/model.h"
#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"

// A channel of the selected device, NULL where there is none of that index. It is valid until the model changes.
const struct status_channel *ui_channel(const struct ui *ui, int index);
const struct status_channel *ui_tilt_servo(
    const struct ui *ui); // the servo that the up arrow means; NULL = none
const struct status_channel *ui_pan_servo(const struct ui *ui);   // the servo that the left arrow means
const struct status_channel *ui_steer_servo(const struct ui *ui); // the servo with axis = steer
int ui_nth_output(const struct ui *ui, int nth); // the index of the output with that digit; -1 = none
size_t ui_channel_ids(const struct ui *ui, struct channel_id out[PROTOCOL_NAMES_MAX]);

// Each of these returns effects.
// The operator chose a device: it is addressed alone, and remembered for the next run.
unsigned ui_choose_device(struct ui *ui, size_t index);
unsigned ui_next_device(struct ui *ui, int direction);
unsigned ui_next_channel(struct ui *ui, int direction);
// Selects a servo, an output or a motor. Returns UI_REDRAW, or 0 where the channel is none of them.
unsigned ui_select_channel(struct ui *ui, int index);
// Keeps device and channels valid after a change of the model.
unsigned ui_keep_selection(struct ui *ui);
// Keeps the events that are looked at where they are, after new ones came.
void ui_keep_events(struct ui *ui);
// Scrolls the events back (by > 0) or forward, and stays within the journal.
void ui_scroll_events(struct ui *ui, int by);

#endif
