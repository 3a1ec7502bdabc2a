// SPDX-License-Identifier: MIT
// Keeps a bus that hangs from holding up everything else. The kernel gives up on a transfer after a second or more
// (i2c-tegra.c, TEGRA_I2C_TIMEOUT), and a servo under way asks for one every 20 ms. After one that took so long the
// hardware behind it is left alone for a while; each request fails at once instead.
#ifndef NANO_AGENT_PATIENCE_H
#define NANO_AGENT_PATIENCE_H

#include <stdint.h>

enum { PATIENCE_SLOW_US = 100000, PATIENCE_REST_US = 5000000 };

struct patience {                  // all zero at the beginning
    _Atomic int64_t rest_until_us; // a bus may be opened by the loop while its thread asks it
};

// Call it before the hardware is asked. 0, or -ETIMEDOUT while it is to be left alone. now_us is CLOCK_MONOTONIC.
int patience_begin(const struct patience *patience, int64_t now_us);

// Call it afterwards with the time of both.
void patience_end(struct patience *patience, int64_t began_us, int64_t now_us);

#endif
