// SPDX-License-Identifier: MIT
// What each kind of channel is to an operator: which keys mean it, and how its state reads. A new kind gets a row
// in model_kind.c and a file that draws it in view/. Pure.
#ifndef PC_TUI_MODEL_KIND_H
#define PC_TUI_MODEL_KIND_H

#include "common/protocol/status.h"

enum { MODEL_VALUE_SIZE = 64 };

// An operator has three selections at a time, one of each of these classes.
enum model_selection {
    SELECTION_NONE,   // the keys never mean such a channel
    SELECTION_SERVO,  // arrows and c
    SELECTION_OUTPUT, // o, f, t, the digits, + and -
    SELECTION_MOTOR,  // w and s
};

enum model_unit {
    UNIT_NONE, // the channel knows no steps
    UNIT_DEGREES,
    UNIT_PERCENT,
};

struct model_kind {
    enum model_selection selection;
    enum model_unit step; // what the number behind NAME_up and NAME_down counts
    // Writes the channel's state as an operator reads it ("12.5°", "40 %", "on") to out. NULL = nothing to tell.
    void (*value)(char out[MODEL_VALUE_SIZE], const struct status_channel *channel);
    // The state as a number for a graph: tenths of a degree, percent, or 0 and 1; TRACE_GAP where it is not known. NULL =
    // there is no graph.
    int (*sample)(const struct status_channel *channel);
    // Changes the channel to what it will be where its latest command has led. NULL = it is there at once.
    void (*arrive)(struct status_channel *channel);
    // Writes the state for pipes and scripts ("-0.5° -> 20.0°"; ascii: "-0.5 deg -> 20.0 deg") to out. NULL = as `value`.
    void (*plain)(char out[MODEL_VALUE_SIZE], const struct status_channel *channel, bool ascii);
};

// The row of a kind. Never NULL: a kind that is not known here has neither selection nor value.
const struct model_kind *model_kind(enum channel_kind kind);
// Writes the state of a channel, "" where there is nothing to tell, "fault" where its hardware is not there. Returns out.
char *model_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel);
// Writes where a command has sent the channel: as model_value, but of a servo the angle that it goes to, and of a motor the
// percent. Returns out.
char *model_target(char out[MODEL_VALUE_SIZE], const struct status_channel *channel);
// Writes the state of a channel for pipes and scripts, "" where there is nothing to tell. Returns out.
char *model_plain(char out[MODEL_VALUE_SIZE], const struct status_channel *channel, bool ascii);
// Writes tenths as degrees without a unit: "12.5", "−45.0" with the sign U+2212. Returns out.
char *model_degrees(char out[MODEL_VALUE_SIZE], int tenths);

static inline bool model_is_servo(const struct status_channel *channel)
{
    return model_kind(channel->id.kind)->selection == SELECTION_SERVO;
}

static inline bool model_is_motor(const struct status_channel *channel)
{
    return model_kind(channel->id.kind)->selection == SELECTION_MOTOR;
}

static inline bool model_is_output(const struct status_channel *channel)
{
    return model_kind(channel->id.kind)->selection == SELECTION_OUTPUT;
}

#endif
