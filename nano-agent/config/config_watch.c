// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/broker_watch.h"
#include "common/join/joined.h"
#include "common/log.h"

struct config_watch {
    struct config next;
    int argc;
    char **argv;
    void (*changed)(void *ctx, const struct config *next);
    void *ctx;
    struct recheck *recheck;
    char told[sizeof(((struct config *)0)->mistake)]; // the mistake that was logged last
};

static void watch_files(struct config_watch *watch, const struct config *config)
{
    const char *path = config->path[0] ? config->path : CONFIG_DEFAULT_PATH;
    char directory[JOINED_PATH_SIZE], joined[JOINED_PATH_SIZE + 16];
    recheck_forget(watch->recheck);
    recheck_watch(watch->recheck, path);
    if (joined_directory(path, directory)) {
        snprintf(joined, sizeof joined, "%s/broker.conf", directory);
        recheck_watch(watch->recheck, joined);
    }
    broker_watch(&config->broker, watch->recheck);
}

static void read_again(void *ctx)
{
    struct config_watch *watch = ctx;
    struct config *next = &watch->next;
    bool usable = config_from_arguments(watch->argc, watch->argv, true, next) < 0;
    if (usable && next->mistake[0] == '\0') {
        watch->told[0] = '\0';
        watch_files(watch, next);
        watch->changed(watch->ctx, next);
    } else if (usable && strcmp(watch->told, next->mistake) != 0) {
        log_warning("%s; going on as before", next->mistake);
        memcpy(watch->told, next->mistake, sizeof watch->told);
    }
    explicit_bzero(next->broker.password, sizeof next->broker.password);
}

struct config_watch *config_watch_new(struct event_base *base, const struct config *config, int argc,
    char **argv, void (*changed)(void *ctx, const struct config *next), void *ctx)
{
    struct config_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->argc = argc;
    watch->argv = argv;
    watch->changed = changed;
    watch->ctx = ctx;
    watch->recheck = recheck_new(base, read_again, watch);
    if (!watch->recheck) {
        free(watch);
        return NULL;
    }
    watch_files(watch, config);
    return watch;
}

void config_watch_free(struct config_watch *watch)
{
    if (!watch)
        return;
    recheck_free(watch->recheck);
    free(watch);
}
