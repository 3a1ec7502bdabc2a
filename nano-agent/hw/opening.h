// SPDX-License-Identifier: MIT
// How long opening hardware may wait for udev, which makes a file ours some time after it appeared. At the start of the agent
// there is time for that. Later its loop must not wait, and what is not ours yet is opened at another try.
#ifndef NANO_AGENT_OPENING_H
#define NANO_AGENT_OPENING_H

#include <stdbool.h>

enum {
    OPENING_START_MS = 2000
}; // for all hardware together; after an export udev needs some tens of milliseconds

// From now on opening may wait for so many milliseconds in all; 0 = not at all, which is so at the beginning.
void opening_allow_ms(int ms);

// Waits for a moment, as long as waiting is allowed. False, at once, where it is not any more.
bool opening_wait(void);

#endif
