// SPDX-License-Identifier: MIT
// nano-agent join.
#ifndef NANO_AGENT_JOIN_DEVICE_H
#define NANO_AGENT_JOIN_DEVICE_H

#include "nano-agent/config/config.h"

// Joins the broker of config->join, or takes that back. Everything was said when it returns. Returns the exit status of the
// process: 0, 2 where options, the file or the directory are wrong, 1 anything else.
int join_device_run(const struct config *config);

#endif
