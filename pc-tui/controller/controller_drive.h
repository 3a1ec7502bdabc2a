// SPDX-License-Identifier: MIT
// What the device says about a motor that a key drives. Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_DRIVE_H
#define PC_TUI_CONTROLLER_DRIVE_H

#include "pc-tui/controller/controller_outbox.h"

// The latest status is the answer to a command of COMMAND_DRIVE.
void controller_drive_answered(struct peer *peer, const struct peer_command *answered);
// The latest status tells of somebody else's command: one that stops ends what a held key does.
void controller_drive_overheard(struct peer *peer, int64_t now_us);

#endif
