// SPDX-License-Identifier: MIT
// How a stop is sent again and again until the device has echoed it. Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_STOP_H
#define PC_TUI_CONTROLLER_STOP_H

#include "pc-tui/controller/controller_outbox.h"

// Repeats or ends the stop of a peer, or, with peer NULL, the shared one. Returns when to call it again
// (CLOCK_MONOTONIC, microseconds); INT64_MAX = never.
int64_t controller_stop_tick(struct controller *controller, struct peer *peer, struct controller_clock now);
// The broker answered for a stop. refused is its reason, NULL where it took the stop. A refusal is told at once.
void controller_stop_answered(struct controller *controller, struct peer_stop *stop, const char *refused);

#endif
