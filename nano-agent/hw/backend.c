// SPDX-License-Identifier: MIT
#include "nano-agent/hw/backend.h"

static const struct hw_backend *const backends[] = {&hw_sim, &hw_gpio, &hw_pwm_sysfs, &hw_pca9685};

const struct hw_backend *hw_backend_of(enum hw_backend_kind kind)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (backends[i]->kind == kind)
            return backends[i];
    }
    return NULL;
}
