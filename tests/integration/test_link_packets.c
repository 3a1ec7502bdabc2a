// SPDX-License-Identifier: MIT
// A link against brokers whose packets are wrong. Nothing that a broker sends ends the program: libmosquitto does that by
// itself where a property is unknown to it.
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link_rig.h"

#define WORDS(text)  .connack = (text), .connack_len = sizeof(text) - 1
#define SUBACK(text) .suback = (text), .suback_len = sizeof(text) - 1
#define AFTER(text)  .after = (text), .after_len = sizeof(text) - 1
#define PUBACK(text) .puback = (text), .puback_len = sizeof(text) - 1

static void open_at(struct end *end, const struct fake_broker *fake)
{
    struct link_options options;

    options_for(&options, "127.0.0.1", fake->port);
    open_end(end, &options);
}

static void an_unknown_property_in_any_packet_costs_a_connection_and_nothing_else(void **state)
{
    static const struct fake_words words[] = {
        {WORDS("\x20\x05\x00\x00\x02\x7f\x00")},
        {SUBACK("\x90\x06\x00\x00\x02\x7f\x00\x00")},
        {AFTER("\x30\x0f\x00\x09t/control\x02\x7f\x00x")},
        {PUBACK("\x40\x06\x00\x00\x00\x02\x7f\x00")},
        {AFTER("\xe0\x04\x8b\x02\x7f\x00")},
        {0},
    };
    struct fake_broker fake;
    struct end end;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof words / sizeof words[0]; i++) {
        struct fake_words both[2] = {words[i], {0}};
        peers_start_speaker(&fake, both, 2);
        open_at(&end, &fake);
        while (!strstr(end.reasons, "broke the protocol")) {
            // Where a PUBACK is wrong, there must be something to acknowledge.
            if (state_of(&end) == LINK_UP)
                link_publish(end.link, "t/status", "x", 1, 1, false, NULL, 0, NULL);
            WAIT_FOR(&end, state_of(&end) != LINK_CONNECTING);
            tick(end.base, 20);
            if (i == 0) // the CONNACK is the first thing that it says: it may be a broker of 3.1.1
                break;
        }
        WAIT_FOR(&end, state_of(&end) == LINK_UP);
        close_end(&end);
        peers_end_fake(&fake);
    }
}

static void a_packet_that_comes_byte_by_byte_is_read_when_it_is_whole(void **state)
{
    // The first half comes with the SUBACK; the second as the acknowledgement of what is published after that.
    static const struct fake_words words[] = {
        {AFTER("\x30\x0d\x00\x09t/contro"), PUBACK("l\x00x")},
    };
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_speaker(&fake, words, 1);
    open_at(&end, &fake);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    int64_t proof_ms = link_last_proof_ms(end.link);
    while (now_us() < (proof_ms + 100) * 1000)
        tick(end.base, 20);
    assert_int_equal(end.messages, 0);
    assert_int_equal(link_last_proof_ms(end.link), proof_ms); // half a packet proves nothing
    link_publish(end.link, "t/status", "x", 1, 1, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.messages == 1);
    assert_string_equal(end.last, "x");
    assert_true(link_last_proof_ms(end.link) > proof_ms);
    close_end(&end);
    peers_end_fake(&fake);
}

static void messages_of_every_size_arrive_whole(void **state)
{
    enum { LARGEST = 1024 * 1024 };
    static const size_t sizes[] = {0, 1, 4000, 4096, 5000, 24500, 24576, 24600, 65536, 100000, LARGEST};
    static char payload[LARGEST];
    struct end end, sender;

    (void)state;
    memset(payload, 'x', sizeof payload);
    open_up(&end);
    open_up(&sender);
    for (int qos = 0; qos <= 1; qos++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned before = end.messages;
            for (int n = 0; n < 3; n++) {
                assert_int_equal(
                    link_publish(sender.link, "t/control", payload, sizes[i], qos, false, NULL, 0, NULL), 0);
                assert_int_equal(
                    link_publish(sender.link, "t/control", "y", 1, qos, false, NULL, 0, NULL), 0);
            }
            WAIT_FOR(&sender, sender.messages == before + 6);
            WAIT_FOR(&end, end.messages == before + 6);
            assert_int_equal(end.last_len, 1);
        }
    }
    assert_string_equal(end.states, "cu");
    assert_string_equal(sender.states, "cu");
    close_end(&sender);
    close_end(&end);
}

