// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_MOTORS_H
#define NANO_AGENT_CHECK_MOTORS_H

#include "nano-agent/check/check_report.h"

// Says of each motor what no test of its outputs shows: how long a plain word runs it, what can be done while its bus hangs, and
// what its `enable` is when nobody drives it. Only looks.
void check_motors(struct check *check);

#endif
