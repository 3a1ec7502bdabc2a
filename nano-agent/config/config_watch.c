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
    struct link_news *news; // NULL: nothing is to be changed
    bool usable;
    int argc;
    char **argv;
    void (*changed)(void *ctx, struct link_news *news);
    void *ctx;
    struct recheck *recheck;
    char told[sizeof(((struct config *)0)->mistake)]; // the mistake that was logged last
};

void config_watch_files(const struct config *config, struct recheck *recheck)
{
    const char *path = config->path[0] ? config->path : CONFIG_DEFAULT_PATH;
    char directory[JOINED_PATH_SIZE], joined[JOINED_PATH_SIZE + 16];
    recheck_forget(recheck);
    recheck_watch(recheck, path);
    if (joined_directory(path, directory)) {
        snprintf(joined, sizeof joined, "%s/broker.conf", directory);
        recheck_watch(recheck, joined);
    }
    broker_watch(&config->broker, recheck);
}

static void read_again(void *ctx)
{
    struct config_watch *watch = ctx;
    struct config *next = &watch->next;
    watch->news = NULL;
    watch->usable = config_from_arguments(watch->argc, watch->argv, true, next) < 0;
    if (watch->usable && next->mistake[0] == '\0')
        watch->news = broker_news(&next->broker, CONFIG_DEFAULT_BROKER);
    explicit_bzero(next->broker.password, sizeof next->broker.password);
}

static void take_over(void *ctx)
{
    struct config_watch *watch = ctx;
    struct link_news *news = watch->news;
    watch->news = NULL;
    if (news) {
        watch->told[0] = '\0';
        config_watch_files(&watch->next, watch->recheck);
        watch->changed(watch->ctx, news);
    } else if (watch->usable && strcmp(watch->told, watch->next.mistake) != 0) {
        log_warning("%s; going on as before", watch->next.mistake);
        memcpy(watch->told, watch->next.mistake, sizeof watch->told);
    }
}

static void dispose(void *ctx)
{
    struct config_watch *watch = ctx;
    link_news_free(watch->news);
    free(watch);
}

struct config_watch *config_watch_new(struct event_base *base, const struct config *config, int argc,
    char **argv, void (*changed)(void *ctx, struct link_news *news), void *ctx)
{
    static const struct recheck_work work = {.read = read_again, .done = take_over, .dispose = dispose};
    struct config_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->argc = argc;
    watch->argv = argv;
    watch->changed = changed;
    watch->ctx = ctx;
    watch->recheck = recheck_new(base, &work, watch);
    if (!watch->recheck)
        return NULL;
    config_watch_files(config, watch->recheck);
    return watch;
}

void config_watch_free(struct config_watch *watch, int wait_ms)
{
    if (watch)
        recheck_free(watch->recheck, wait_ms);
}
