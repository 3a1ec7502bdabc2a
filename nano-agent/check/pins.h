// SPDX-License-Identifier: MIT
// nano-agent pins: the header as the board's legend has it, and what the configuration uses of it.
#ifndef NANO_AGENT_PINS_H
#define NANO_AGENT_PINS_H

#include <stdio.h>

#include "nano-agent/config/config.h"

// Draws the header of the configuration's board, two pins in a row with the odd ones on the left, and lists the outputs
// that are not on it. A * marks what the configuration uses. A configuration that was refused marks nothing, and stderr
// says why it was. Returns the exit status: 0, or 2 where the board is not known or a file was refused.
int pins_print(const struct config *config, FILE *out);

#endif
