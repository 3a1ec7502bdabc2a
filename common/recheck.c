// SPDX-License-Identifier: MIT
#include "common/recheck.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/array.h"
#include "common/mqtt/timer.h"
#include "common/thread.h"

enum {
    SETTLE_MS = 200,
    STACK = 1024 * 1024,
    FAR_S = 1000000000, // the timer only serves to notice that the clock was set
    WATCHED = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR,
};

// A file is watched by the directory that it lies in, because an editor writes a new one and renames it.
struct watched {
    char path[PATH_MAX];
    char name[NAME_MAX + 1]; // of the entry that counts in the directory; "" = all
    int watch;               // -1 = none
};

struct recheck {
    struct recheck_work work;
    void *ctx;
    int inotify, clock, ready; // ready: an eventfd, on which the thread tells that it has read
    struct event *on_file, *on_clock, *on_ready, *settle;
    pthread_t thread;      // the one that read last
    bool started;          // it is to be joined
    pthread_mutex_t mutex; // for the next three
    pthread_cond_t idle;   // nothing is being read any more
    bool reading;
    bool orphan;                                 // it was freed meanwhile
    bool again;                                  // something changed while it was being read
    struct watched files[2 * RECHECK_FILES_MAX]; // a link and what it points to
    size_t count;
};

// ---- the clock

// The kernel ends the wait when somebody sets the clock.
static void arm_clock(struct recheck *recheck)
{
    struct itimerspec far = {0};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    far.it_value.tv_sec = now.tv_sec + FAR_S;
    timerfd_settime(recheck->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

static void on_clock(evutil_socket_t fd, short what, void *ctx)
{
    struct recheck *recheck = ctx;
    uint64_t times;

    (void)what;
    bool is_set = read(fd, &times, sizeof times) < 0 && errno == ECANCELED;
    arm_clock(recheck);
    if (is_set)
        timer_arm(recheck->settle, SETTLE_MS);
}

// ---- files

// Sets the watch at the nearest directory that exists; what must appear in it is the entry that leads to the file.
static void place(struct recheck *recheck, struct watched *file)
{
    char folder[PATH_MAX];
    struct stat info;

    snprintf(folder, sizeof folder, "%s", file->path);
    file->name[0] = '\0';
    file->watch = -1;
    if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode)) {
        file->watch = inotify_add_watch(recheck->inotify, folder, WATCHED);
        return;
    }
    while (file->watch < 0) {
        char *slash = strrchr(folder, '/');
        if (!slash || (slash == folder && slash[1] == '\0'))
            return;
        snprintf(file->name, sizeof file->name, "%s", slash + 1);
        slash[slash == folder ? 1 : 0] = '\0';
        file->watch = inotify_add_watch(recheck->inotify, folder, WATCHED);
    }
}

static void place_all(struct recheck *recheck)
{
    for (size_t i = 0; i < recheck->count; i++)
        place(recheck, &recheck->files[i]);
}

static bool concerns(const struct recheck *recheck, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    for (size_t i = 0; i < recheck->count; i++) {
        const struct watched *file = &recheck->files[i];
        bool is_entry = event->len > 0 && strcmp(event->name, file->name) == 0;
        // A directory that went ends its watch.
        if (event->wd == file->watch && (file->name[0] == '\0' || is_entry || event->mask & IN_IGNORED))
            return true;
    }
    return false;
}

static void on_file(evutil_socket_t fd, short what, void *ctx)
{
    struct recheck *recheck = ctx;
    char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool found = false;
    ssize_t n;

    (void)what;
    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        const struct inotify_event *event;
        for (ssize_t at = 0; at < n; at += (ssize_t)sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)(bytes + at);
            found = found || concerns(recheck, event);
        }
    }
    if (!found)
        return;
    place_all(recheck); // directories may have come and gone
    timer_arm(recheck->settle, SETTLE_MS);
}

// ---- reading

static void release(struct recheck *recheck)
{
    const int descriptors[] = {recheck->inotify, recheck->clock, recheck->ready};

    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    recheck->work.dispose(recheck->ctx);
    pthread_cond_destroy(&recheck->idle);
    pthread_mutex_destroy(&recheck->mutex);
    free(recheck);
}

static void *read_all(void *arg)
{
    struct recheck *recheck = arg;

    recheck->work.read(recheck->ctx);
    pthread_mutex_lock(&recheck->mutex);
    recheck->reading = false;
    bool orphan = recheck->orphan;
    if (!orphan)
        eventfd_write(recheck->ready, 1);
    pthread_cond_signal(&recheck->idle);
    pthread_mutex_unlock(&recheck->mutex);
    if (orphan)
        release(recheck);
    return NULL;
}

