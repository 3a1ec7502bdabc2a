// SPDX-License-Identifier: MIT
// What the agent remembers of each topic that commands come from: what it told about it already, and how often it had to
// guess that a payload means stop. Pure: time is a parameter (CLOCK_MONOTONIC microseconds).
#ifndef NANO_AGENT_TOPICS_H
#define NANO_AGENT_TOPICS_H

#include "common/protocol/protocol.h"

enum {
    TOPICS_MAX = 10,            // an agent listens on no more; further topics share the last entry
    TOPICS_GUESS_GAP_S = 5,     // a guessed stop refuses motion afterwards at most once in so long
    TOPICS_NOISE_A_MINUTE = 10, // more guessed stops than these are noise
};

struct topic {
    char name[PROTOCOL_TOPIC_MAX];
    bool report_told;      // that a report was led back to it
    bool retained_cleared; // the one attempt of this run is spent
    bool noise_told;
    int64_t refused_us;                        // when a guessed stop refused motion last
    int64_t guesses_us[TOPICS_NOISE_A_MINUTE]; // when the latest stops were guessed, a ring
    size_t guess_next;
    int64_t noisy_us; // when there were too many last
};

struct topics {
    size_t count;
    struct topic of[TOPICS_MAX];
};

// The entry of a topic, made where there is none.
struct topic *topics_find(struct topics *topics, const char *name);

// A payload on the topic was taken as a stop. Returns whether this stop may refuse motion afterwards: a value such as
// "stop":false ten times a second must not make a car undrivable.
bool topics_guess(struct topic *topic, int64_t now_us);

// True the first time: *told is set then.
bool topics_is_first(bool *told);

// A topic on which more than TOPICS_NOISE_A_MINUTE stops a minute were guessed within the last minute, or NULL.
struct topic *topics_noisy(struct topics *topics, int64_t now_us);

#endif
