// SPDX-License-Identifier: MIT
// What stands between a Jetson's header pin and the program that asked for it: pads that are not switched to GPIO, and the tool
// that switches pads, where that does not start.
#ifndef NANO_AGENT_CHECK_JETSON_H
#define NANO_AGENT_CHECK_JETSON_H

#include "nano-agent/check/check_report.h"

// Says whether the pad of a GPIO line is switched to GPIO, on the systems whose driver leaves that to others: an Orin with
// JetPack 6 or later. name is the channel's: "switch led".
void check_jetson_pad(struct check *check, const char *name, const struct hw_address *at, bool output);

// Where a PWM pin is to be switched (check->wants_jetson_io): says why jetson-io would not start on JetPack 4.
void check_jetson_io(struct check *check);

// How a pin is switched to PWM here: one line to write.
const char *check_jetson_pwm_mend(const struct check *check);

#endif
