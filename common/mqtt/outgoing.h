// SPDX-License-Identifier: MIT
// What a connection has published and not yet reported as done. Pure.
#ifndef COMMON_MQTT_OUTGOING_H
#define COMMON_MQTT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTGOING_DONE_MAX = 1024 };

struct outgoing {
    size_t unsent;              // QoS 0: not yet handed to the socket
    size_t unacked;             // QoS 1 and 2: not yet acknowledged
    uint8_t unacked_mids[8192]; // a bit each message id: tells an acknowledgement from a write that is done
    bool publishing;            // inside the library's publish, so that the caller does not know its id yet
    int done[OUTGOING_DONE_MAX];
    size_t done_count; // messages that were written while publishing, to be reported from the loop
};

// Around each call of the library's publish. A message counts as soon as the call begins, because outside callbacks it
// is written, and reported as done, before the call returns. failed: the library took nothing.
void outgoing_begin(struct outgoing *outgoing, int qos);
void outgoing_end(struct outgoing *outgoing, int qos, int mid, bool failed);

// The library reports a message as done. True where the caller has to be told later, with what outgoing_take returns.
bool outgoing_done(struct outgoing *outgoing, int mid);

// Moves the messages whose report was put off to mids and returns their number.
size_t outgoing_take(struct outgoing *outgoing, int mids[OUTGOING_DONE_MAX]);

// True if nothing of ours is on its way or waits for being reported.
bool outgoing_is_empty(const struct outgoing *outgoing);

#endif
