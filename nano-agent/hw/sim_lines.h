// SPDX-License-Identifier: MIT
// The lines that simulated outputs print: "12.345 tilt 1500 us".
#ifndef NANO_AGENT_HW_SIM_LINES_H
#define NANO_AGENT_HW_SIM_LINES_H

#include "nano-agent/hw/backend.h"

enum { SIM_NAME_SIZE = 40 };

// The name that was given to hw_sim_name_next last.
void sim_lines_name(char out[SIM_NAME_SIZE]);

// Every simulated output holds the writer to stdout, which the first of them makes. 0, or a negative errno with a sentence
// in why.
int sim_lines_hold(char why[HW_WHY_SIZE]);
void sim_lines_leave(void);

// Prints a change. It never waits: what stdout does not take is counted and told later.
void sim_lines_say(const char *name, const char *what);

#endif