static void a_second_connack_is_a_broken_protocol(void **state)
{
    static const struct fake_words words[] = {{AFTER("\x20\x03\x00\x00\x00")}, {0}};
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_speaker(&fake, words, 2);
    open_at(&end, &fake);
    WAIT_FOR(&end, strstr(end.reasons, "broke the protocol (a second CONNACK)"));
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    peers_end_fake(&fake);
}

// ---- a table of packets, most of them wrong

enum { CASES_MAX = 1200, CASE_SIZE = 24 };

struct wrong {
    size_t len;
    char bytes[CASE_SIZE];
};

static struct wrong cases[CASES_MAX];
static size_t case_count;

static void add(const void *bytes, size_t len)
{
    assert_true(case_count < CASES_MAX && len <= CASE_SIZE);
    cases[case_count].len = len;
    memcpy(cases[case_count++].bytes, bytes, len);
}

// Every type of packet with every length up to eight and three kinds of filling; then good packets with each of their
// bytes wrong in four ways, and cut off at every place.
static void make_cases(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } good[] = {
        {"\x20\x03\x00\x00\x00", 5},
        {"\x90\x04\x00\x01\x00\x00", 6},
        {"\x30\x0e\x00\x09t/control\x00hi", 16},
        {"\x32\x10\x00\x09t/control\x00\x07\x00hi", 18},
        {"\x40\x04\x00\x01\x00\x00", 6},
        {"\x50\x04\x00\x01\x00\x00", 6},
        {"\x62\x04\x00\x01\x00\x00", 6},
        {"\xe0\x02\x8b\x00", 4},
        {"\xf0\x02\x18\x00", 4},
        {"\xd0\x00", 2},
    };
    static const uint8_t fillings[] = {0x00, 0x7f, 0xff};

    for (int type = 0; type < 16; type++) {
        for (size_t len = 0; len <= 8; len++) {
            for (size_t f = 0; f < sizeof fillings; f++) {
                uint8_t bytes[CASE_SIZE] = {(uint8_t)(type << 4), (uint8_t)len};
                memset(bytes + 2, fillings[f], len);
                add(bytes, 2 + len);
            }
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        for (size_t at = 0; at < good[i].len; at++) {
            static const uint8_t changes[] = {0x01, 0x7f, 0x80, 0xff};
            char bytes[CASE_SIZE];
            for (size_t c = 0; c < sizeof changes; c++) {
                memcpy(bytes, good[i].bytes, good[i].len);
                bytes[at] = (char)(bytes[at] ^ changes[c]);
                add(bytes, good[i].len);
            }
            add(good[i].bytes, at);
        }
    }
}

static void hundreds_of_malformed_packets_cost_connections_and_nothing_else(void **state)
{
    static struct fake_words words[CASES_MAX];
    struct event_base *base = new_base();
    struct fake_broker fake;
    struct end end;

    (void)state;
    make_cases();
    assert_true(case_count >= 760);
    // Each of them once behind a SUBACK and once in the place of the CONNACK.
    for (int as_connack = 0; as_connack <= 1; as_connack++) {
        for (size_t i = 0; i < case_count; i++) {
            const struct wrong *wrong = &cases[i];
            words[i] = as_connack ? (struct fake_words){.connack = wrong->bytes, .connack_len = wrong->len}
                                  : (struct fake_words){.after = wrong->bytes, .after_len = wrong->len};
        }
        peers_start_speaker(&fake, words, case_count);
        for (size_t i = 0; i < case_count; i++) {
            struct link_options options;
            options_for(&options, "127.0.0.1", fake.port);
            open_end_in(base, &end, &options);
            WAIT_FOR(&end, state_of(&end) != LINK_CONNECTING ||
                               (as_connack && link_report(end.link)->version == 4) ||
                               now_us() - end.opened_us > 5000);
            for (int turn = 0; turn < 3; turn++)
                event_base_loop(base, EVLOOP_NONBLOCK);
            link_free(end.link);
        }
        peers_end_fake(&fake);
    }
    event_base_free(base);
    open_up(&end);
    close_end(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_property_in_any_packet_costs_a_connection_and_nothing_else),
        cmocka_unit_test(a_packet_that_comes_byte_by_byte_is_read_when_it_is_whole),
        cmocka_unit_test(messages_of_every_size_arrive_whole),
        cmocka_unit_test(a_second_connack_is_a_broken_protocol),
        cmocka_unit_test(hundreds_of_malformed_packets_cost_connections_and_nothing_else),
    };

    return cmocka_run_group_tests_name("link_packets", tests, start_broker, end_broker);
}
