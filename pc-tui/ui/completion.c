// SPDX-License-Identifier: MIT
#include "pc-tui/ui/completion.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/actions.h"

struct completion_search {
    struct completion *out;
    const char *prefix;
    size_t len;
};

static void offer(struct completion_search *search, const char *word, bool takes_number)
{
    struct completion *out = search->out;
    if (strlen(word) >= COMPLETION_SIZE || strncmp(word, search->prefix, search->len) != 0)
        return;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->words[i], word) == 0) { // two commands may begin with one word
            out->takes_number = out->takes_number || takes_number;
            return;
        }
    if (out->total == 0) {
        snprintf(out->common, sizeof out->common, "%s", word);
    } else {
        size_t same = 0;
        while (out->common[same] && out->common[same] == word[same])
            same++;
        out->common[same] = '\0';
    }
    if (out->count < COMPLETION_MAX)
        snprintf(out->words[out->count++], COMPLETION_SIZE, "%s", word);
    out->takes_number = takes_number;
    out->total++;
}

// True where a word of the device differs from an action's name in nothing but its `_`: "tilt_up" and "tilt-up".
static bool has_twin(const struct completion *out, const char *name)
{
    char word[COMPLETION_SIZE];
    snprintf(word, sizeof word, "%s", name);
    for (char *c = word; *c; c++)
        *c = *c == '-' ? '_' : *c;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->words[i], word) == 0)
            return true;
    return false;
}

static bool offer_word(void *ctx, const char *word, int takes_number)
{
    offer(ctx, word, takes_number > 0);
    return true;
}

void completion_find(
    struct completion *out, const struct channel_id *channels, size_t count, const char *text, size_t len)
{
    memset(out, 0, sizeof *out);
    size_t first = strspn(text, " ");
    out->start = len;
    while (out->start > 0 && text[out->start - 1] != ' ')
        out->start--;
    struct completion_search search = {.out = out, .prefix = text + out->start, .len = len - out->start};
    if (out->start <= first) {
        vocabulary_each(channels, count, offer_word, &search);
        for (int id = ACTION_NONE + 1; search.len > 0 && id < ACTION_COUNT; id++)
            if (!has_twin(out, actions_info((enum action)id)->name))
                offer(&search, actions_info((enum action)id)->name, false);
        if (search.len > 0)
            offer(&search, "pose", true); // pose save NAME
    } else if (strncmp(text + first, "pose ", 5) == 0 &&
               strspn(text + first + 5, " ") == out->start - first - 5) {
        offer(&search, "save", true);
    } else if (strncmp(text + first, "move ", 5) == 0 &&
               strspn(text + first + 5, " ") == out->start - first - 5) {
        for (size_t i = 0; i < count; i++)
            if (model_kind(channels[i].kind)->selection == SELECTION_SERVO)
                offer(&search, channels[i].name, true);
    }
}
