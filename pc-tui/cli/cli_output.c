// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_output.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/thread.h"

enum { STACK_SIZE = 64 * 1024 };

// What the loop and the thread share. Whoever of both leaves last frees it.
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    int fd;
    int failed_fd; // eventfd, readable after the first error
    bool busy, end, abandoned;
    int rc; // of the first line that could not be written
    unsigned long lost;
    size_t used;
    char *bytes, *taken; // each of CLI_OUTPUT_QUEUE bytes; the thread writes from taken
};

struct cli_output {
    struct queue *queue;
    pthread_t thread;
    struct event *failed_event;
    void (*failed)(void *ctx, int rc);
    void *ctx;
};

static void free_queue(struct queue *queue)
{
    if (queue->failed_fd >= 0)
        close(queue->failed_fd);
    pthread_cond_destroy(&queue->wake);
    pthread_cond_destroy(&queue->idle);
    pthread_mutex_destroy(&queue->lock);
    free(queue->bytes);
    free(queue->taken);
    free(queue);
}

static struct queue *new_queue(int fd)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    pthread_mutex_init(&queue->lock, NULL);
    thread_cond_init(&queue->wake);
    thread_cond_init(&queue->idle);
    queue->fd = fd;
    queue->failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    queue->bytes = malloc(CLI_OUTPUT_QUEUE);
    queue->taken = malloc(CLI_OUTPUT_QUEUE);
    if (queue->failed_fd >= 0 && queue->bytes && queue->taken)
        return queue;
    free_queue(queue);
    return NULL;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) { // somebody who shares the descriptor has set O_NONBLOCK
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static void *work(void *arg)
{
    struct queue *queue = arg;
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        while (queue->used == 0 && !queue->end)
            pthread_cond_wait(&queue->wake, &queue->lock);
        if (queue->used == 0)
            break;
        char *bytes = queue->bytes;
        size_t len = queue->used;
        queue->bytes = queue->taken;
        queue->taken = bytes;
        queue->used = 0;
        queue->busy = true;
        pthread_mutex_unlock(&queue->lock);
        int rc = write_all(queue->fd, bytes, len);
        pthread_mutex_lock(&queue->lock);
        queue->busy = false;
        if (rc < 0 && queue->rc == 0) {
            queue->rc = rc;
            eventfd_write(queue->failed_fd, 1);
        }
        if (queue->abandoned)
            break;
        if (queue->used == 0)
            pthread_cond_signal(&queue->idle);
    }
    bool abandoned = queue->abandoned;
    pthread_mutex_unlock(&queue->lock);
    if (abandoned)
        free_queue(queue);
    return NULL;
}

static void on_failed(evutil_socket_t fd, short what, void *ctx)
{
    struct cli_output *output = ctx;
    (void)fd;
    (void)what;
    pthread_mutex_lock(&output->queue->lock);
    int rc = output->queue->rc;
    pthread_mutex_unlock(&output->queue->lock);
    if (output->failed)
        output->failed(output->ctx, rc);
}

struct cli_output *cli_output_new(
    struct event_base *base, int fd, void (*failed)(void *ctx, int rc), void *ctx)
{
    struct cli_output *output = calloc(1, sizeof *output);
    if (!output)
        return NULL;
    output->failed = failed;
    output->ctx = ctx;
    output->queue = new_queue(fd);
    if (output->queue)
        output->failed_event = event_new(base, output->queue->failed_fd, EV_READ, on_failed, output);
    if (output->failed_event && event_add(output->failed_event, NULL) == 0 &&
        thread_start(&output->thread, STACK_SIZE, work, output->queue) == 0)
        return output;
    if (output->failed_event)
        event_free(output->failed_event);
    if (output->queue)
        free_queue(output->queue);
    free(output);
    return NULL;
}

void cli_output_put(struct cli_output *output, const char *text, size_t len)
{
    struct queue *queue = output->queue;
    pthread_mutex_lock(&queue->lock);
    if (queue->rc == 0 && queue->used + len + 1 <= CLI_OUTPUT_QUEUE) {
        memcpy(queue->bytes + queue->used, text, len);
        queue->used += len;
        queue->bytes[queue->used++] = '\n';
        pthread_cond_signal(&queue->wake);
    } else if (queue->rc == 0) {
        queue->lost++;
    }
    pthread_mutex_unlock(&queue->lock);
}

unsigned long cli_output_lost(struct cli_output *output)
{
    pthread_mutex_lock(&output->queue->lock);
    unsigned long lost = output->queue->lost;
    output->queue->lost = 0;
    pthread_mutex_unlock(&output->queue->lock);
    return lost;
}

int cli_output_free(struct cli_output *output, int wait_ms)
{
    if (!output)
        return 0;
    struct queue *queue = output->queue;
    struct timespec until = thread_deadline(wait_ms < 0 ? 0 : wait_ms);
    pthread_mutex_lock(&queue->lock);
    int late = 0;
    while ((queue->used > 0 || queue->busy) && !late) {
        if (wait_ms < 0)
            pthread_cond_wait(&queue->idle, &queue->lock);
        else
            late = pthread_cond_timedwait(&queue->idle, &queue->lock, &until);
    }
    int rc = queue->rc;
    queue->end = true;
    queue->abandoned = late != 0;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
    if (late) {
        pthread_detach(output->thread);
    } else {
        pthread_join(output->thread, NULL);
        free_queue(queue);
    }
    event_free(output->failed_event);
    free(output);
    return late && rc == 0 ? -ETIMEDOUT : rc;
}
