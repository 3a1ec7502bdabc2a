// SPDX-License-Identifier: MIT
#include "nano-agent/agent/duplicates.h"

#include <string.h>

#include "common/hash.h"
#include "common/text.h"

// Nearly every id is new. A loop that always runs to its end lets the compiler compare several hashes at once.
static bool has_hash(const struct duplicates *duplicates, uint32_t hash)
{
    uint32_t found = 0;
    for (size_t i = 0; i < PROTOCOL_IDS_REMEMBERED; i++)
        found |= duplicates->hashes[i] == hash;
    return found != 0;
}

const struct duplicate *duplicates_find(const struct duplicates *duplicates, const char *id)
{
    uint32_t hash = hash_bytes(HASH_START, id, strlen(id));
    if (!has_hash(duplicates, hash))
        return NULL;
    // An entry that was never filled has an empty id, which no command has.
    for (size_t i = 0; i < PROTOCOL_IDS_REMEMBERED; i++)
        if (duplicates->hashes[i] == hash && strcmp(duplicates->entries[i].id, id) == 0)
            return &duplicates->entries[i];
    return NULL;
}

void duplicates_add(struct duplicates *duplicates, const struct status_last *last)
{
    size_t at = duplicates->count++ % PROTOCOL_IDS_REMEMBERED;
    struct duplicate *entry = &duplicates->entries[at];
    duplicates->hashes[at] = hash_bytes(HASH_START, last->id, strlen(last->id));
    memcpy(entry->id, last->id, strlen(last->id) + 1);
    memcpy(entry->cmd, last->cmd, strlen(last->cmd) + 1);
    memcpy(entry->why, last->why, strlen(last->why) + 1);
    entry->result = last->result;
}

void duplicates_repeat(const struct duplicate *first, struct status_last *last)
{
    if (strcmp(first->cmd, last->cmd) != 0) {
        last->result = RESULT_INVALID;
        text_sentence(last->why, sizeof last->why, PROTOCOL_WHY_CHARS,
            "this id was used for another command: %s", first->cmd);
        return;
    }
    last->result = first->result;
    memcpy(last->why, first->why, strlen(first->why) + 1);
    last->again = true;
}
