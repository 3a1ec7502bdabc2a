// SPDX-License-Identifier: MIT
#include "pc-tui/word_cache.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/file_writer.h"

// More words than this are left out: nobody types them.
enum { TEXT_MAX = 64 * 1024 };

struct words {
    char *text;
    size_t len;
};

int word_cache_path(char *out, size_t size)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n = 0;
    if (cache && cache[0] == '/')
        n = snprintf(out, size, "%s/pc-tui/words", cache);
    else if (home && home[0] == '/')
        n = snprintf(out, size, "%s/.cache/pc-tui/words", home);
    else
        return -ENOENT;
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

static bool is_there(const struct words *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words->text; (at = strstr(at, word)); at += len) {
        if ((at == words->text || at[-1] == '\n') && at[len] == '\n')
            return true;
    }
    return false;
}

static bool add(void *ctx, const char *word, int takes_number)
{
    struct words *words = ctx;
    (void)takes_number;
    if (words->len + strlen(word) + 2 > TEXT_MAX)
        return false;
    if (!is_there(words, word))
        words->len += (size_t)snprintf(words->text + words->len, TEXT_MAX - words->len, "%s\n", word);
    return true;
}

char *word_cache_text(const struct model *model)
{
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    struct words words = {.text = malloc(TEXT_MAX)};
    if (!words.text)
        return NULL;
    words.text[0] = '\0';
    for (size_t i = 0; i < model->count; i++) {
        if (!model->devices[i]->tutorial)
            vocabulary_each(ids, model_channel_ids(model->devices[i], ids), add, &words);
    }
    if (words.len > 0)
        return words.text;
    free(words.text);
    return NULL;
}

static void on_saved(void *ctx, int rc)
{
    (void)ctx;
    (void)rc; // without the file the shell offers the words of an earlier run
}

void word_cache_keep(struct event_base *base, const struct model *model)
{
    char path[PATH_MAX];
    char *text = word_cache_text(model);
    struct file_writer *writer = NULL;
    if (text && word_cache_path(path, sizeof path) == 0)
        writer = file_writer_new(base, path, on_saved, NULL);
    if (writer)
        file_writer_save(writer, text);
    else
        free(text);
    file_writer_free(writer);
}
