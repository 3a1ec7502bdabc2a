// SPDX-License-Identifier: MIT
// Opens what a configuration names, by the back end that each address asks for.
#ifndef NANO_AGENT_OUTPUTS_H
#define NANO_AGENT_OUTPUTS_H

#include "nano-agent/config/config.h"

enum { OUTPUTS_WHY_SIZE = HW_WHY_SIZE + 128 };

// Opens the hardware of every channel and stores in config which period and steps it has. Powers nothing. 0, or a
// negative errno with one sentence in why; outputs_close closes what was opened until then.
int outputs_open(
    struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], char why[OUTPUTS_WHY_SIZE]);

// Closes what is open. A PWM goes on as it is, a GPIO line loses its level.
void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

#endif
