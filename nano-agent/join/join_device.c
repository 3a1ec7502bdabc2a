// SPDX-License-Identifier: MIT
#include "nano-agent/join/join_device.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/join/join.h"
#include "common/join/joined.h"
#include "nano-agent/join/join_service.h"

#define GROUP "nano-agent" // as which the service runs

static const struct join_kind kind = {
    .reader = {.program = "nano-agent", .has_device = true},
    .mark = "# Written by nano-agent join. \"nano-agent join --undo\" removes it.",
    .topics = {"%control", "control", NULL},
};

static int complain(const char *why)
{
    fprintf(stderr, "nano-agent: %s\n", why);
    return EXIT_FAILURE;
}

// Only the directory that the service reads has to do with the service.
static bool is_service(const char *directory)
{
    char standard[JOINED_PATH_SIZE];
    return joined_directory(CONFIG_DEFAULT_PATH, standard) && strcmp(directory, standard) == 0;
}

static struct join_owner owner_of_files(void)
{
    const struct group *group = getgrnam(GROUP);
    struct join_owner owner = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600, .directory_mode = 0755};
    if (geteuid() == 0 && group) {
        owner.uid = 0;
        owner.gid = group->gr_gid;
        owner.mode = 0640;
    }
    return owner;
}

static int undo(const char *directory)
{
    char why[PROTOCOL_WHY_SIZE];
    int rc = join_undo(&kind, directory);
    if (rc < 0)
        return EXIT_FAILURE;
    if (rc == 0 || !is_service(directory))
        return EXIT_SUCCESS;
    if (join_service_write(NULL, why) < 0 || join_service_restart(why) < 0)
        return complain(why);
    return EXIT_SUCCESS;
}

int join_device_run(const struct config *config)
{
    const struct config_join *wanted = &config->join;
    struct join_job job = {.kind = &kind, .file = wanted->file, .directory = wanted->directory};
    char why[PROTOCOL_WHY_SIZE] = "";
    bool service = is_service(wanted->directory);
    int status = EXIT_SUCCESS;

    if (service && geteuid() != 0) {
        snprintf(why, sizeof why, "join writes to %.300s, which needs root: sudo nano-agent join …",
            wanted->directory);
        complain(why);
        return 2;
    }
    if (wanted->undo)
        return undo(wanted->directory);
    job.owner = owner_of_files();
    int rc = join_run(&job);
    if (rc < 0)
        return rc == -EINVAL ? 2 : EXIT_FAILURE;
    if (service && (join_service_write(&job.bundle, why) < 0 || join_service_restart(why) < 0))
        status = complain(why);
    join_farewell(&job);
    return status;
}
