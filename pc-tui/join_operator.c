// SPDX-License-Identifier: MIT
#include "pc-tui/join_operator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/join/join.h"
#include "common/log.h"
#include "pc-tui/cli/cli.h"

static const struct join_kind kind = {
    .reader = {.program = "pc-tui", .has_device = false},
    .mark = "# Written by pc-tui join. \"pc-tui join --undo\" removes it.",
    .topics = {"status", "+/status", NULL},
};

// ~/.config may be missing. What cannot be made is complained of where it is used.
static void make_parent(const char *directory)
{
    char parent[BUNDLE_DIRECTORY_MAX + 1];
    const char *slash = strrchr(directory, '/');
    if (slash && slash > directory &&
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - directory), directory) > 0)
        (void)mkdir(parent, 0700);
}

int join_operator_run(const struct tui_options *options)
{
    const struct tui_join *wanted = &options->join;
    struct join_job job = {.kind = &kind,
        .file = wanted->file,
        .directory = wanted->directory,
        .owner = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600, .directory_mode = 0700}};

    if (wanted->undo)
        return join_undo(&kind, wanted->directory) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    make_parent(wanted->directory);
    int rc = join_run(&job);
    if (rc < 0)
        return rc == -EINVAL ? CLI_USAGE : rc == -ECONNREFUSED ? CLI_NO_BROKER : EXIT_FAILURE;
    join_farewell(&job);
    return EXIT_SUCCESS;
}
