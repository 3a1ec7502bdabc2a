// SPDX-License-Identifier: MIT
// What a join changes outside of its directory: nano-agent.service is started again, and may reach its brokers only.
#ifndef NANO_AGENT_JOIN_SERVICE_H
#define NANO_AGENT_JOIN_SERVICE_H

#include "common/bundle/bundle.h"

enum { JOIN_SERVICE_TEXT_SIZE = 2048 };

// Writes the part of the unit that closes the network except for the brokers of the bundle. False, and nothing is written, where
// one of them is a name (`gateway` is one too): its address is found when it is needed, by asking others.
bool join_service_confine(const struct bundle *bundle, char out[JOIN_SERVICE_TEXT_SIZE]);

// Puts that part in place, or removes it where the bundle has names or is NULL. 0, or a negative errno with a sentence in why.
int join_service_write(const struct bundle *bundle, char why[PROTOCOL_WHY_SIZE]);

// Starts the service again, where systemd runs and the service is used. Says on stdout what it did. 0 or -EIO, with a sentence in
// why.
int join_service_restart(char why[PROTOCOL_WHY_SIZE]);

#endif
