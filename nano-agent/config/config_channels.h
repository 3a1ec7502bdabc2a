// SPDX-License-Identifier: MIT
// From a configuration's checked values to the agent's channels and their outputs. Used by this folder alone.
#ifndef NANO_AGENT_CONFIG_CHANNELS_H
#define NANO_AGENT_CONFIG_CHANNELS_H

#include "nano-agent/config/config.h"
#include "nano-agent/config/config_file.h"

// The tables of keys that config_file_open wants. Returns out.
const struct key_table *config_channels_keys(struct key_table out[CHANNEL_KINDS]);

// Writes what a channel's section says, as it was understood, with ", " in front of each value.
void config_channels_describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size);

// Fills out->agent's channels and out->outputs in the order of the file; resolves `pin N` for model (NULL =
// no known board); makes every output simulated where out->sim. Refuses what only the whole shows: two
// channels on one pin, two commands with one name, a pulse out of range at a limit. 0, or -EINVAL with one
// line in the file's why.
int config_channels_build(struct config_file *file, const char *model, struct config *out);

#endif
