// SPDX-License-Identifier: MIT
#include "nano-agent/agent/duplicates.h"

#include <string.h>

// FNV-1a, 32 bits (draft-eastlake-fnv): offset basis 2166136261, prime 16777619.
static uint32_t hash_of(const char *id)
{
    uint32_t hash = 2166136261U;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619U;
    return hash;
}

const struct duplicate *duplicates_find(const struct duplicates *duplicates, const char *id)
{
    uint32_t hash = hash_of(id);
    size_t filled = duplicates->count;
    if (filled > PROTOCOL_IDS_REMEMBERED)
        filled = PROTOCOL_IDS_REMEMBERED;
    for (size_t i = 0; i < filled; i++)
        if (duplicates->hashes[i] == hash && strcmp(duplicates->entries[i].id, id) == 0)
            return &duplicates->entries[i];
    return NULL;
}

void duplicates_add(struct duplicates *duplicates, const struct status_last *last)
{
    size_t at = duplicates->count++ % PROTOCOL_IDS_REMEMBERED;
    struct duplicate *entry = &duplicates->entries[at];
    duplicates->hashes[at] = hash_of(last->id);
    memcpy(entry->id, last->id, strlen(last->id) + 1);
    memcpy(entry->cmd, last->cmd, strlen(last->cmd) + 1);
    memcpy(entry->why, last->why, strlen(last->why) + 1);
    entry->result = last->result;
}
