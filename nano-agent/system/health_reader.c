// SPDX-License-Identifier: MIT
#include "nano-agent/system/health_reader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"
#include "nano-agent/system/health.h"

enum { STACK_SIZE = 128 * 1024 }; // enough for opendir and the paths of health.c

struct health_reader {
    struct health health;        // the thread's own
    struct status_health latest; // none while a reading is under way
    char root[HEALTH_ROOT_SIZE];
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool wanted;    // a reading is under way, or is to begin
    int64_t due_ms; // when the next may begin
    bool end;
    bool abandoned; // nobody waits for the thread any more: it frees the reader
};

static void destroy(struct health_reader *reader)
{
    pthread_cond_destroy(&reader->wake);
    pthread_cond_destroy(&reader->done);
    pthread_mutex_destroy(&reader->mutex);
    free(reader);
}

static void *work(void *arg)
{
    struct health_reader *reader = arg;
    health_init(&reader->health, reader->root);
    pthread_mutex_lock(&reader->mutex);
    for (;;) {
        while (!reader->wanted && !reader->end)
            pthread_cond_wait(&reader->wake, &reader->mutex);
        if (reader->end)
            break;
        struct status_health figures;
        pthread_mutex_unlock(&reader->mutex);
        health_read(&reader->health, &figures);
        pthread_mutex_lock(&reader->mutex);
        reader->latest = figures;
        reader->wanted = false;
        pthread_cond_broadcast(&reader->done);
    }
    bool abandoned = reader->abandoned;
    pthread_mutex_unlock(&reader->mutex);
    if (abandoned)
        destroy(reader);
    return NULL;
}

struct health_reader *health_reader_new(const char *root)
{
    struct health_reader *reader = calloc(1, sizeof *reader);
    if (!reader || strlen(root) >= sizeof reader->root) {
        free(reader);
        return NULL;
    }
    snprintf(reader->root, sizeof reader->root, "%s", root);
    reader->wanted = true;
    pthread_mutex_init(&reader->mutex, NULL);
    thread_cond_init(&reader->wake);
    thread_cond_init(&reader->done);
    if (thread_start(&reader->thread, STACK_SIZE, work, reader) < 0) {
        destroy(reader);
        return NULL;
    }
    return reader;
}

void health_reader_take(struct health_reader *reader, int64_t now_ms, struct status_health *out)
{
    pthread_mutex_lock(&reader->mutex);
    *out = reader->latest;
    bool begins = !reader->wanted && now_ms >= reader->due_ms;
    if (begins) {
        reader->latest = (struct status_health){0};
        reader->wanted = true;
        reader->due_ms = now_ms + HEALTH_READER_EVERY_MS;
    }
    pthread_mutex_unlock(&reader->mutex);
    if (begins) // after the unlock, or the thread would wake only to wait for the mutex
        pthread_cond_signal(&reader->wake);
}

void health_reader_free(struct health_reader *reader, int wait_ms)
{
    if (!reader)
        return;
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&reader->mutex);
    int late = 0;
    while (reader->wanted && !late)
        late = pthread_cond_timedwait(&reader->done, &reader->mutex, &until);
    reader->end = true;
    pthread_t thread = reader->thread;
    if (late) {
        reader->abandoned = true;
        pthread_detach(thread);
    }
    pthread_cond_signal(&reader->wake);
    pthread_mutex_unlock(&reader->mutex);
    if (late)
        return;
    pthread_join(thread, NULL);
    destroy(reader);
}
