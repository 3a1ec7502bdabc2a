// SPDX-License-Identifier: MIT
// nano-agent check --motors: turns each side of each motor alone, with somebody looking on. It is the only sub-command that moves
// something.
#ifndef NANO_AGENT_TRIAL_H
#define NANO_AGENT_TRIAL_H

#include <stdio.h>

#include "nano-agent/config/config.h"
#include "nano-agent/system/guardian.h"

enum { TRIAL_PERMILLE = 200, TRIAL_MS = 300 };

// Asks on the terminal, and then for each side what was seen. Returns the exit status: 0 every side turned as it should; 1
// one did not, the terminal's owner said no, or in and out are no terminals, in which case nothing was opened. The guardian is
// armed meanwhile.
int trial_run(const struct config *config, struct guardian *guardian, FILE *in, FILE *out);

#endif
