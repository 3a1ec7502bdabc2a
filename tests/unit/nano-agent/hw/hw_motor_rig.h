// SPDX-License-Identifier: MIT
// The motor of a common car kit on a PCA9685 at 0x5e, and what its tests ask of it.
#ifndef TESTS_HW_MOTOR_RIG_H
#define TESTS_HW_MOTOR_RIG_H

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/clock.h"
#include "i2c_rig.h"
#include "nano-agent/hw/motor.h"

enum {
    CAR = 0x5e,
    OTHER_CHIP = 0x5f,
    DEADLINE_MS = 5000,
    AT_ONCE_MS = 100,
    PERMILLE_60 = 600,
    STEPS_60 = 2458
};

static inline struct hw_address channel_of(unsigned address, unsigned channel)
{
    struct hw_address at = {.kind = HW_PCA9685, .chip = "i2c-1", .i2c_address = address, .line = channel};
    snprintf(at.text, sizeof at.text, "pca9685 i2c-1 0x%02x:%u", address, channel);
    return at;
}

// Channels 0 and 3 turn it forward, 1 and 2 backward.
static inline struct hw_motor_options car_options(void)
{
    return (struct hw_motor_options){.name = "drive",
        .forward = {channel_of(CAR, 3), channel_of(CAR, 0)},
        .forward_count = 2,
        .backward = {channel_of(CAR, 2), channel_of(CAR, 1)},
        .backward_count = 2,
        .period_ns = 5000000};
}

static inline struct hw_motor *open_motor(const struct hw_motor_options *options)
{
    struct hw_motor *motor = NULL;
    char why[HW_WHY_SIZE] = "";
    int rc = hw_motor_open(options, &motor, why);
    if (rc < 0)
        fail_msg("hw_motor_open: %s", why);
    return motor;
}

static inline struct hw_motor *open_car(void)
{
    rig_power_up();
    struct hw_motor_options options = car_options();
    struct hw_motor *motor = open_motor(&options);
    rig_forget();
    return motor;
}

// What became of the newest request, when it is known.
static inline int result_of(struct hw_motor *motor)
{
    int64_t until_ms = clock_now_ms() + DEADLINE_MS, done_us;
    for (;;) {
        int rc = motor->ops->result(motor, &done_us);
        if (rc != -EINPROGRESS)
            return rc;
        int64_t left_ms = until_ms - clock_now_ms();
        if (left_ms <= 0)
            fail_msg("no result in time");
        struct pollfd ready = {.fd = motor->fd, .events = POLLIN};
        poll(&ready, 1, (int)left_ms);
    }
}

static inline int turn(struct hw_motor *motor, enum hw_motor_turn turn, int permille)
{
    int rc = motor->ops->set(motor, turn, permille);
    return rc < 0 ? rc : result_of(motor);
}

static inline int zero(struct hw_motor *motor)
{
    int rc = motor->ops->zero(motor);
    return rc < 0 ? rc : result_of(motor);
}

static inline void assert_car(unsigned a, unsigned b, unsigned c, unsigned d)
{
    assert_int_equal(rig_steps(CAR, 0), a);
    assert_int_equal(rig_steps(CAR, 1), b);
    assert_int_equal(rig_steps(CAR, 2), c);
    assert_int_equal(rig_steps(CAR, 3), d);
}

// The transfers that wrote something.
static inline unsigned writes(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < rig_count(); i++)
        count += !rig_transfer(i).reads;
    return count;
}

#endif
