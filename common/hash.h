// SPDX-License-Identifier: MIT
// FNV-1a: a hash for tables, fingerprints and names, not against anybody who wants a collision. The offset bases and
// the primes are those of draft-eastlake-fnv. Pure.
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

// The hashes of no bytes.
#define HASH_START   UINT32_C(2166136261)
#define HASH64_START UINT64_C(14695981039346656037)

// The hash of what `hash` stands for, followed by the len bytes at bytes.
static inline uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ b[i]) * UINT32_C(16777619);
    return hash;
}

static inline uint64_t hash64_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ b[i]) * UINT64_C(1099511628211);
    return hash;
}

#endif
