// SPDX-License-Identifier: MIT
// nano-agent check: whether configuration, hardware and broker are as they should be. Changes nothing.
#ifndef NANO_AGENT_CHECK_H
#define NANO_AGENT_CHECK_H

#include "nano-agent/check/check_report.h"

// A check of the machine that this program runs on, which prints its findings to out.
void check_init(struct check *check, const struct config *config, FILE *out);

// Does all of it. Returns the exit status: 0 all is well, 1 something is not.
int check_run(const struct config *config, FILE *out);

#endif
