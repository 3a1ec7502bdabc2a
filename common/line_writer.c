// SPDX-License-Identifier: MIT
#include "common/line_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/thread.h"

enum { STACK_SIZE = 64 * 1024, NOTICE_MAX = 256, GATHER_MS = 1 };

struct line_writer {
    int fd;
    line_writer_notice *notice;
    pthread_mutex_t mutex;
    pthread_cond_t wake, hurry, idle;
    bool busy; // the thread is writing what it took from the queue
    bool end;
    // Nobody waits for the thread any more. It writes nothing more, for fd may be closed by then, and frees the writer.
    atomic_bool abandoned;
    unsigned long lost;   // lines after those in queue; while there are any, the queue takes none
    unsigned long failed; // the thread's own: lines that could not be written at all
    size_t used, size;    // bytes of queue
    pthread_t thread;
    char *taken; // the thread's own buffer, as large as the queue: the two are exchanged
    char *queue;
};

void line_writer_put(struct line_writer *writer, const char *line, size_t len)
{
    int saved_errno = errno;
    pthread_mutex_lock(&writer->mutex);
    bool sleeps = !writer->busy && writer->used == 0 && writer->lost == 0;
    if (writer->lost == 0 && writer->used + len <= writer->size) {
        memcpy(writer->queue + writer->used, line, len);
        writer->used += len;
    } else {
        writer->lost++;
    }
    pthread_mutex_unlock(&writer->mutex);
    if (sleeps) // after the unlock, or the thread would wake only to wait for the mutex
        pthread_cond_signal(&writer->wake);
    errno = saved_errno;
}

// One write a line, so that those of several programs on one terminal do not mix. False where the descriptor refuses
// it: nobody reads the pipe any more, or the disk is full.
static bool write_line(int fd, const char *line, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, line, len);
        if (done >= 0) {
            line += done;
            len -= (size_t)done;
        } else if (errno == EAGAIN) { // somebody who shares the descriptor has set O_NONBLOCK
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool write_notice(const struct line_writer *writer, unsigned long lost)
{
    char text[NOTICE_MAX];
    size_t len = writer->notice(text, sizeof text, lost);
    return write_line(writer->fd, text, len);
}

// Writes what was taken from the queue, and what of it, before it and after it is not there.
static void write_all(struct line_writer *writer, const char *text, size_t len, unsigned long lost_after)
{
    if (writer->failed > 0 && write_notice(writer, writer->failed))
        writer->failed = 0;
    while (len > 0 && !atomic_load(&writer->abandoned)) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) + 1 : len;
        if (!write_line(writer->fd, text, line))
            writer->failed++;
        text += line;
        len -= line;
    }
    if (lost_after > 0 && !atomic_load(&writer->abandoned) && !write_notice(writer, lost_after))
        writer->failed += lost_after;
}

static void destroy(struct line_writer *writer)
{
    pthread_cond_destroy(&writer->wake);
    pthread_cond_destroy(&writer->hurry);
    pthread_cond_destroy(&writer->idle);
    pthread_mutex_destroy(&writer->mutex);
    free(writer->queue);
    free(writer->taken);
    free(writer);
}

// Waits a moment, so that the lines of many commands in a row cost one wake-up and not one each.
static void gather(struct line_writer *writer)
{
    struct timespec until = thread_deadline(GATHER_MS);
    while (!writer->end && pthread_cond_timedwait(&writer->hurry, &writer->mutex, &until) == 0)
        ;
}

static void *work(void *arg)
{
    struct line_writer *writer = arg;
    // A thread of this policy never interrupts the event loop when it is woken: the loop first publishes what the line
    // is about.
    struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    pthread_mutex_lock(&writer->mutex);
    for (;;) {
        while (writer->used == 0 && writer->lost == 0 && !writer->end)
            pthread_cond_wait(&writer->wake, &writer->mutex);
        if (writer->used == 0 && writer->lost == 0)
            break;
        gather(writer);
        char *text = writer->queue;
        size_t len = writer->used;
        unsigned long lost = writer->lost;
        writer->queue = writer->taken;
        writer->taken = text;
        writer->used = writer->lost = 0;
        writer->busy = true;
        pthread_mutex_unlock(&writer->mutex);
        write_all(writer, text, len, lost);
        pthread_mutex_lock(&writer->mutex);
        writer->busy = false;
        if (writer->used == 0 && writer->lost == 0)
            pthread_cond_broadcast(&writer->idle);
    }
    bool abandoned = atomic_load(&writer->abandoned);
    pthread_mutex_unlock(&writer->mutex);
    if (abandoned)
        destroy(writer);
    return NULL;
}

struct line_writer *line_writer_new(int fd, size_t queue, line_writer_notice *notice)
{
    struct line_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    pthread_mutex_init(&writer->mutex, NULL);
    thread_cond_init(&writer->wake);
    thread_cond_init(&writer->hurry);
    thread_cond_init(&writer->idle);
    writer->fd = fd;
    writer->notice = notice;
    writer->size = queue;
    writer->queue = malloc(queue);
    writer->taken = malloc(queue);
    if (!writer->queue || !writer->taken || thread_start(&writer->thread, STACK_SIZE, work, writer) < 0) {
        destroy(writer);
        return NULL;
    }
    return writer;
}

void line_writer_free(struct line_writer *writer, int wait_ms)
{
    if (!writer)
        return;
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&writer->mutex);
    int late = 0;
    while ((writer->used > 0 || writer->lost > 0 || writer->busy) && !late)
        late = pthread_cond_timedwait(&writer->idle, &writer->mutex, &until);
    writer->end = true;
    pthread_t thread = writer->thread;
    if (late) {
        writer->used = writer->lost = 0;
        atomic_store(&writer->abandoned, true);
        pthread_detach(thread);
    }
    pthread_cond_signal(&writer->wake);
    pthread_cond_signal(&writer->hurry);
    pthread_mutex_unlock(&writer->mutex);
    if (late)
        return;
    pthread_join(thread, NULL);
    destroy(writer);
}
