// SPDX-License-Identifier: MIT
// For the tests of motion: a plain servo, two variants of it, and the way until it rests.
#ifndef TESTS_MOTION_RIG_H
#define TESTS_MOTION_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/motion.h"

static const int64_t TENTH = 100000, SECOND_US = 1000000, START_US = 5000000;
static const int64_t FRAME_US = MOTION_FRAME_US;

static const struct motion_config plain = {
    .period_ns = 20000000,
    .pulse_us = {1000, 2000},
    .angle = {-450, 450},
    .limit = {-450, 450},
    .speed = 120,
    .accel = 600,
};

static inline struct motion_config with_steps(uint32_t steps)
{
    struct motion_config config = plain;
    config.steps = steps;
    return config;
}

static inline struct motion_config mirrored(struct motion_config config)
{
    int pulse = config.pulse_us[0];
    config.pulse_us[0] = config.pulse_us[1];
    config.pulse_us[1] = pulse;
    return config;
}

// Runs frames until it rests. Returns the time that took.
static inline int64_t run_to_rest(struct motion *m, int64_t now_us)
{
    int64_t begin = now_us;
    while (motion_frame(m, now_us)) {
        now_us += FRAME_US;
        assert_true(now_us - begin < 3600 * SECOND_US);
    }
    return now_us - begin;
}

#endif
