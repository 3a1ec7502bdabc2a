// SPDX-License-Identifier: MIT
#ifndef COMMON_EARLIER_H
#define COMMON_EARLIER_H

#include <stdint.h>

// The earlier of two times of one clock and unit. INT64_MAX stands for never.
static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
