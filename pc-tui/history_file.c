// SPDX-License-Identifier: MIT
#include "pc-tui/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        line_set(&entry, text); // the file may have been edited: the same filter as for keys
        line_history_add(history, entry.text);
    }
    int rc = ferror(file) ? -EIO : 0;
    free(text);
    fclose(file);
    return rc;
}

static int make_directories(const char *path)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return -ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

int history_save(const char *path, const struct line_history *history)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return -ENAMETOOLONG;
    int rc = make_directories(path);
    if (rc < 0)
        return rc;
    int fd = mkostemp(temporary, O_CLOEXEC); // mode 0600
    if (fd < 0)
        return -errno;
    FILE *file = fdopen(fd, "w");
    if (!file) {
        rc = -errno;
        close(fd);
        goto remove;
    }
    for (size_t i = 0; i < history->count; i++)
        fprintf(file, "%s\n", history->entries[i]);
    if (ferror(file))
        rc = -EIO;
    if (fclose(file) < 0)
        rc = -errno;
    if (rc == 0 && rename(temporary, path) < 0)
        rc = -errno;
    if (rc == 0)
        return 0;
remove:
    unlink(temporary);
    return rc;
}
