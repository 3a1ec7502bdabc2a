// SPDX-License-Identifier: MIT
// Proves that a broker can be joined, by joining one: a real connection with the login, and a real subscription.
#ifndef COMMON_JOIN_JOIN_TRIAL_H
#define COMMON_JOIN_JOIN_TRIAL_H

#include <stdbool.h>

#include "common/mqtt/link.h"

struct join_trial {
    bool up; // a broker let us in and took the subscription
    struct link_report
        reports[LINK_BROKERS_MAX]; // of each broker; without trouble where the time was over first
    size_t broker;                 // index of the one that did
};

// Tries all brokers of options at the same time, each of them once, for at most limit_ms, and is done at the first that
// lets us in. options has the topics to subscribe to and no will. Makes a loop of its own. Returns 0 or -ENOMEM.
int join_trial_run(const struct link_options *options, int limit_ms, struct join_trial *trial);

#endif
