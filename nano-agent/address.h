// SPDX-License-Identifier: MIT
// How a configuration names an output: `pin N` (the board's table), `CHIPLABEL:LINE` or `PWMDEVICE:CHANNEL`,
// `sim`. Pure.
#ifndef NANO_AGENT_ADDRESS_H
#define NANO_AGENT_ADDRESS_H

#include <stdbool.h>

#include "nano-agent/hw.h"

enum { ADDRESS_WHY_SIZE = 400 };

// Reads text as the address of a PWM output (pwm) or of a GPIO line. model is the board whose table resolves
// `pin N`; NULL = none known. An address written as chip and line gets its header pin, where it has one, so
// that two ways to name one pin are seen to be one. `sim STEPS` (PWM alone) simulates hardware with so many
// steps a period; they go to out->line. 0, or -EINVAL with what would be right in why.
int address_parse(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE]);

// True where the two outputs would be one pin or one channel.
bool address_same(const struct hw_address *a, const struct hw_address *b);

#endif
