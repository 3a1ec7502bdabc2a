// SPDX-License-Identifier: MIT
#include "nano-agent/hw.h"

static const struct hw_backend *const backends[] = {
    &hw_sim,
    &hw_pwm_sysfs,
#ifdef WITH_GPIOD_V1
    &hw_gpio,
#endif
};

const struct hw_backend *hw_backend_of(enum hw_bus bus)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (backends[i]->bus == bus)
            return backends[i];
    }
    return NULL;
}
