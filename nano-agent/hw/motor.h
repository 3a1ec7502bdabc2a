// SPDX-License-Identifier: MIT
// Opens the outputs of one motor as one thing (struct hw_motor). The outputs may be of different back ends.
#ifndef NANO_AGENT_HW_MOTOR_H
#define NANO_AGENT_HW_MOTOR_H

#include "nano-agent/hw/backend.h"

enum { HW_MOTOR_OUTPUTS_MAX = 8 }; // PWM outputs of one side

// A line or a PWM output that a motor may have.
struct hw_motor_line {
    bool is_set;
    bool active_low; // GPIO only
    struct hw_address at;
};

// One of three ways: forward and backward; pwm and direction; pwm, in1 and in2. Each with or without enable.
struct hw_motor_options {
    const char *name; // of the channel, for messages and for the consumer's name of GPIO lines
    struct hw_address forward[HW_MOTOR_OUTPUTS_MAX], backward[HW_MOTOR_OUTPUTS_MAX]; // PWM, driven together
    unsigned forward_count, backward_count;
    struct hw_address pwm[HW_MOTOR_OUTPUTS_MAX];
    unsigned pwm_count;
    struct hw_motor_line direction, in1, in2, enable; // GPIO; direction on = backward
    int64_t period_ns;
};

// Whether it has outputs that brake it by themselves: both sides, or in1 and in2.
static inline bool hw_motor_can_short(const struct hw_motor_options *options)
{
    return options->pwm_count == 0 || options->in1.is_set;
}

// Opens all of them. The first thing that it writes is zero; `enable` is opened low. 0, or a negative errno with a
// sentence in why that names the output.
int hw_motor_open(const struct hw_motor_options *options, struct hw_motor **out, char why[HW_WHY_SIZE]);

#endif
