// SPDX-License-Identifier: MIT
// A PWM output that shares its bus with a motor. What it is asked for is done in the thread of the bus.
#ifndef NANO_AGENT_HW_BUS_PWM_H
#define NANO_AGENT_HW_BUS_PWM_H

#include "nano-agent/hw/backend.h"

// Takes over an open output, which is then closed together with *out. The functions of *out return at once. What the
// hardware refused is returned by the next call in place of what that call asks for, and is tried again with each
// `check`. A reset of the hardware is returned by the `check` after the one that found it. 0, or a negative errno with a
// sentence in why: `inner` is then closed.
int bus_pwm_open(const char *bus, struct hw_pwm *inner, struct hw_pwm **out, char why[HW_WHY_SIZE]);

#endif
