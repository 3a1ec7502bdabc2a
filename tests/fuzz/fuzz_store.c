// SPDX-License-Identifier: MIT
// Any bytes as a file of positions: what is believed is what could have been written, and nothing is believed
// by half. The bytes are also tried with the checksum that belongs to them, or no fuzzer would get past it.
#include <string.h>

#include "common/protocol/protocol.h"
#include "nano-agent/agent/positions.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_sound(const char *text, size_t len)
{
    struct positions positions, again;
    char why[POSITIONS_WHY_SIZE], written[POSITIONS_TEXT_MAX];
    int rc = positions_parse(text, len, &positions, why);
    REQUIRE((rc == 0) == (why[0] == '\0'));
    REQUIRE(rc == 0 || positions.count == 0);
    REQUIRE(positions.count <= PROTOCOL_CHANNELS_MAX);
    for (size_t i = 0; i < positions.count; i++) {
        const struct position *p = &positions.of[i];
        char word[PROTOCOL_WHY_SIZE];
        REQUIRE(protocol_check_name(p->name, word) == 0);
        REQUIRE(abs(p->tenths) <= POSITIONS_TENTHS_MAX);
        REQUIRE(positions_find(&positions, p->name) == p);
    }
    size_t written_len = positions_write(&positions, written);
    REQUIRE(written_len < POSITIONS_TEXT_MAX);
    REQUIRE(positions_parse(written, written_len, &again, why) == 0);
    REQUIRE(again.count == positions.count);
    for (size_t i = 0; i < again.count; i++) {
        const struct position *a = &again.of[i], *b = &positions.of[i];
        REQUIRE(strcmp(a->name, b->name) == 0 && a->tenths == b->tenths);
        REQUIRE(a->fingerprint == b->fingerprint && a->driven == b->driven);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[2 * POSITIONS_TEXT_MAX + 16];
    if (size > 2 * (size_t)POSITIONS_TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    require_sound(text, size);
    uint32_t sum = 2166136261U;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ data[i]) * 16777619U;
    int len = snprintf(text + size, 16, "sum %08x\n", sum);
    require_sound(text, size + (size_t)len);
    return 0;
}
