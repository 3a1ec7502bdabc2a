// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_HW_PWM_SYSFS_H
#define NANO_AGENT_HW_PWM_SYSFS_H

#include "nano-agent/hw/backend.h"

enum { PWM_SYSFS_NAME_SIZE = 256 };

// Finds the name that a chip has at this boot ("pwmchip0"). wanted is the name of its device (7000a000.pwm), or that
// name itself. root stands for "/sys", as below. 0, or -ENODEV with a sentence in why.
int pwm_sysfs_find(
    const char *root, const char *wanted, char chip[PWM_SYSFS_NAME_SIZE], char why[HW_WHY_SIZE]);

// How many steps a period of this chip has; 0 = any nanosecond.
uint32_t pwm_sysfs_steps(const char *root, const char *chip);

// The I2C bus that a chip is on ("i2c-1"), named as in pwm_sysfs_find. False where it is on none.
bool pwm_sysfs_bus(const char *root, const char *wanted, char bus[PWM_SYSFS_NAME_SIZE]);

// Writes the pulse 0 to an output of pwm_sysfs_open, whatever was written before. 0 or a negative errno.
int pwm_sysfs_zero(struct hw_pwm *base);

// Does what hw_pwm_sysfs.open_pwm does, with another root in place of "/sys", for tests. Waits at most 2 s for the files
// of a channel that was just exported.
int pwm_sysfs_open(const char *root, const struct hw_address *at, int64_t period_ns, struct hw_pwm **out,
    char why[HW_WHY_SIZE]);

// The same for an output of a motor: its pulse is 0 from now on, and it is enabled.
int pwm_sysfs_open_at_zero(const char *root, const struct hw_address *at, int64_t period_ns,
    struct hw_pwm **out, char why[HW_WHY_SIZE]);

#endif
