// SPDX-License-Identifier: MIT
#include "nano-agent/agent/hw.h"

static const struct hw_backend *const backends[] = {&hw_sim, &hw_gpio, &hw_pwm_sysfs, &hw_pca9685};

const struct hw_backend *hw_backend_of(enum hw_bus bus)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (backends[i]->bus == bus)
            return backends[i];
    }
    return NULL;
}
