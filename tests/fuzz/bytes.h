// SPDX-License-Identifier: MIT
// A fuzzer's input, read as the decisions of a random walk. At its end every further decision is 0.
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *at, *end;
};

static inline unsigned bytes_next(struct bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static inline size_t bytes_left(const struct bytes *bytes)
{
    return (size_t)(bytes->end - bytes->at);
}

// Takes up to count bytes in a row; *taken is how many there were.
static inline const uint8_t *bytes_take(struct bytes *bytes, size_t count, size_t *taken)
{
    const uint8_t *start = bytes->at;

    *taken = count < bytes_left(bytes) ? count : bytes_left(bytes);
    bytes->at += *taken;
    return start;
}

#endif
