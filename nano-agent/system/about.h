// SPDX-License-Identifier: MIT
// Who this board is, for whoever sits at the PC: what it is, what runs on it, and at which addresses it can be reached.
#ifndef NANO_AGENT_ABOUT_H
#define NANO_AGENT_ABOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nano-agent/config/config.h"

enum { ABOUT_MAX = 4096, ABOUT_SIZE = ABOUT_MAX + 1 };

struct about {
    char json[ABOUT_SIZE]; // one object on one line, at most ABOUT_MAX bytes
    uint64_t place; // a hash of addresses and network: another one = the board can be reached elsewhere
};

// Finds everything out. Reads config's broker, agent (names, device) and outputs (addresses), path and board; boot is the id
// of this run. root is in front of /etc, /proc and /sys, "" but in tests. device_tree is its folder. The name of the
// wireless network is told only where a login is used. What cannot be found out is left out. May wait for a driver. 0, or
// -ENOMEM.
int about_gather(const struct config *config, const char *boot, const char *root, const char *device_tree,
    struct about *out);

#endif
