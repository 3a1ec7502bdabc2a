// SPDX-License-Identifier: MIT
// What Tab offers in the command line: the words of the device's channels, the servos after `move`, the names
// of this program's own actions. Pure.
#ifndef PC_TUI_COMPLETION_H
#define PC_TUI_COMPLETION_H

#include "common/protocol/vocabulary.h"

enum { COMPLETION_MAX = 48, COMPLETION_SIZE = 64 };

struct completion {
    size_t start; // byte where the word begins that would be replaced
    size_t total; // how many words fit; the first COMPLETION_MAX are kept
    size_t count;
    char words[COMPLETION_MAX][COMPLETION_SIZE];
    char common[COMPLETION_SIZE]; // what all of them begin with
    bool takes_number;            // of the only one: a blank may follow
};

// Completes the word that ends at the len-th byte of text. Actions are offered only after at least one
// character: a bare Tab shows what the device understands.
void completion_find(
    struct completion *out, const struct channel_id *channels, size_t count, const char *text, size_t len);

#endif
