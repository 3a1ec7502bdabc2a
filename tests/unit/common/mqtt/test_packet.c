// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/mqtt/packet.h"

// Looks at a copy of exactly so many bytes, so that AddressSanitizer sees a read beyond them.
static enum packet_verdict look(const void *bytes, size_t len, bool v5, struct packet *packet, size_t *need)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    memcpy(copy, bytes, len);
    enum packet_verdict verdict = packet_look(copy, len, v5, packet, need);
    packet->topic = NULL;
    free(copy);
    return verdict;
}

#define LOOK(bytes) look(bytes, sizeof(bytes) - 1, true, &packet, &need)

// A packet for each kind with properties, each with room for one property of `len` bytes; returns the packet's size.
enum { KINDS = 8 };

static size_t with_property(int kind, const uint8_t *property, size_t len, uint8_t out[64])
{
    static const struct {
        uint8_t first;
        const char *head;
        size_t head_len;
        const char *tail;
        size_t tail_len;
    } kinds[KINDS] = {
        {0x20, "\0\0", 2, "", 0},          // CONNACK
        {0x90, "\0\1", 2, "\0", 1},        // SUBACK
        {0xb0, "\0\1", 2, "\0", 1},        // UNSUBACK
        {0x31, "\0\1t", 3, "text", 4},     // PUBLISH, QoS 0
        {0x32, "\0\1t\0\1", 5, "text", 4}, // PUBLISH, QoS 1
        {0x40, "\0\1\0", 3, "", 0},        // PUBACK
        {0xe0, "\x8b", 1, "", 0},          // DISCONNECT
        {0xf0, "\x18", 1, "", 0},          // AUTH
    };
    size_t at = 2;

    memcpy(out + at, kinds[kind].head, kinds[kind].head_len);
    at += kinds[kind].head_len;
    out[at++] = (uint8_t)len;
    memcpy(out + at, property, len);
    at += len;
    memcpy(out + at, kinds[kind].tail, kinds[kind].tail_len);
    at += kinds[kind].tail_len;
    out[0] = kinds[kind].first;
    out[1] = (uint8_t)(at - 2);
    return at;
}

// The value's bytes for each property that MQTT 5 knows; 0 length = unknown.
static size_t value_of(unsigned id, uint8_t out[8])
{
    static const char ones[] = {1, 23, 25, 36, 37, 40, 41, 42};
    static const char twos[] = {19, 33, 34, 35};
    static const char fours[] = {2, 17, 24, 39};
    static const char strings[] = {3, 8, 9, 18, 21, 22, 26, 28, 31};

    memset(out, 0, 8);
    if (id == 11) {
        memcpy(out, "\x81\x01", 2);
        return 2;
    }
    if (id == 38) {
        memcpy(out, "\0\1a\0\1b", 6);
        return 6;
    }
    if (memchr(strings, (int)id, sizeof strings)) {
        memcpy(out, "\0\1x", 3);
        return 3;
    }
    if (memchr(ones, (int)id, sizeof ones))
        return 1;
    if (memchr(twos, (int)id, sizeof twos))
        return 2;
    return memchr(fours, (int)id, sizeof fours) ? 4 : 0;
}

static void every_property_of_mqtt_5_is_good_and_every_other_number_is_not(void **state)
{
    struct packet packet;
    uint8_t property[9], bytes[64];
    size_t need;

    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned id = 0; id < 256; id++) {
            property[0] = (uint8_t)id;
            size_t len = value_of(id, property + 1);
            size_t size = with_property(kind, property, 1 + len, bytes);
            enum packet_verdict verdict = look(bytes, size, true, &packet, &need);
            assert_int_equal(verdict, len > 0 ? PACKET_GOOD : PACKET_MALFORMED);
            assert_int_equal(packet.size, size);
            assert_int_equal(look(bytes, size, false, &packet, &need), PACKET_GOOD);
        }
    }
}

