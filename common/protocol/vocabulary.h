// SPDX-License-Identifier: MIT
// Which words the channels of a device answer to, and its poses, which stand behind the channels in each list. Pure.
#ifndef COMMON_VOCABULARY_H
#define COMMON_VOCABULARY_H

#include "common/protocol/kind.h"
#include "common/protocol/protocol.h"

struct channel_id {
    char name[PROTOCOL_NAME_MAX + 1];
    enum channel_kind kind;
    bool pan;       // a servo with axis = pan or steer: answers to NAME_left and NAME_right too
    bool stops_off; // a switch or dimmer that `stop` switches off
};

struct vocabulary_match {
    enum verb verb;
    int channel; // index, -1 for the verbs that address all and for a pose
    int pose;    // of VERB_POSE: the index among the poses
    bool has_number;
    int tenths;   // degrees or percent
    bool guessed; // `OFF` was taken as VERB_STOP_ALL
};

// What a parsed command means for these channels. RESULT_OK, or RESULT_UNKNOWN with the nearest word in why
// (where one is near), or RESULT_INVALID with what was expected (an argument missing, superfluous, or a
// relative step not > 0). `OFF` in capitals is what home automations send to one light: it is RESULT_OK as a guessed stop,
// and why says which words could be meant.
enum protocol_result vocabulary_match(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, struct vocabulary_match *out, char why[PROTOCOL_WHY_SIZE]);

// True for a command that makes something move. It is refused for PROTOCOL_STOP_HOLD_MS after a stop, and for ever where it was
// sent before that (`stops`). channels are those that it was matched with.
bool vocabulary_is_motion(const struct vocabulary_match *match, const struct channel_id *channels);

// True for a command that a controller has to send with `by` and `boot`, because it would be wrong too late: all motion,
// and what changes how fast the next motion is.
bool vocabulary_needs_deadline(const struct vocabulary_match *match, const struct channel_id *channels);

// True for a command that brings its channel to rest and is carried out whatever by, boot, stops, id and the retain flag
// say, though its word may not end in `_stop`: NAME_stop, NAME_off and NAME 0 of a motor.
bool vocabulary_is_halt(const struct vocabulary_match *match, const struct channel_id *channels);

// 0, or -EINVAL: a name not allowed, given twice, or two channels with one word (`led_up` a switch's name and
// a dimmer's word); why says which. The index of the offending channel goes to *culprit.
int vocabulary_check(
    const struct channel_id *channels, size_t count, size_t *culprit, char why[PROTOCOL_WHY_SIZE]);

// Calls each for every word the channels answer to, in channel order, then the words for all. takes_number: 0
// no, 1 may, 2 must. Stops early where each returns false.
void vocabulary_each(const struct channel_id *channels, size_t count,
    bool (*each)(void *ctx, const char *word, int takes_number), void *ctx);

#endif
