// SPDX-License-Identifier: MIT
// How a configuration names an output: `pin N` (the board's table), `CHIPLABEL:LINE` or `PWMDEVICE:CHANNEL`,
// `pca9685 i2c-N 0xADDRESS:CHANNEL`, `sim`. Pure.
#ifndef NANO_AGENT_ADDRESS_H
#define NANO_AGENT_ADDRESS_H

#include <stdbool.h>

#include "nano-agent/hw/backend.h"

enum { ADDRESS_WHY_SIZE = 400 };

// Reads text as the address of a PWM output (pwm) or of a GPIO line. model is the board whose table resolves
// `pin N`; NULL = none known. An address written as chip and line gets its header pin, where it has one, so
// that two ways to name one pin are seen to be one. `sim STEPS` (PWM alone) simulates hardware with so many
// steps a period; they go to out->line. 0, or -EINVAL with what would be right in why.
int address_parse(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE]);

// "32, 33": the header pins of a model that have PWM (pwm), or GPIO; without those in not_these (bit N for
// pin N).
void address_list_pins(const char *model, bool pwm, uint64_t not_these, char *out, size_t size);

// True where the two outputs would be one pin or one channel. A PCA9685 named both by its bus and by the
// kernel's PWM device is not seen here: which of them exists is found out when it is opened.
bool address_same(const struct hw_address *a, const struct hw_address *b);

#endif
