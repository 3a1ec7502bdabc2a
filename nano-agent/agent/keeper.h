// SPDX-License-Identifier: MIT
// What outlasts a run: where the servos are at rest, and when that is to be saved. Pure.
#ifndef NANO_AGENT_KEEPER_H
#define NANO_AGENT_KEEPER_H

#include "nano-agent/agent/channel.h"

enum { KEEPER_GAP_MS = 5000 }; // between two saves at least: an SD card wears with each

struct kept {
    struct position position; // as it was saved last; no name: it was not
    int64_t exact;            // motion.position then: where this is the same, so is all of it
};

struct keeper {
    struct kept kept[PROTOCOL_CHANNELS_MAX]; // by channel
    struct positions others; // all that an earlier run kept; it may be of servos that are not configured now
    int64_t saved_us;
};

// Takes the positions that an earlier run kept, NULL where there are none. A position whose fingerprint is that of another
// servo is not taken; changed gets the names of the servos concerned ("tilt, pan"), as many as fit, or "".
void keeper_init(struct keeper *k, const struct positions *kept, const struct agent_channel_config *configs,
    size_t count, char *changed, size_t changed_size);

// Where an earlier run left a channel, or NULL. Valid until keeper_take.
const struct position *keeper_position(const struct keeper *k, size_t channel);

// When the positions are to be saved; INT64_MAX: nothing has changed. A servo under way counts when it has arrived.
int64_t keeper_due_us(const struct keeper *k, const struct channel *channels, size_t count);

// What is to be saved now. A servo under way is told where it rested last. What was kept of servos that this
// configuration does not have stays, as far as there is room: they may come back.
void keeper_take(
    struct keeper *k, const struct channel *channels, size_t count, int64_t now_us, struct positions *out);

#endif
