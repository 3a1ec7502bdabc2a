// SPDX-License-Identifier: MIT
// Looks at a packet that a broker sends before libmosquitto reads it. The library (1.6 to 2.0.22 at least) ends the whole
// program by an assertion where a property of MQTT 5 has a number that it does not know. Pure.
#ifndef COMMON_MQTT_PACKET_H
#define COMMON_MQTT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packet_type { // the types of MQTT 5, section 2.1.2, that a broker sends
    PACKET_CONNACK = 2,
    PACKET_PUBLISH = 3,
    PACKET_PUBACK = 4,
    PACKET_PUBREC = 5,
    PACKET_PUBREL = 6,
    PACKET_PUBCOMP = 7,
    PACKET_SUBACK = 9,
    PACKET_UNSUBACK = 11,
    PACKET_PINGRESP = 13,
    PACKET_DISCONNECT = 14,
    PACKET_AUTH = 15,
};

enum { PACKET_TOPIC_SIZE = 128 }; // of a topic that is remembered for a sentence

struct packet {
    int type;
    size_t size; // of the whole packet in bytes
    int qos;     // of a PUBLISH, as the three below
    bool retained;
    const char *topic; // inside the bytes, without a NUL
    size_t topic_len;
};

enum packet_verdict {
    PACKET_GOOD,  // nothing in its head harms the library; the packet may be longer than the bytes at hand
    PACKET_SHORT, // more bytes are needed before anything can be said
    PACKET_MALFORMED, // a property is unknown or does not fit into its packet
};

// True for a CONNACK in the form of MQTT 3.1.1, which has no room for properties: to a CONNECT of MQTT 5 it is the answer
// of a broker that does not know this version.
bool packet_is_old_connack(const struct packet *packet);

// Copies the topic of a PUBLISH for a sentence, which may be a line that people paste into a shell: "#" where it is too long
// for that, or has a sign that a shell could take for its own.
void packet_copy_topic(const struct packet *packet, char out[PACKET_TOPIC_SIZE]);

// bytes: the beginning of the stream from a packet's first byte on. v5: the connection speaks MQTT 5; on 3.1.1 there are
// no properties. *need: with PACKET_SHORT so many bytes at least. What the library refuses by itself is PACKET_GOOD.
enum packet_verdict packet_look(
    const uint8_t *bytes, size_t len, bool v5, struct packet *packet, size_t *need);

#endif
