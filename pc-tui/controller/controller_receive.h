// SPDX-License-Identifier: MIT
// What the model asks its controller. Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_RECEIVE_H
#define PC_TUI_CONTROLLER_RECEIVE_H

#include "pc-tui/controller/controller_outbox.h"

// Their ctx is the controller.
extern const struct model_hooks controller_model_hooks;

#endif
