// SPDX-License-Identifier: MIT
#include "pc-tui/history_file.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
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

// What the loop and the thread share. Whoever of both leaves last frees it.
struct job {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct line_history waiting;
    bool is_waiting, is_ending, has_ended;
    bool abandoned; // the loop's side is gone: the thread frees
    int rc;         // of the last save
    int saved_fd;   // eventfd, readable after each save
    char path[PATH_MAX];
};

struct history_writer {
    struct job *job;
    bool has_thread;
    pthread_t thread;
    struct event *saved_event;
    void (*saved)(void *ctx, int rc);
    void *ctx;
};

static void free_job(struct job *job)
{
    close(job->saved_fd);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *write_jobs(void *arg)
{
    struct job *job = arg;
    struct line_history history;
    pthread_mutex_lock(&job->lock);
    for (;;) {
        while (!job->is_waiting && !job->is_ending)
            pthread_cond_wait(&job->changed, &job->lock);
        if (!job->is_waiting)
            break;
        history = job->waiting;
        job->is_waiting = false;
        pthread_mutex_unlock(&job->lock);
        int rc = history_save(job->path, &history);
        pthread_mutex_lock(&job->lock);
        job->rc = rc;
        uint64_t one = 1;
        if (write(job->saved_fd, &one, sizeof one) < 0)
            job->rc = rc; // only full counters are refused, and then the loop is told already
    }
    bool abandoned = job->abandoned;
    job->has_ended = true;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (abandoned)
        free_job(job);
    return NULL;
}

static void on_saved(evutil_socket_t fd, short what, void *ctx)
{
    struct history_writer *writer = ctx;
    uint64_t count;
    (void)what;
    if (read(fd, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&writer->job->lock);
    int rc = writer->job->rc;
    pthread_mutex_unlock(&writer->job->lock);
    writer->saved(writer->ctx, rc);
}

static struct job *new_job(const char *path)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    pthread_condattr_t monotonic;
    job->saved_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->saved_fd < 0 || (size_t)snprintf(job->path, sizeof job->path, "%s", path) >= sizeof job->path) {
        if (job->saved_fd >= 0)
            close(job->saved_fd);
        free(job);
        return NULL;
    }
    pthread_mutex_init(&job->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&job->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return job;
}

struct history_writer *history_writer_new(
    struct event_base *base, const char *path, void (*saved)(void *ctx, int rc), void *ctx)
{
    struct history_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->saved = saved;
    writer->ctx = ctx;
    writer->job = new_job(path);
    if (writer->job)
        writer->saved_event = event_new(base, writer->job->saved_fd, EV_READ | EV_PERSIST, on_saved, writer);
    if (writer->saved_event && event_add(writer->saved_event, NULL) == 0)
        return writer;
    if (writer->saved_event)
        event_free(writer->saved_event);
    if (writer->job)
        free_job(writer->job);
    free(writer);
    return NULL;
}

// Signals are for the loop's thread.
static int start_thread(struct history_writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, write_jobs, writer->job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    writer->has_thread = error == 0;
    return -error;
}

void history_writer_save(struct history_writer *writer, const struct line_history *history)
{
    struct job *job = writer->job;
    int rc = writer->has_thread ? 0 : start_thread(writer);
    if (rc < 0) {
        writer->saved(writer->ctx, rc);
        return;
    }
    pthread_mutex_lock(&job->lock);
    job->waiting = *history;
    job->is_waiting = true;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

// True once the thread has written everything and ended.
static bool end_thread(struct job *job)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += HISTORY_GOODBYE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&job->lock);
    job->is_ending = true;
    pthread_cond_signal(&job->changed);
    int error = 0;
    while (!job->has_ended && error == 0)
        error = pthread_cond_timedwait(&job->changed, &job->lock, &until);
    bool ended = job->has_ended;
    job->abandoned = !ended;
    pthread_mutex_unlock(&job->lock);
    return ended;
}

void history_writer_free(struct history_writer *writer)
{
    if (!writer)
        return;
    event_free(writer->saved_event);
    if (!writer->has_thread) {
        free_job(writer->job);
    } else if (end_thread(writer->job)) {
        pthread_join(writer->thread, NULL);
        free_job(writer->job);
    } else {
        pthread_detach(writer->thread);
    }
    free(writer);
}

const char *history_writer_path(const struct history_writer *writer)
{
    return writer->job->path;
}
