// SPDX-License-Identifier: MIT
// Looks at the decrypted bytes of a TLS session before libmosquitto gets them, as intake does without TLS. They cannot be put
// back: so the library reads a record when the heads of all packets that begin in it have been looked at as far as they have
// come, and it can finish none of those whose heads are still short. Pure.
#ifndef COMMON_MQTT_TAP_H
#define COMMON_MQTT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/packet.h"

enum {
    TAP_HEAD_SIZE = 24 * 1024,      // the head of a packet may have so many bytes
    TAP_LARGEST = 16 * 1024 * 1024, // a larger packet is not read: the library would hold it twice
};

struct tap {
    bool v5;
    size_t rest;                   // bytes to come of a packet whose head was good
    size_t have;                   // bytes that have come of a packet whose head is short
    bool old_connack;              // a CONNACK in the form of MQTT 3.1.1 has come
    char topic[PACKET_TOPIC_SIZE]; // of the PUBLISH that was too large, as packet_copy_topic; "" = none
    uint8_t head[TAP_HEAD_SIZE];
};

enum tap_verdict {
    TAP_GOOD,
    TAP_MALFORMED,
    TAP_TOO_LARGE, // the packet, or its head
};

void tap_init(struct tap *tap, bool v5);
// The next len bytes of the stream. After a verdict that is not good, the library must not read them.
enum tap_verdict tap_feed(struct tap *tap, const uint8_t *bytes, size_t len);

#endif
