// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_HW_PWM_SYSFS_H
#define NANO_AGENT_HW_PWM_SYSFS_H

#include "nano-agent/hw.h"

// hw_pwm_sysfs.open_pwm with another root in place of "/sys", for tests. Waits at most 2 s for the files of
// an exported channel.
int pwm_sysfs_open(const char *root, const struct hw_address *at, int64_t period_ns, struct hw_pwm **out,
    char why[HW_WHY_SIZE]);

#endif
