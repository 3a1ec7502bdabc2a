// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_HW_PWM_SYSFS_H
#define NANO_AGENT_HW_PWM_SYSFS_H

#include "nano-agent/hw/backend.h"

enum { PWM_SYSFS_NAME_SIZE = 256 };

// "pwmchip0": the name that the chip of a device (7000a000.pwm), or a chip under its own name, has at this
// boot. root: as below. 0, or -ENODEV with a sentence in why.
int pwm_sysfs_find(
    const char *root, const char *wanted, char chip[PWM_SYSFS_NAME_SIZE], char why[HW_WHY_SIZE]);

// How many steps a period of this chip has; 0 = any nanosecond.
uint32_t pwm_sysfs_steps(const char *root, const char *chip);

// hw_pwm_sysfs.open_pwm with another root in place of "/sys", for tests. Waits at most 2 s for the files of
// an exported channel.
int pwm_sysfs_open(const char *root, const struct hw_address *at, int64_t period_ns, struct hw_pwm **out,
    char why[HW_WHY_SIZE]);

#endif
