// SPDX-License-Identifier: MIT
// Which outputs a channel claims for itself: one, or all those of a motor.
#ifndef NANO_AGENT_CLAIMS_H
#define NANO_AGENT_CLAIMS_H

#include "nano-agent/config/config.h"
#include "nano-agent/config/section.h"

enum { CLAIMS_MAX = 3 * HW_MOTOR_OUTPUTS_MAX + 4 };

struct claim {
    const char *key; // of the configuration
    const struct hw_address *at;
    bool pwm; // else a GPIO line
};

// The claims of a channel, in the order of their keys. They point into output. Returns how many they are.
size_t claims_of(const struct agent_channel_config *channel, const struct config_output *output,
    struct claim out[CLAIMS_MAX]);

// Refuses two claims of one pin or channel, and two frequencies on one chip. places are the sections of config's channels.
// 0, or -EINVAL with one line in the file's why.
int claims_check(
    struct config_file *file, const struct place *places, const char *model, const struct config *config);

#endif
