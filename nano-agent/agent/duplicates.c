// SPDX-License-Identifier: MIT
#include "nano-agent/agent/duplicates.h"

#include <string.h>

#include "common/hash.h"
#include "common/text.h"

const struct duplicate *duplicates_find(const struct duplicates *duplicates, const char *id)
{
    uint32_t hash = hash_bytes(HASH_START, id, strlen(id));
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
