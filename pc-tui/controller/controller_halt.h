// SPDX-License-Identifier: MIT
// NAME_stop of a motor. It is never refused and never counted, carries the run's boot, and is repeated until it is echoed or
// the motor's own run time has passed. Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_HALT_H
#define PC_TUI_CONTROLLER_HALT_H

#include "pc-tui/controller/controller_outbox.h"

// How long one command runs this motor of the device at most, in microseconds.
int64_t controller_run_us(const struct model_device *device, const char *motor);
// Publishes NAME_stop of a motor, or lets it wait for a link. Returns the serial of its journal event.
uint64_t controller_halt(
    struct controller *controller, struct peer *peer, const char *motor, struct controller_clock now);
// The motor is to run again: its NAME_stop must not be sent once more.
void controller_halt_ends(struct peer *peer, const char *motor);
// Repeats or ends what is due. Returns when to call it again (CLOCK_MONOTONIC, microseconds); INT64_MAX = never.
int64_t controller_halt_tick(struct controller *controller, struct peer *peer, struct controller_clock now);
// The NAME_stop with that id, or of that token; NULL = none.
struct peer_halt *controller_halt_find(struct peer *peer, const char *id);
struct peer_halt *controller_halt_of(struct peer *peer, int token);

#endif
