// SPDX-License-Identifier: MIT
// Opens what a configuration names, by the back end that each address asks for.
#ifndef NANO_AGENT_OUTPUTS_H
#define NANO_AGENT_OUTPUTS_H

#include "nano-agent/config/config.h"

enum { OUTPUTS_WHY_SIZE = HW_WHY_SIZE + 128 };

// Opens the hardware of every channel, that of motors first, and stores in config which period and steps it has. Powers nothing. 0, or a
// negative errno with one sentence in why; outputs_close closes what was opened until then.
int outputs_open(
    struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], char why[OUTPUTS_WHY_SIZE]);

// Whether a motor turns, or is not known to have stopped.
bool outputs_may_turn(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

// The motors of a configuration. Returns how many there are.
size_t outputs_motors(const struct config *config, const struct hw_motor_options *out[PROTOCOL_CHANNELS_MAX]);

// Closes what is open. Motors are stopped, first of all. A PWM goes on as it is, a GPIO line loses its level.
void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

#endif
