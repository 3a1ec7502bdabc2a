// SPDX-License-Identifier: MIT
#include "nano-agent/hw/patience.h"

#include <errno.h>

int patience_begin(const struct patience *patience, int64_t now_us)
{
    return now_us < patience->rest_until_us ? -ETIMEDOUT : 0;
}

void patience_end(struct patience *patience, int64_t began_us, int64_t now_us)
{
    if (now_us - began_us > PATIENCE_SLOW_US)
        patience->rest_until_us = now_us + PATIENCE_REST_US;
}
