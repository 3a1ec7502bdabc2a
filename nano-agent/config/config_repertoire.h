// SPDX-License-Identifier: MIT
// From a configuration's poses and tables of words to those of the agent. Used by this folder alone.
#ifndef NANO_AGENT_CONFIG_REPERTOIRE_H
#define NANO_AGENT_CONFIG_REPERTOIRE_H

#include "nano-agent/config/config.h"
#include "nano-agent/config/config_file.h"

// Fills out->agent.poses; its channels must be filled. Refuses a value that its channel cannot have, and a name that is
// taken. 0, or -EINVAL with one line in the file's why.
int config_poses_build(struct config_file *file, struct config *out);

// Fills out->agent.words; channels, poses and the root must be filled. Refuses what no channel or pose answers to, and a word that
// says stop and does not stop. 0, or -EINVAL with one line in the file's why.
int config_words_build(struct config_file *file, struct config *out);

// 0, or -EINVAL with one line in why: the root of the command line may have come to lie over a topic with words.
int config_words_check_root(const struct config *config, char why[PROTOCOL_WHY_SIZE]);

#endif
