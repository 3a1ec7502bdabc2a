// SPDX-License-Identifier: MIT
#include "common/mqtt/tap.h"

#include <string.h>

void tap_init(struct tap *tap, bool v5)
{
    tap->v5 = v5;
    tap->rest = tap->have = 0;
    tap->old_connack = false;
    tap->topic[0] = '\0';
}

// bytes: a packet from its first byte on. *used: so many of them belong to it.
static enum tap_verdict judge(struct tap *tap, const uint8_t *bytes, size_t len, bool *is_short, size_t *size)
{
    struct packet packet;
    size_t need;
    enum packet_verdict verdict = packet_look(bytes, len, tap->v5, &packet, &need);

    *is_short = verdict == PACKET_SHORT;
    *size = packet.size;
    if (verdict == PACKET_MALFORMED)
        return TAP_MALFORMED;
    if ((packet.size > TAP_LARGEST && (packet.topic || !*is_short)) || (*is_short && need > TAP_HEAD_SIZE)) {
        packet_copy_topic(&packet, tap->topic);
        return TAP_TOO_LARGE;
    }
    tap->old_connack = tap->old_connack || (!*is_short && packet_is_old_connack(&packet));
    return TAP_GOOD;
}

// Goes on with a packet whose head was short. Returns how many of the bytes were its.
static size_t go_on(struct tap *tap, const uint8_t *bytes, size_t len, enum tap_verdict *verdict)
{
    size_t room = TAP_HEAD_SIZE - tap->have, before = tap->have, size;
    size_t count = len < room ? len : room;
    bool is_short;

    memcpy(tap->head + before, bytes, count);
    *verdict = judge(tap, tap->head, before + count, &is_short, &size);
    if (*verdict != TAP_GOOD)
        return 0;
    if (is_short) {
        tap->have += count;
        return count;
    }
    tap->have = 0;
    if (size > before + count) {
        tap->rest = size - before - count;
        return count;
    }
    return size - before;
}

enum tap_verdict tap_feed(struct tap *tap, const uint8_t *bytes, size_t len)
{
    enum tap_verdict verdict = TAP_GOOD;
    size_t at = 0, size;
    bool is_short;

    while (at < len && verdict == TAP_GOOD) {
        if (tap->rest > 0) {
            size = tap->rest < len - at ? tap->rest : len - at;
            tap->rest -= size;
            at += size;
        } else if (tap->have > 0) {
            at += go_on(tap, bytes + at, len - at, &verdict);
        } else {
            verdict = judge(tap, bytes + at, len - at, &is_short, &size);
            if (verdict == TAP_GOOD && is_short) {
                // What is short needs at most TAP_HEAD_SIZE bytes, so that there are fewer of them here.
                memcpy(tap->head, bytes + at, len - at);
                tap->have = len - at;
                at = len;
            } else if (verdict == TAP_GOOD) {
                size_t here = size < len - at ? size : len - at;
                tap->rest = size - here;
                at += here;
            }
        }
    }
    return verdict;
}
