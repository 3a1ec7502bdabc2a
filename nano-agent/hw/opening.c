// SPDX-License-Identifier: MIT
#include "nano-agent/hw/opening.h"

#include <stdint.h>

#include "common/clock.h"

enum { PAUSE_MS = 20 };

static int64_t until_ms; // on the clock of clock_now_ms

void opening_allow_ms(int ms)
{
    until_ms = ms > 0 ? clock_now_ms() + ms : 0;
}

bool opening_wait(void)
{
    if (clock_now_ms() >= until_ms)
        return false;
    clock_pause_us(PAUSE_MS * 1000);
    return true;
}
