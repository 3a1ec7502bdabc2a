// SPDX-License-Identifier: MIT
// How long a link waits between two walks through its list of brokers. Pure: time and chance are parameters.
#ifndef COMMON_MQTT_BACKOFF_H
#define COMMON_MQTT_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    int ms;            // the longest that the last wait could have been; 0 = none yet
    int short_lives;   // connections in a row that were up and did not last
    bool only_patient; // every failure of this walk was one that only a person can mend
    bool taken_over;   // the last connection was taken over by another client of the same id
};

void backoff_init(struct backoff *backoff);
// An attempt at one broker failed. patient: only a person can mend it, such as a wrong password.
void backoff_failed(struct backoff *backoff, bool patient);
// A connection that had been up for lived_ms ended.
void backoff_ended(struct backoff *backoff, int64_t lived_ms, bool patient, bool taken_over);
// A connection is up.
void backoff_succeeded(struct backoff *backoff);
// The walk is over: the wait until the next one in milliseconds. random: any number, each as likely as the others.
int backoff_next(struct backoff *backoff, uint32_t random);

#endif
