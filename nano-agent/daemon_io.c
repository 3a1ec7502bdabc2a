// SPDX-License-Identifier: MIT
#include "nano-agent/daemon_io.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

int64_t daemon_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t daemon_boot_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int io_status(void *ctx, const char *json, size_t len, bool heartbeat, bool final)
{
    struct daemon *daemon = ctx;
    int token = 0;
    int rc = link_publish(daemon->link, daemon->status, json, len, heartbeat || final, true, NULL, 0,
        heartbeat ? &token : NULL);
    if (rc == 0 && heartbeat)
        daemon->heartbeat = token;
    return rc;
}

static void io_reply(void *ctx, const char *topic, const char *json, size_t len, const void *correlation,
    size_t correlation_len)
{
    struct daemon *daemon = ctx;
    int rc = link_publish(daemon->link, topic, json, len, 0, false, correlation, correlation_len, NULL);
    if (rc < 0)
        log_warning("answer to %s: %s", topic, strerror(-rc));
}

static void io_clear_retained(void *ctx, const char *topic)
{
    struct daemon *daemon = ctx;
    int rc = link_publish(daemon->link, topic, "", 0, 1, true, NULL, 0, NULL);
    if (rc < 0)
        log_warning("%s holds an old command that could not be cleared: %s", topic, strerror(-rc));
    else
        log_warning("%s held an old command, which nothing obeys; clearing it", topic);
}

void daemon_log_done(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < daemon->done_count; i++) {
        const struct status_last *last = &daemon->done[i].last;
        log_info("%s%s%s%s%s: %s%s%s%s (%" PRId64 " us)", last->from, *last->from ? ": " : "", last->cmd,
            *last->id ? " " : "", last->id, protocol_result_name(last->result), last->again ? ", again" : "",
            *last->why ? ", " : "", last->why, daemon->done[i].took_us);
    }
    daemon->done_count = 0;
}

// Not written here: the report would wait for the terminal or the journal.
static void io_done(void *ctx, const struct status_last *last, int64_t took_us)
{
    struct daemon *daemon = ctx;
    if (!log_enabled(LOG_LEVEL_INFO))
        return;
    if (daemon->done_count == DONE_MAX)
        daemon_log_done(-1, 0, daemon);
    daemon->done[daemon->done_count++] = (struct done){*last, took_us};
    event_active(daemon->log_event, 0, 0);
}

static void io_trouble(void *ctx, const char *sentence)
{
    (void)ctx;
    log_warning("%s", sentence);
}

static void io_health(void *ctx, struct status_health *out)
{
    struct daemon *daemon = ctx;
    health_read(&daemon->health, out);
}

static void io_save(void *ctx, const struct positions *positions)
{
    struct daemon *daemon = ctx;
    store_save(daemon->store, positions);
}

static int64_t io_clock(void *ctx)
{
    (void)ctx;
    return daemon_now_us();
}

const struct agent_io daemon_io = {
    io_status, io_reply, io_clear_retained, io_done, io_trouble, io_health, io_save, io_clock};
