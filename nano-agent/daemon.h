// SPDX-License-Identifier: MIT
// The daemon: opens what the configuration names, and serves commands until it is told to stop.
#ifndef NANO_AGENT_DAEMON_H
#define NANO_AGENT_DAEMON_H

#include "nano-agent/config/config.h"
#include "nano-agent/system/guardian.h"

// Runs until SIGTERM or SIGINT. Uses config meanwhile, notes in it which hardware is not there, and wipes its password at the
// end; argc and argv are those of the program, which the configuration is read by
// again when its files change. Returns the exit status of the program: 0 stopped cleanly,
// 1 anything else. What went wrong is logged. Hardware that cannot be opened ends nothing: its channels say so in the
// status, and are tried again.
// The guardian is armed where the configuration has motors. It is dismissed as soon as there is nothing for it to do; at the
// end that is so where every motor is known to stand still.
int daemon_run(struct config *config, struct guardian *guardian, int argc, char **argv);

#endif
