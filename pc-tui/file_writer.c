// SPDX-License-Identifier: MIT
#include "pc-tui/file_writer.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/thread.h"

enum { STACK_SIZE = 64 * 1024 };

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

int file_writer_write(const char *path, const char *text)
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
    size_t len = strlen(text);
    ssize_t written = write(fd, text, len);
    if (written < 0)
        rc = -errno;
    else if ((size_t)written != len)
        rc = -ENOSPC;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(temporary, path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(temporary);
    return rc;
}

// The loop and the thread share this. The one of them that leaves last frees it.
struct job {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *waiting; // the text that is to be written next; NULL = none
    bool is_ending, has_ended;
    bool abandoned; // true where the loop has left: the thread frees
    int rc;         // the result of the last save
    int saved_fd;   // eventfd, readable after each save
    char path[PATH_MAX];
};

struct file_writer {
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
    free(job->waiting);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *write_jobs(void *arg)
{
    struct job *job = arg;
    pthread_mutex_lock(&job->lock);
    for (;;) {
        while (!job->waiting && !job->is_ending)
            pthread_cond_wait(&job->changed, &job->lock);
        if (!job->waiting)
            break;
        char *text = job->waiting;
        job->waiting = NULL;
        pthread_mutex_unlock(&job->lock);
        int rc = file_writer_write(job->path, text);
        free(text);
        pthread_mutex_lock(&job->lock);
        job->rc = rc;
        uint64_t one = 1;
        if (write(job->saved_fd, &one, sizeof one) < 0)
            job->rc =
                rc; // the write fails only where the counter is full, and then the loop is awake already
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
    struct file_writer *writer = ctx;
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
    job->saved_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->saved_fd < 0 || (size_t)snprintf(job->path, sizeof job->path, "%s", path) >= sizeof job->path) {
        if (job->saved_fd >= 0)
            close(job->saved_fd);
        free(job);
        return NULL;
    }
    pthread_mutex_init(&job->lock, NULL);
    thread_cond_init(&job->changed);
    return job;
}

struct file_writer *file_writer_new(
    struct event_base *base, const char *path, void (*saved)(void *ctx, int rc), void *ctx)
{
    struct file_writer *writer = calloc(1, sizeof *writer);
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

void file_writer_save(struct file_writer *writer, char *text)
{
    struct job *job = writer->job;
    int rc = text ? 0 : -ENOMEM;
    if (rc == 0 && !writer->has_thread) {
        rc = thread_start(&writer->thread, STACK_SIZE, write_jobs, job);
        writer->has_thread = rc == 0;
    }
    if (rc < 0) {
        free(text);
        writer->saved(writer->ctx, rc);
        return;
    }
    pthread_mutex_lock(&job->lock);
    free(job->waiting);
    job->waiting = text;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

// True once the thread has written everything and ended.
static bool end_thread(struct job *job)
{
    struct timespec until = thread_deadline(FILE_WRITER_GOODBYE_MS);
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

void file_writer_free(struct file_writer *writer)
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

const char *file_writer_path(const struct file_writer *writer)
{
    return writer->job->path;
}
