// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_SOFTWARE_H
#define NANO_AGENT_CHECK_SOFTWARE_H

#include "nano-agent/check/check_report.h"

// Finds out whether the configuration is understood, whether libgpiod suits the kernel, which board this is, and who
// asks.
void check_software(struct check *check);

#endif
