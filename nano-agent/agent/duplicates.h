// SPDX-License-Identifier: MIT
// Remembers the latest ids of commands and the first result of each, so that a command that comes twice is carried out
// once. Pure.
#ifndef NANO_AGENT_DUPLICATES_H
#define NANO_AGENT_DUPLICATES_H

#include "common/protocol/status.h"

struct duplicate {
    char id[PROTOCOL_ID_MAX + 1];
    char cmd[PROTOCOL_CMD_SIZE]; // canonical text
    enum protocol_result result;
    char why[PROTOCOL_WHY_SIZE];
};

struct duplicates {
    size_t count;                             // ids remembered so far, for ever
    uint32_t hashes[PROTOCOL_IDS_REMEMBERED]; // of the ids: the scan touches a kilobyte, not the entries
    struct duplicate entries[PROTOCOL_IDS_REMEMBERED];
};

// What is remembered of id, or NULL. Valid until the next duplicates_add.
const struct duplicate *duplicates_find(const struct duplicates *duplicates, const char *id);

// Remembers the first result of last->id, which is not empty and not remembered yet. The oldest is forgotten.
void duplicates_add(struct duplicates *duplicates, const struct status_last *last);

// Gives *last, whose cmd is set, the first result of its id once more. Where the id was used for another command, *last
// becomes invalid and says so.
void duplicates_repeat(const struct duplicate *first, struct status_last *last);

#endif
