// SPDX-License-Identifier: MIT
// Opens what a configuration names, by the back end that each address asks for.
#ifndef NANO_AGENT_OUTPUTS_H
#define NANO_AGENT_OUTPUTS_H

#include "nano-agent/config/config.h"

enum { OUTPUTS_WHY_SIZE = HW_WHY_SIZE + 128 };

// Opens every channel's hardware into out and notes in config what it can do (period, steps). Powers nothing.
// 0, or a negative errno with one sentence in why; what was opened before is closed by outputs_close.
int outputs_open(
    struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], char why[OUTPUTS_WHY_SIZE]);

// Closes what is open. PWM stays as it is, a GPIO line drops its level.
void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

#endif
