// SPDX-License-Identifier: MIT
#include "nano-agent/system/about_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/thread.h"
#include "nano-agent/board/board.h"
#include "nano-agent/system/about.h"

enum {
    STACK_SIZE = 256 * 1024,
    SETTLE_MS = 500, // a card that comes up gets several addresses in a row
};

struct about_watch {
    struct config *config; // the thread's own
    char boot[PROTOCOL_BOOT_MAX + 1];
    int netlink, wake,
        ready; // wake: for the thread, ready: for the loop; netlink -1 = the kernel does not tell
    struct event *event;
    about_changed *changed;
    void *ctx;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    struct about latest;
    bool asked; // somebody wants to know, whether it changed or not
    bool end, ended;
    bool abandoned; // nobody waits for the thread any more: it frees everything
};

static void destroy(struct about_watch *watch)
{
    int const fds[] = {watch->netlink, watch->wake, watch->ready};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_cond_destroy(&watch->done);
    pthread_mutex_destroy(&watch->mutex);
    free(watch->config);
    free(watch);
}

static void signal_fd(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; // it is full: then it is signalled already
}

static void drain(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void look(struct about_watch *watch, struct about *about)
{
    if (about_gather(watch->config, watch->boot, "", board_device_tree(), about) < 0)
        return;
    pthread_mutex_lock(&watch->mutex);
    bool wanted = watch->asked || about->place != watch->latest.place;
    watch->latest = *about;
    watch->asked = false;
    pthread_mutex_unlock(&watch->mutex);
    if (wanted)
        signal_fd(watch->ready);
}

// Waits until there is a reason to look. False at the end.
static bool wait_for_reason(struct about_watch *watch)
{
    struct pollfd fds[] = {{.fd = watch->wake, .events = POLLIN}, {.fd = watch->netlink, .events = POLLIN}};
    int timeout_ms = -1; // then until it is quiet for a while
    for (;;) {
        int count = poll(fds, 2, timeout_ms);
        pthread_mutex_lock(&watch->mutex);
        bool end = watch->end, asked = watch->asked;
        pthread_mutex_unlock(&watch->mutex);
        if (end)
            return false;
        drain(watch->wake);
        if (asked || (count == 0 && timeout_ms >= 0))
            return true;
        if (watch->netlink >= 0 && fds[1].revents) {
            drain(watch->netlink);
            timeout_ms = SETTLE_MS;
        }
    }
}

static void *work(void *arg)
{
    struct about_watch *watch = arg;
    struct about *about = malloc(sizeof *about);
    while (about && wait_for_reason(watch))
        look(watch, about);
    free(about);
    pthread_mutex_lock(&watch->mutex);
    watch->ended = true;
    bool abandoned = watch->abandoned;
    pthread_cond_broadcast(&watch->done);
    pthread_mutex_unlock(&watch->mutex);
    if (abandoned)
        destroy(watch);
    return NULL;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct about_watch *watch = arg;
    static struct about about;
    (void)what;
    drain(fd);
    pthread_mutex_lock(&watch->mutex);
    about = watch->latest;
    pthread_mutex_unlock(&watch->mutex);
    watch->changed(watch->ctx, about.json);
}

// A socket that tells of addresses which come and go (rtnetlink(7)); -1 where that is not allowed.
static int open_netlink(void)
{
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// The thread's own copy, since the loop changes the other. Only what about_gather reads is copied: most of so large a
// struct is never touched then, and takes no memory.
static struct config *copy_of(const struct config *config)
{
    struct config *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy->board, config->board, sizeof copy->board);
    memcpy(copy->path, config->path, strlen(config->path) + 1);
    memcpy(copy->broker.user, config->broker.user, sizeof copy->broker.user);
    memcpy(copy->broker.device, config->broker.device, sizeof copy->broker.device);
    copy->agent.count = config->agent.count;
    for (size_t i = 0; i < config->agent.count; i++) {
        copy->agent.channels[i].id = config->agent.channels[i].id;
        copy->outputs[i].address = config->outputs[i].address;
    }
    return copy;
}

struct about_watch *about_watch_new(
    struct event_base *base, const struct config *config, const char *boot, about_changed *changed, void *ctx)
{
    struct about_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->changed = changed;
    watch->ctx = ctx;
    memcpy(watch->boot, boot, strlen(boot) + 1);
    pthread_mutex_init(&watch->mutex, NULL);
    thread_cond_init(&watch->done);
    watch->netlink = open_netlink();
    watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->config = copy_of(config);
    if (!watch->config || watch->wake < 0 || watch->ready < 0)
        goto fail;
    watch->event = event_new(base, watch->ready, EV_READ | EV_PERSIST, on_ready, watch);
    if (!watch->event || event_add(watch->event, NULL) < 0)
        goto fail;
    if (thread_start(&watch->thread, STACK_SIZE, work, watch) < 0)
        goto fail;
    return watch;

fail:
    if (watch->event)
        event_free(watch->event);
    destroy(watch);
    return NULL;
}

void about_watch_ask(struct about_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->mutex);
    watch->asked = true;
    pthread_mutex_unlock(&watch->mutex);
    signal_fd(watch->wake);
}

void about_watch_free(struct about_watch *watch, int wait_ms)
{
    if (!watch)
        return;
    event_free(watch->event);
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&watch->mutex);
    watch->end = true;
    signal_fd(watch->wake);
    int late = 0;
    while (!watch->ended && !late)
        late = pthread_cond_timedwait(&watch->done, &watch->mutex, &until);
    pthread_t thread = watch->thread;
    if (late) {
        watch->abandoned = true;
        pthread_detach(thread);
    }
    pthread_mutex_unlock(&watch->mutex);
    if (late)
        return;
    pthread_join(thread, NULL);
    destroy(watch);
}
