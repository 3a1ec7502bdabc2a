// SPDX-License-Identifier: MIT
// All that an agent answers to: the words of its channels, its poses, and the words of other topics. Pure.
#ifndef NANO_AGENT_REPERTOIRE_H
#define NANO_AGENT_REPERTOIRE_H

#include "nano-agent/agent/channel.h"
#include "nano-agent/agent/pose.h"
#include "nano-agent/agent/words.h"

enum { REPERTOIRE_SENTENCE_SIZE = 512 };

struct agent_config;

struct repertoire {
    size_t id_count;
    struct channel_id ids[PROTOCOL_NAMES_MAX]; // channels, then poses, as vocabulary_match wants them
    size_t pose_count;
    struct pose poses[PROTOCOL_POSES_MAX];
    size_t table_count;
    struct words_table tables[PROTOCOL_WORDS_MAX];
};

// The names of channels and poses for vocabulary_match. Returns how many they are.
size_t repertoire_ids(const struct agent_channel_config *channels, size_t count, const struct pose *poses,
    size_t pose_count, struct channel_id out[PROTOCOL_NAMES_MAX]);

// Takes it over from the configuration, and fills the poses of the status.
void repertoire_init(struct repertoire *repertoire, const struct agent_config *config, struct status *status);

// The broker does not let the agent hear these tables' topics (bit i = table i): fills `deaf` of the status. Returns true where
// that is other than before, with a sentence about it.
bool repertoire_deaf(const struct repertoire *repertoire, unsigned tables, struct status *status,
    char sentence[REPERTOIRE_SENTENCE_SIZE]);

// Reads a command of len > 0 bytes, by the words of its topic where that has its own. As request_read.
void repertoire_read(const struct repertoire *repertoire, struct request *out,
    const struct agent_command *command, const char *device, const char *boot);

// Begins the result of a command that the device itself gives: the text is what `press` of the input `from` says. last->result is
// RESULT_OK where the match is to be carried out.
void repertoire_begin_local(const struct repertoire *repertoire, const char *text, const char *from,
    struct vocabulary_match *match, struct status_last *last);

// Carries out what the match means. As execute.
enum protocol_result repertoire_execute(const struct repertoire *repertoire, struct channel *channels,
    size_t count, const struct vocabulary_match *match, bool late, int64_t now_us,
    char why[PROTOCOL_WHY_SIZE]);

#endif
