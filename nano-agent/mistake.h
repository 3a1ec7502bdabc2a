// SPDX-License-Identifier: MIT
// While the configuration is wrong: tells the PC why, touches no hardware, and waits for the file to be mended.
#ifndef NANO_AGENT_MISTAKE_H
#define NANO_AGENT_MISTAKE_H

#include "nano-agent/config/config.h"

// Runs while config->mistake says what is wrong. Where the broker is known it connects there, with the will and the topics of
// the agent, publishes the mistake as an offline status and answers every command with it. Tells systemd that we run and
// feeds its watchdog. Reads the configuration again when its file changes, and every five seconds.
// Returns -1 when there is something new in *config: it is right now, or names another broker; else an exit status: 0 after
// a signal, 1 where it cannot go on.
int mistake_run(struct config *config, int argc, char **argv);

#endif
