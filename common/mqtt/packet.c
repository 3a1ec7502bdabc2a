// SPDX-License-Identifier: MIT
#include "common/mqtt/packet.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    VARINT_BYTES_MAX = 4,
    // What stands for a length that the property itself carries.
    STRING = 100, // or binary data: two bytes of length and so many bytes
    PAIR,         // two strings
    VARINT,
};

// Bytes of each property's value, by its number (MQTT 5, table 2-4). 0: there is no such property.
static const uint8_t property_sizes[] = {
    [1] = 1,       // payload format indicator
    [2] = 4,       // message expiry interval
    [3] = STRING,  // content type
    [8] = STRING,  // response topic
    [9] = STRING,  // correlation data
    [11] = VARINT, // subscription identifier
    [17] = 4,      // session expiry interval
    [18] = STRING, // assigned client identifier
    [19] = 2,      // server keep alive
    [21] = STRING, // authentication method
    [22] = STRING, // authentication data
    [23] = 1,      // request problem information
    [24] = 4,      // will delay interval
    [25] = 1,      // request response information
    [26] = STRING, // response information
    [28] = STRING, // server reference
    [31] = STRING, // reason string
    [33] = 2,      // receive maximum
    [34] = 2,      // topic alias maximum
    [35] = 2,      // topic alias
    [36] = 1,      // maximum QoS
    [37] = 1,      // retain available
    [38] = PAIR,   // user property
    [39] = 4,      // maximum packet size
    [40] = 1,      // wildcard subscription available
    [41] = 1,      // subscription identifiers available
    [42] = 1,      // shared subscription available
};

// The bytes from at to end. Reading beyond is noticed and never done.
struct cursor {
    const uint8_t *bytes;
    size_t at, end;
};

static size_t left(const struct cursor *cursor)
{
    return cursor->end - cursor->at;
}

// A number of up to four bytes; its bytes are taken. 0, or -1 where it is cut off, or 1 where it is longer than allowed.
static int take_varint(struct cursor *cursor, size_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        if (left(cursor) == 0)
            return -1;
        uint8_t byte = cursor->bytes[cursor->at++];
        *value |= (size_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return 0;
    }
    return 1;
}

static bool skip(struct cursor *cursor, size_t count)
{
    if (left(cursor) < count)
        return false;
    cursor->at += count;
    return true;
}

static bool skip_string(struct cursor *cursor)
{
    if (left(cursor) < 2)
        return false;
    size_t len = (size_t)cursor->bytes[cursor->at] << 8 | cursor->bytes[cursor->at + 1];
    return skip(cursor, 2 + len);
}

static bool skip_property(struct cursor *cursor)
{
    size_t ignored;
    uint8_t id = cursor->bytes[cursor->at++];

    if (id >= sizeof property_sizes)
        return false;
    switch (property_sizes[id]) {
    case 0:
        return false;
    case STRING:
        return skip_string(cursor);
    case PAIR:
        if (!skip_string(cursor))
            return false;
        return skip_string(cursor);
    case VARINT:
        return take_varint(cursor, &ignored) == 0;
    default:
        return skip(cursor, property_sizes[id]);
    }
}

// Where in the body the properties begin; body_len where the library looks for none.
static size_t properties_at(const struct packet *packet, size_t body_len)
{
    switch (packet->type) {
    case PACKET_CONNACK:
    case PACKET_SUBACK:
    case PACKET_UNSUBACK:
        return 2;
    case PACKET_PUBACK:
    case PACKET_PUBREC:
    case PACKET_PUBREL:
    case PACKET_PUBCOMP:
        return 3;
    case PACKET_DISCONNECT:
    case PACKET_AUTH:
        return 1;
    case PACKET_PUBLISH:
        return 2 + packet->topic_len + (packet->qos > 0 ? 2 : 0);
    default:
        return body_len;
    }
}

static enum packet_verdict look_at_properties(
    struct cursor *cursor, size_t body, struct packet *packet, size_t *need)
{
    size_t len;
    size_t at = body + properties_at(packet, packet->size - body);

    if (at >= packet->size)
        return PACKET_GOOD;
    *need = at + 1;
    if (cursor->end <= at)
        return PACKET_SHORT;
    cursor->at = at;
    int rc = take_varint(cursor, &len);
    if (rc < 0) {
        *need = cursor->at + 1;
        return *need <= packet->size ? PACKET_SHORT : PACKET_MALFORMED;
    }
    // The library would go on into the payload, and take its bytes for properties.
    if (rc > 0 || len > packet->size - cursor->at)
        return PACKET_MALFORMED;
    *need = cursor->at + len;
    if (cursor->end < *need)
        return PACKET_SHORT;
    cursor->end = *need;
    while (left(cursor) > 0)
        if (!skip_property(cursor))
            return PACKET_MALFORMED;
    return PACKET_GOOD;
}

enum packet_verdict packet_look(
    const uint8_t *bytes, size_t len, bool v5, struct packet *packet, size_t *need)
{
    struct cursor cursor = {.bytes = bytes, .at = 1, .end = len};
    size_t body_len;

    *packet = (struct packet){0};
    *need = 2;
    if (len < 2)
        return PACKET_SHORT;
    packet->type = bytes[0] >> 4;
    int rc = take_varint(&cursor, &body_len);
    *need = cursor.at + 1;
    if (rc != 0)
        return rc < 0 ? PACKET_SHORT : PACKET_MALFORMED;
    size_t body = cursor.at;
    packet->size = body + body_len;
    // Of a packet that is already here, nothing behind it is looked at.
    if (cursor.end > packet->size)
        cursor.end = packet->size;
    if (packet->type == PACKET_PUBLISH) {
        *need = body + 2;
        if (*need > packet->size)
            return PACKET_GOOD; // the library refuses it
        if (cursor.end < *need)
            return PACKET_SHORT;
        packet->qos = bytes[0] >> 1 & 3;
        packet->retained = bytes[0] & 1;
        packet->topic_len = (size_t)bytes[body] << 8 | bytes[body + 1];
        *need += packet->topic_len;
        if (*need > packet->size)
            return PACKET_GOOD;
        if (cursor.end < *need)
            return PACKET_SHORT;
        packet->topic = (const char *)bytes + body + 2;
    }
    return v5 ? look_at_properties(&cursor, body, packet, need) : PACKET_GOOD;
}

bool packet_is_old_connack(const struct packet *packet)
{
    return packet->type == PACKET_CONNACK && packet->size == 4;
}

static bool is_harmless(const struct packet *packet)
{
    for (size_t i = 0; i < packet->topic_len; i++) {
        unsigned char c = (unsigned char)packet->topic[i];
        if (!isalnum(c) && !strchr("/_-.", c))
            return false;
    }
    return packet->topic_len > 0;
}

void packet_copy_topic(const struct packet *packet, char out[PACKET_TOPIC_SIZE])
{
    if (packet->topic && packet->topic_len < PACKET_TOPIC_SIZE && is_harmless(packet))
        snprintf(out, PACKET_TOPIC_SIZE, "%.*s", (int)packet->topic_len, packet->topic);
    else
        snprintf(out, PACKET_TOPIC_SIZE, "#");
}
