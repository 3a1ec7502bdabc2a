// SPDX-License-Identifier: MIT
// What the files of ui share among themselves.
#ifndef PC_TUI_UI_PRIVATE_H
#define PC_TUI_UI_PRIVATE_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model.h"
#include "pc-tui/ui/ui.h"

// ui_select.c. A channel of the selected device, NULL where there is none; valid until the model changes.
const struct status_channel *ui_channel(const struct ui *ui, int index);
const struct status_channel *ui_tilt_servo(const struct ui *ui); // the servo that the up arrow means
const struct status_channel *ui_pan_servo(const struct ui *ui);
int ui_nth_output(const struct ui *ui, int nth); // -1 = none
size_t ui_channel_ids(const struct ui *ui, struct channel_id out[PROTOCOL_CHANNELS_MAX]);
// Each returns effects.
unsigned ui_select_device(struct ui *ui, size_t index);
unsigned ui_next_device(struct ui *ui, int direction);
unsigned ui_next_channel(struct ui *ui, int direction);
unsigned ui_keep_channels(struct ui *ui);
// Scrolls back (by > 0) or forward and stays within the journal.
void ui_scroll_events(struct ui *ui, int by);

// ui_line.c: keys while a text line is open.
unsigned ui_line_open(struct ui *ui, enum ui_mode mode);
unsigned ui_line_key(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms);
unsigned ui_line_paste(struct ui *ui, const struct key_event *event);

// ui.c. Addresses what is selected now.
unsigned ui_stop(struct ui *ui);
unsigned ui_send(struct ui *ui, const char *text, int64_t now_ms);

// ui_help.c
size_t ui_help_last_top(const struct ui *ui); // the lowest row that may stand at the top

static inline bool ui_is_line(enum ui_mode mode)
{
    return mode == UI_COMMAND || mode == UI_FILTER || mode == UI_HELP_SEARCH;
}

#endif