static bool is_reading(struct recheck *recheck)
{
    pthread_mutex_lock(&recheck->mutex);
    bool reading = recheck->reading;
    pthread_mutex_unlock(&recheck->mutex);
    return reading;
}

// For a thread that has read: nothing is left to it but its end.
static void join_thread(struct recheck *recheck)
{
    if (recheck->started)
        pthread_join(recheck->thread, NULL);
    recheck->started = false;
}

static void on_settled(evutil_socket_t fd, short what, void *ctx)
{
    struct recheck *recheck = ctx;

    (void)fd;
    (void)what;
    place_all(recheck);
    recheck->again = is_reading(recheck);
    if (recheck->again)
        return;
    join_thread(recheck);
    recheck->reading = true;
    recheck->started = thread_start(&recheck->thread, STACK, read_all, recheck) == 0;
    if (!recheck->started)
        recheck->reading = false;
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    struct recheck *recheck = ctx;
    eventfd_t count;

    (void)what;
    if (eventfd_read(fd, &count) < 0)
        return;
    recheck->work.done(recheck->ctx);
    if (recheck->again)
        timer_arm(recheck->settle, SETTLE_MS);
}

static void add(struct recheck *recheck, const char *path)
{
    if (recheck->count == sizeof recheck->files / sizeof *recheck->files)
        return;
    struct watched *file = &recheck->files[recheck->count];
    if ((size_t)snprintf(file->path, sizeof file->path, "%s", path) >= sizeof file->path)
        return;
    recheck->count++;
    place(recheck, file);
}

void recheck_watch(struct recheck *recheck, const char *path)
{
    char end[PATH_MAX];

    if (path[0] == '\0' || recheck->inotify < 0)
        return;
    add(recheck, path);
    if (realpath(path, end) && strcmp(end, path) != 0)
        add(recheck, end);
}

void recheck_forget(struct recheck *recheck)
{
    for (size_t i = 0; i < recheck->count; i++)
        if (recheck->files[i].watch >= 0)
            inotify_rm_watch(recheck->inotify, recheck->files[i].watch);
    recheck->count = 0;
}

// ---- the beginning and the end

struct recheck *recheck_new(struct event_base *base, const struct recheck_work *work, void *ctx)
{
    struct recheck *recheck = calloc(1, sizeof *recheck);

    if (!recheck) {
        work->dispose(ctx);
        return NULL;
    }
    recheck->work = *work;
    recheck->ctx = ctx;
    pthread_mutex_init(&recheck->mutex, NULL);
    thread_cond_init(&recheck->idle);
    recheck->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    recheck->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    recheck->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    recheck->settle = evtimer_new(base, on_settled, recheck);
    if (recheck->ready >= 0)
        recheck->on_ready = event_new(base, recheck->ready, EV_READ | EV_PERSIST, on_ready, recheck);
    if (recheck->inotify >= 0)
        recheck->on_file = event_new(base, recheck->inotify, EV_READ | EV_PERSIST, on_file, recheck);
    if (recheck->clock >= 0) {
        arm_clock(recheck);
        recheck->on_clock = event_new(base, recheck->clock, EV_READ | EV_PERSIST, on_clock, recheck);
    }
    if (!recheck->settle || !recheck->on_ready || event_add(recheck->on_ready, NULL) < 0 ||
        (recheck->on_file && event_add(recheck->on_file, NULL) < 0) ||
        (recheck->on_clock && event_add(recheck->on_clock, NULL) < 0)) {
        recheck_free(recheck, 0);
        return NULL;
    }
    return recheck;
}

void recheck_free(struct recheck *recheck, int wait_ms)
{
    if (!recheck)
        return;
    struct event *const events[] = {recheck->on_file, recheck->on_clock, recheck->on_ready, recheck->settle};
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++)
        if (events[i])
            event_free(events[i]);
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&recheck->mutex);
    int late = 0;
    while (recheck->reading && !late)
        late = pthread_cond_timedwait(&recheck->idle, &recheck->mutex, &until);
    bool orphan = recheck->reading;
    recheck->orphan = orphan;
    if (orphan)
        pthread_detach(recheck->thread);
    pthread_mutex_unlock(&recheck->mutex);
    if (orphan) // from here on all of it is the thread's
        return;
    join_thread(recheck);
    release(recheck);
}
