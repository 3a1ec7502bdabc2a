// SPDX-License-Identifier: MIT
// The configuration as it was understood, for the log.
#ifndef NANO_AGENT_CONFIG_DESCRIBE_H
#define NANO_AGENT_CONFIG_DESCRIBE_H

#include "nano-agent/config/config.h"

enum { CONFIG_LINE_SIZE = 512 };

// Calls line for each line of the description. No line holds the password.
void config_describe(const struct config *config, void (*line)(const char *text));

#endif
