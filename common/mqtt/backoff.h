// SPDX-License-Identifier: MIT
// How long a link waits between two walks through its list of brokers. Pure: time and chance are parameters.
#ifndef COMMON_MQTT_BACKOFF_H
#define COMMON_MQTT_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    int ms;            // the longest that the last wait could have been; 0 = none yet
    int last_ms;       // how long the last wait was
    int rivalries;     // connections in a row that ended as if another client had the same id
    int oversized;     // connections in a row that an oversized message ended right after subscribing
    bool only_patient; // every failure of this walk was one that only a person can mend
};

enum backoff_end { // how a connection ended that had been up
    BACKOFF_LOST,  // the peer closed it, without a word
    BACKOFF_RIVAL, // the broker says that another client took over
    BACKOFF_OTHER,
};

void backoff_init(struct backoff *backoff);
// An attempt at one broker failed. patient: only a person can mend it, such as a wrong password. was_up: it is the broker
// that was connected last, which therefore is away; a rival would leave it where it is.
void backoff_failed(struct backoff *backoff, bool patient, bool was_up);
// A connection that had been up for lived_ms ended. Two clients of one id throw each other out for ever, and not every
// broker says so: connections that end soon again and again make the wait grow up to a minute.
void backoff_ended(struct backoff *backoff, int64_t lived_ms, bool patient, enum backoff_end end);
// True if the last connections look as if another client had the same id.
bool backoff_suspects_rival(const struct backoff *backoff);
// A connection ended, perhaps because of a message that was too large for us, early: soon after the subscription, so that
// the message is a retained one. True if that is the trouble again and again.
bool backoff_is_oversized(struct backoff *backoff, bool too_large, bool early);
// A connection is up.
void backoff_succeeded(struct backoff *backoff);
// The walk is over: the wait until the next one in milliseconds. random: any number, each as likely as the others.
int backoff_next(struct backoff *backoff, uint32_t random);

#endif
