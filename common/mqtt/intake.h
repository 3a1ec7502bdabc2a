// SPDX-License-Identifier: MIT
// Looks at what waits in a socket before libmosquitto reads it, so that no packet reaches the library that would end the
// program, and none that does not fit into memory. The bytes stay in the socket (MSG_PEEK). One look serves all packets
// that are there, which costs no more system calls than asking after each packet whether there is another.
#ifndef COMMON_MQTT_INTAKE_H
#define COMMON_MQTT_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/packet.h"

enum {
    INTAKE_SIZE = 24 * 1024,           // a packet up to this size is read when all of it is there
    INTAKE_LARGEST = 16 * 1024 * 1024, // a larger one is not read: the library would hold it twice
};

struct intake {
    int fd;
    bool v5;
    bool off;    // the library's place in the stream is not known (any more): it reads what it likes
    bool looked; // in this turn of the loop
    size_t have, at;
    size_t limit; // of the last look
    int low_water;
    bool grown;        // the socket's buffer
    int64_t resume_at; // >= 0: the library is in the middle of a packet that ends at this byte of the stream
    int64_t expect_at; // >= 0: where the library should stand after the packet that it was given last
    size_t unreleased; // QoS 2 messages that the library holds until their PUBREL
    char topic
        [PACKET_TOPIC_SIZE]; // of the last PUBLISH larger than INTAKE_SIZE, as packet_copy_topic; "" = none
    uint8_t bytes[INTAKE_SIZE];
};

enum intake_verdict {
    INTAKE_READ,      // the library may read one packet, or find the end of the stream
    INTAKE_WAIT,      // nothing more to read in this turn
    INTAKE_MALFORMED, // the next packet must not be read
    INTAKE_TOO_LARGE, // neither must this; intake->topic names it
    INTAKE_STUCK,     // neither must this: the socket's buffer is full before all of its head is there
};

// fd: the connection's socket, or a duplicate of it.
void intake_init(struct intake *intake, int fd, bool v5);
// At the beginning of each turn of the loop in which the socket is readable.
void intake_begin(struct intake *intake);
// Before each read of the library. unacked: how many messages of ours wait for an acknowledgement: from two on the
// library may read more than one packet at once. The packet is filled in where INTAKE_READ is for a known one; else its
// type is 0.
enum intake_verdict intake_next(struct intake *intake, size_t unacked, struct packet *packet);

// True if a part of a packet waits, and the rest has not come.
bool intake_is_short(const struct intake *intake);

#endif
