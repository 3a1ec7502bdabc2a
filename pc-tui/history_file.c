// SPDX-License-Identifier: MIT
#include "pc-tui/history_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int history_path(char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n = 0;
    if (state && state[0] == '/')
        n = snprintf(out, size, "%s/pc-tui/history", state);
    else if (home && home[0] == '/')
        n = snprintf(out, size, "%s/.local/state/pc-tui/history", home);
    else
        return -ENOENT;
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int history_load(const char *path, struct line_history *history)
{
    memset(history, 0, sizeof *history);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : -errno;
    char *text = NULL;
    size_t size = 0;
    struct line entry;
    while (getline(&text, &size, file) >= 0) {
        text[strcspn(text, "\n")] = '\0';
        line_set(&entry, text); // somebody may have edited the file, so it passes the filter for typed keys
        line_history_add(history, entry.text);
    }
    int rc = ferror(file) ? -EIO : 0;
    free(text);
    fclose(file);
    return rc;
}

char *history_text(const struct line_history *history)
{
    size_t size = history->count * (LINE_SIZE + 1) + 1, used = 0;
    char *text = malloc(size);
    if (!text)
        return NULL;
    text[0] = '\0';
    for (size_t i = 0; i < history->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s\n", history->entries[i]);
    return text;
}