static void a_property_that_does_not_fit_is_malformed(void **state)
{
    struct packet packet;
    uint8_t property[9], bytes[64];
    size_t need;

    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned id = 1; id < 43; id++) {
            size_t len = value_of(id, property + 1);
            if (len == 0)
                continue;
            property[0] = (uint8_t)id;
            for (size_t cut = 1; cut <= len; cut++) {
                size_t size = with_property(kind, property, 1 + len - cut, bytes);
                assert_int_equal(look(bytes, size, true, &packet, &need), PACKET_MALFORMED);
            }
        }
    }
    // The section is longer than its packet: the library would take the payload for properties.
    assert_int_equal(LOOK("\x30\x05\x00\x01t\x05z"), PACKET_MALFORMED);
    assert_int_equal(LOOK("\x30\x08\x00\x01t\xff\xff\xff\xff\x01"), PACKET_MALFORMED);
}

static void each_beginning_of_a_packet_asks_for_more_and_never_for_too_much(void **state)
{
    struct packet packet;
    uint8_t bytes[64];
    size_t need;

    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t size = with_property(kind, (const uint8_t *)"\x26\0\1a\0\1b", 7, bytes);
        bool known = false;
        for (size_t len = 0; len < size; len++) {
            enum packet_verdict verdict = look(bytes, len, true, &packet, &need);
            if (verdict == PACKET_SHORT) {
                assert_false(known);
                assert_in_range(need, len + 1, size);
            } else {
                assert_int_equal(verdict, PACKET_GOOD);
                assert_int_equal(packet.size, size);
                known = true;
            }
        }
    }
}

static void what_the_library_refuses_by_itself_is_left_to_it(void **state)
{
    struct packet packet;
    size_t need;

    (void)state;
    assert_int_equal(LOOK("\x20\x02\x00\x01"), PACKET_GOOD); // mosquitto 1.4's answer to MQTT 5
    assert_int_equal(LOOK("\x20\x00"), PACKET_GOOD);
    assert_int_equal(LOOK("\x30\x01\x00"), PACKET_GOOD);
    assert_int_equal(LOOK("\x30\x03\x00\x09t"), PACKET_GOOD);
    assert_int_equal(LOOK("\x90\x02\x00\x01"), PACKET_GOOD);
    assert_int_equal(LOOK("\x40\x02\x00\x01"), PACKET_GOOD);
    assert_int_equal(LOOK("\x40\x03\x00\x01\x10"), PACKET_GOOD);
    assert_int_equal(LOOK("\xe0\x00"), PACKET_GOOD);
    assert_int_equal(LOOK("\xd0\x00"), PACKET_GOOD);
    assert_int_equal(LOOK("\x00\x00"), PACKET_GOOD);
    assert_int_equal(LOOK("\x30\xff\xff\xff\xff\x01"), PACKET_MALFORMED); // a length of five bytes
}

static void a_publish_tells_its_size_topic_and_flags_before_it_is_all_there(void **state)
{
    static const uint8_t bytes[] = "\x33\xff\xff\xff\x7f\x00\x05hello\x00\x07\x00";
    struct packet packet;
    size_t need;

    (void)state;
    assert_int_equal(packet_look(bytes, sizeof bytes - 1, true, &packet, &need), PACKET_GOOD);
    assert_int_equal(packet.type, PACKET_PUBLISH);
    assert_int_equal(packet.size, 268435455 + 5);
    assert_int_equal(packet.qos, 1);
    assert_true(packet.retained);
    assert_int_equal(packet.topic_len, 5);
    assert_memory_equal(packet.topic, "hello", 5);
    // The topic is known although the properties are not.
    assert_int_equal(packet_look(bytes, 12, true, &packet, &need), PACKET_SHORT);
    assert_memory_equal(packet.topic, "hello", 5);
}

static void nothing_behind_the_packet_is_looked_at(void **state)
{
    struct packet packet;
    size_t need;

    (void)state;
    assert_int_equal(LOOK("\x20\x03\x00\x00\x00\x90\x05\x00\x01\x01\x7f\x00"), PACKET_GOOD);
    assert_int_equal(packet.size, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_property_of_mqtt_5_is_good_and_every_other_number_is_not),
        cmocka_unit_test(a_property_that_does_not_fit_is_malformed),
        cmocka_unit_test(each_beginning_of_a_packet_asks_for_more_and_never_for_too_much),
        cmocka_unit_test(what_the_library_refuses_by_itself_is_left_to_it),
        cmocka_unit_test(a_publish_tells_its_size_topic_and_flags_before_it_is_all_there),
        cmocka_unit_test(nothing_behind_the_packet_is_looked_at),
    };

    return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
