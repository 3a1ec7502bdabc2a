// SPDX-License-Identifier: MIT
// The monotonic clock, for all files that are allowed to read a clock.
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

// CLOCK_MONOTONIC since an arbitrary start: it never jumps, and it stands still while the machine is suspended.
int64_t clock_now_us(void);
int64_t clock_now_ms(void);

// Waits so long; a signal may end it early. For what may wait: no loop may.
void clock_pause_us(int us);

#endif
