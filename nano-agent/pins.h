// SPDX-License-Identifier: MIT
// nano-agent pins: the header as the board's legend has it, and what the configuration uses of it.
#ifndef NANO_AGENT_PINS_H
#define NANO_AGENT_PINS_H

#include <stdio.h>

#include "nano-agent/config/config.h"

// Draws the header of the configuration's board, a row two pins, odd ones left; then the outputs that are not
// on it. What the configuration uses is marked with *. A configuration that was refused marks nothing; why is
// said on stderr. Returns the exit status: 0, or 2 where the board is not known or a file was refused.
int pins_print(const struct config *config, FILE *out);

#endif
