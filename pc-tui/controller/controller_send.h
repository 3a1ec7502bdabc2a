// SPDX-License-Identifier: MIT
// How a command that waited for the device's clock leaves. Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_SEND_H
#define PC_TUI_CONTROLLER_SEND_H

#include "pc-tui/controller/controller_outbox.h"

// Publishes the waiting command of a peer whose clock has become known.
void controller_send_waiting(struct controller *controller, struct peer *peer, struct controller_clock now);

#endif
