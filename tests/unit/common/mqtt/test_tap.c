// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/mqtt/tap.h"

// PUBLISH of QoS 0 to "t": no properties, payload "x".
static const uint8_t publish[] = {0x30, 5, 0, 1, 't', 0, 'x'};
// The same with property 127, which does not exist.
static const uint8_t unknown[] = {0x30, 7, 0, 1, 't', 2, 127, 0, 'x'};

static struct tap *make(bool v5)
{
    struct tap *tap = calloc(1, sizeof *tap);

    assert_non_null(tap);
    tap_init(tap, v5);
    return tap;
}

// Feeds the stream in records of so many bytes. *at: where the record begins that was not good.
static enum tap_verdict feed(struct tap *tap, const uint8_t *bytes, size_t len, size_t record, size_t *at)
{
    enum tap_verdict verdict = TAP_GOOD;

    for (*at = 0; *at < len && verdict == TAP_GOOD; *at += record)
        verdict = tap_feed(tap, bytes + *at, len - *at < record ? len - *at : record);
    *at -= verdict == TAP_GOOD ? 0 : record;
    return verdict;
}

static void an_unknown_property_is_found_however_the_stream_is_cut(void **state)
{
    uint8_t stream[3 * sizeof publish + sizeof unknown];
    size_t bad = 3 * sizeof publish, at;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        memcpy(stream + i * sizeof publish, publish, sizeof publish);
    memcpy(stream + bad, unknown, sizeof unknown);
    for (size_t record = 1; record <= sizeof stream; record++) {
        struct tap *tap = make(true);
        assert_int_equal(feed(tap, stream, sizeof stream, record, &at), TAP_MALFORMED);
        // In time: the library has not got the end of that packet.
        assert_true(at < sizeof stream && at + record > bad);
        free(tap);
    }
}

static void good_packets_stay_good_however_the_stream_is_cut(void **state)
{
    static uint8_t stream[200000];
    size_t len = 0, at;

    (void)state;
    while (len + 40000 < sizeof stream) {
        memcpy(stream + len, publish, sizeof publish);
        len += sizeof publish;
        static const uint8_t large[] = {
            0x30, 0xa0, 0x9c, 0x01, 0, 1, 't', 0}; // 20,000 bytes follow the length
        memcpy(stream + len, large, sizeof large);
        len += 4 + 20000;
    }
    static const size_t records[] = {1, 2, 3, 7, 100, 1300, 16384};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct tap *tap = make(true);
        assert_int_equal(feed(tap, stream, len, records[i], &at), TAP_GOOD);
        assert_int_equal(tap->rest + tap->have, 0);
        assert_int_equal(
            tap_feed(tap, unknown, sizeof unknown), TAP_MALFORMED); // it knows where a packet begins
        free(tap);
    }
}

static void mqtt_3_1_1_has_no_properties(void **state)
{
    struct tap *tap = make(false);

    (void)state;
    assert_int_equal(tap_feed(tap, unknown, sizeof unknown), TAP_GOOD);
    free(tap);
}

static void a_packet_of_256_mb_is_refused_with_its_topic(void **state)
{
    static const uint8_t huge[] = {0x30, 0xff, 0xff, 0xff, 0x7f, 0, 3, 'a', '/', 'b', 0};
    struct tap *tap = make(true);
    size_t at;

    (void)state;
    assert_int_equal(feed(tap, huge, sizeof huge, 1, &at), TAP_TOO_LARGE);
    assert_string_equal(tap->topic, "a/b");
    free(tap);
}

static void a_head_without_end_is_refused(void **state)
{
    // 32 KB of properties: more than is kept of a head.
    static uint8_t stream[40000] = {0x30, 0xa0, 0x9c, 0x02, 0, 1, 't', 0x80, 0x80, 0x02};
    struct tap *tap = make(true);
    size_t at;

    (void)state;
    assert_int_equal(feed(tap, stream, sizeof stream, 100, &at), TAP_TOO_LARGE);
    assert_true(at < sizeof tap->head);
    free(tap);
}

static void an_old_connack_is_told(void **state)
{
    static const uint8_t old[] = {0x20, 2, 0, 1}, new[] = {0x20, 3, 0, 0, 0};
    struct tap *tap = make(true);

    (void)state;
    assert_int_equal(tap_feed(tap, new, sizeof new), TAP_GOOD);
    assert_false(tap->old_connack);
    tap_init(tap, true);
    assert_int_equal(tap_feed(tap, old, 2), TAP_GOOD);
    assert_int_equal(tap_feed(tap, old + 2, 2), TAP_GOOD);
    assert_true(tap->old_connack);
    free(tap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_property_is_found_however_the_stream_is_cut),
        cmocka_unit_test(good_packets_stay_good_however_the_stream_is_cut),
        cmocka_unit_test(mqtt_3_1_1_has_no_properties),
        cmocka_unit_test(a_packet_of_256_mb_is_refused_with_its_topic),
        cmocka_unit_test(a_head_without_end_is_refused),
        cmocka_unit_test(an_old_connack_is_told),
    };

    return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
