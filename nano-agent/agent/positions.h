// SPDX-License-Identifier: MIT
// The positions of the servos that are kept over a restart, as values and as the text of a file. Pure.
#ifndef NANO_AGENT_POSITIONS_H
#define NANO_AGENT_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/protocol/protocol.h"
#include "nano-agent/agent/motion.h"

enum { POSITIONS_TEXT_MAX = 4096, POSITIONS_WHY_SIZE = 96, POSITIONS_TENTHS_MAX = 3600 };

struct position {
    char name[PROTOCOL_NAME_MAX + 1];
    int tenths;           // of a degree, at rest; at most POSITIONS_TENTHS_MAX either way
    uint32_t fingerprint; // of the servo that stood there
    bool driven;          // it was being driven; else it had been switched off
};

struct positions {
    size_t count;
    struct position of[PROTOCOL_CHANNELS_MAX]; // names are unique
};

// A number that differs between two servos: by their calibration (pulse and angle) and by the output that each is connected
// to, given as text. Limits, speed and step are not part of it, since they do not change what an angle means.
uint32_t positions_fingerprint(const struct motion_config *calibration, const char *output);

// The position kept under a name, or NULL.
const struct position *positions_find(const struct positions *positions, const char *name);

// Writes the text of a file. Returns its length, less than POSITIONS_TEXT_MAX for any content.
size_t positions_write(const struct positions *positions, char out[POSITIONS_TEXT_MAX]);

// Reads the len bytes of such a text. Returns 0, or -EINVAL with the reason in why and no position at all. The last line
// carries a checksum of the others, so that a text that was cut or changed is not taken in part.
int positions_parse(const char *text, size_t len, struct positions *out, char why[POSITIONS_WHY_SIZE]);

#endif
