// SPDX-License-Identifier: MIT
// Topics with words of their own: other people's programs say `up` where this agent says `tilt_up`. Pure.
#ifndef NANO_AGENT_WORDS_H
#define NANO_AGENT_WORDS_H

#include "nano-agent/agent/request.h"

enum {
    WORDS_ENTRIES_MAX = 64,
    WORDS_WORD_SIZE = 48,
    WORDS_COMMAND_SIZE = 2 * PROTOCOL_NAME_MAX + 48, // holds the text of any command that can be carried out
    WORDS_FACTOR_MIN = 1,                            // tenths
    WORDS_FACTOR_MAX = 10000,                        // tenths
};

struct words_entry {
    char word[WORDS_WORD_SIZE]; // any text without line ends; upper case is taken for lower case (ASCII)
    char command[WORDS_COMMAND_SIZE]; // one that parses and means something here
};

struct words_table {
    char topic[PROTOCOL_WORDS_TOPIC_MAX + 1];
    size_t count;
    struct words_entry entries[WORDS_ENTRIES_MAX];
    char number[WORDS_COMMAND_SIZE]; // the word that a bare number becomes the argument of; "" = none
    int factor;                      // the number times this, tenths: WORDS_FACTOR_MIN to WORDS_FACTOR_MAX
};

// The table of that topic, or NULL.
const struct words_table *words_find(const struct words_table *tables, size_t count, const char *topic);

// True for equal words, where upper case is lower case.
bool words_equal(const char *a, const char *b);

// Reads a payload of len > 0 bytes of the table's topic as request_read does. What it holds is a word of the table or a
// number, never an envelope; out->words.cmd then is the command that is meant. A report led back has words.is_report. command
// and ids must outlive out.
void words_read(struct request *out, const struct agent_command *command, const struct words_table *table,
    const struct channel_id *ids, size_t count);

#endif
