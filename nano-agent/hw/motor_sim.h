// SPDX-License-Identifier: MIT
// A motor that is lines on stdout: "12.345 drive forward 60.0 %", "12.845 drive coast".
#ifndef NANO_AGENT_HW_MOTOR_SIM_H
#define NANO_AGENT_HW_MOTOR_SIM_H

#include "nano-agent/hw/motor.h"

// Whether every output of the motor is simulated.
bool motor_sim_is_meant(const struct hw_motor_options *options);

int motor_sim_open(const struct hw_motor_options *options, struct hw_motor **out, char why[HW_WHY_SIZE]);

#endif
