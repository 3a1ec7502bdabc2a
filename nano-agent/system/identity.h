// SPDX-License-Identifier: MIT
// Who this agent is to others: the id of this run, and the name it has at the broker.
#ifndef NANO_AGENT_IDENTITY_H
#define NANO_AGENT_IDENTITY_H

enum { IDENTITY_BOOT_SIZE = 9, IDENTITY_CLIENT_SIZE = 64 };

// Writes eight random hexadecimal digits. 0 or a negative errno.
int identity_boot(char out[IDENTITY_BOOT_SIZE]);

// "nano-agent-" and a hash of root, device and this machine: the same at each start, so that the broker
// throws out our own forgotten connection; different for another machine, root or device. 23 characters,
// which every MQTT 3.1.1 broker must take.
void identity_client(const char *root, const char *device, char out[IDENTITY_CLIENT_SIZE]);

#endif
