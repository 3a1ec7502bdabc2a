// SPDX-License-Identifier: MIT
// The kinds of channel as the wire knows them: each kind is one file (kind_NAME.c) and one row of the table in
// kind.c. Whoever wants to know something about a kind asks here, so that a new kind changes nothing else of this
// folder. Pure.
#ifndef COMMON_KIND_H
#define COMMON_KIND_H

#include <stdbool.h>
#include <stddef.h>

// CHANNEL_OTHER stands for a kind that only a newer agent knows, and for a channel that could not be read. CHANNEL_POSE is
// no channel: a pose has a name that is a command, and nothing that could be reported.
enum channel_kind {
    CHANNEL_SERVO,
    CHANNEL_SWITCH,
    CHANNEL_DIMMER,
    CHANNEL_INPUT,
    CHANNEL_MOTOR,
    CHANNEL_OTHER,
    CHANNEL_POSE
};

enum { CHANNEL_KINDS = CHANNEL_OTHER }; // how many kinds there are: 0 to CHANNEL_KINDS - 1

enum verb {
    VERB_STOP_ALL,   // stop
    VERB_CENTER_ALL, // center
    VERB_OFF_ALL,    // off
    VERB_STATUS,     // status
    VERB_SET,        // NAME DEG, NAME PERCENT, move [SERVO] DEG
    VERB_UP,         // one step, or by the number
    VERB_DOWN,
    VERB_CENTER,
    VERB_STOP,
    VERB_OFF,
    VERB_ON,
    VERB_TOGGLE,
    VERB_FORWARD, // with the percent of the number, or of the motor's speed
    VERB_BACKWARD,
    VERB_SPEED,  // what VERB_FORWARD and VERB_BACKWARD without a number mean
    VERB_FASTER, // that speed by so many percent, or by 10
    VERB_SLOWER,
    VERB_POSE, // sets several channels at once
};

enum word_number { NUMBER_NO, NUMBER_MAY, NUMBER_MUST }; // whether a word takes a number

// A command of a channel is its name and a suffix: `tilt` and `_up`.
struct kind_word {
    const char *suffix; // "_up", or "" for the bare name
    enum verb verb;
    enum word_number number;
    bool pan_only; // only a servo with axis = pan or steer answers to it
};

struct status_channel;
struct reader;
struct sink;

struct kind {
    const char *name; // the value of `kind` in a status, and the name of the configuration's section
    const struct kind_word *words;
    size_t word_count;
    const char *unit; // what the number of VERB_SET counts: "degrees", "percent"; "" where no word takes one
    // Sets of verbs, each verb as the bit 1u << verb.
    unsigned motion;           // make something move
    unsigned motion_stops_off; // do so where the channel's `stop` is off: they turn it on
    unsigned
        timely; // move nothing, and are still wrong when they come late: they need a deadline from controllers
    unsigned halts; // bring the channel to rest: carried out whatever by, boot, stops, id and retain flag say
    unsigned zero_stops; // mean VERB_STOP where their number is 0
    // True while the channel moves or is about to. NULL = it never does.
    bool (*moves)(const struct status_channel *channel);
    // Reads the keys that the kind has in a channel's report. A value that is wrong makes the reader fail.
    void (*read)(struct reader *r, struct status_channel *out);
    // Writes the same keys, each with a comma in front.
    void (*write)(struct sink *s, const struct status_channel *channel);
};

extern const struct kind kind_servo, kind_switch, kind_dimmer, kind_input, kind_motor;

// The row of a kind. Never NULL: CHANNEL_OTHER and anything else have a row without words, named "other".
const struct kind *kind_of(enum channel_kind kind);

// True where a channel of that kind has a word with that verb.
bool kind_has_verb(enum channel_kind kind, enum verb verb);

// True while the channel moves or is about to.
bool kind_moves(const struct status_channel *channel);

// "servo", "switch", "dimmer", "input", "motor", "pose"; "other" for CHANNEL_OTHER.
const char *channel_kind_name(enum channel_kind kind);
// The inverse; CHANNEL_OTHER for a name not known.
enum channel_kind channel_kind_parse(const char *name);

#endif
