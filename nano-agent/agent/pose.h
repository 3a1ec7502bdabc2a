// SPDX-License-Identifier: MIT
// A pose: a command that sets several channels at once. Types only.
#ifndef NANO_AGENT_POSE_H
#define NANO_AGENT_POSE_H

#include "common/protocol/vocabulary.h"

struct pose_step {
    uint8_t channel; // its index
    enum verb verb;  // VERB_SET, VERB_ON or VERB_OFF
    int tenths;      // of VERB_SET: degrees or percent
};

struct pose {
    char name[PROTOCOL_NAME_MAX + 1];
    size_t count;                                  // at least 1
    struct pose_step steps[PROTOCOL_CHANNELS_MAX]; // in the order written; each channel once
};

#endif
