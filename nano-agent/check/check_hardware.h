// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_HARDWARE_H
#define NANO_AGENT_CHECK_HARDWARE_H

#include "nano-agent/check/check_report.h"

// Finds out for each channel whether its output is there, ours to open, nobody else's, and its pin what it should be.
// Only looks: no line is requested, nothing exported, no register written.
void check_hardware(struct check *check);

#endif
