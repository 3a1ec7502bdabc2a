// SPDX-License-Identifier: MIT
#include "nano-agent/daemon_io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mqtt/link_reason.h"
#include "nano-agent/refusal.h"
#include "nano-agent/system/notify.h"

enum { REPORTS_KEPT = 3, EXPIRY_MIN_S = 10 };

int64_t daemon_boot_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void daemon_tell_refusal(struct daemon *daemon, size_t len, int code)
{
    char sentence[REFUSAL_SIZE];
    if (code == daemon->refusal)
        return;
    daemon->refusal = code;
    if (code == 0)
        return;
    refusal_sentence(sentence, daemon->session.status, (unsigned)len, code);
    log_warning("%s", sentence);
}

// So long the broker keeps a report for those who subscribe later. An agent that died together with its broker leaves no
// report behind that says it is online. An offline status stays.
static uint32_t expiry_s(const struct daemon *daemon)
{
    uint32_t seconds = (uint32_t)(REPORTS_KEPT * daemon->config->agent.report_ms + 999) / 1000;
    return seconds < EXPIRY_MIN_S ? EXPIRY_MIN_S : seconds;
}

static int io_status(void *ctx, const char *json, size_t len, bool heartbeat, bool final)
{
    struct daemon *daemon = ctx;
    int token = 0;
    struct link_publication publication = {.topic = daemon->session.status,
        .payload = json,
        .len = len,
        .qos = heartbeat || final,
        .retain = true,
        .expiry_s = final ? 0 : expiry_s(daemon)};
    int rc = link_send(daemon->link, &publication, heartbeat ? &token : NULL);
    if (rc == 0 && heartbeat) {
        daemon->heartbeat = token;
        daemon->heartbeat_len = len;
    } else if (rc < 0 && rc != -ENOTCONN) {
        daemon_tell_refusal(daemon, len, rc);
    }
    if (log_enabled(LOG_LEVEL_DEBUG))
        log_debug("status of %zu bytes, because of %s%s%s", len,
            heartbeat ? "the heartbeat" : daemon->because, rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
    return rc;
}

static void trace_link(const struct link_report *report)
{
    const struct link_broker *broker = &report->broker;
    switch (report->state) {
    case LINK_WAITING:
        log_debug(
            "link: the next attempt is in %d ms, after %u that failed", report->retry_ms, report->attempts);
        break;
    case LINK_CONNECTING:
        log_debug("link: connecting to %s:%d", broker->host, broker->port);
        break;
    case LINK_UP:
        log_debug("link: up");
        break;
    case LINK_CLOSED:
        log_debug("link: closed");
        break;
    }
}

void daemon_tell_link(struct daemon *daemon, const struct link_report *report)
{
    trace_link(report);
    const struct link_broker *broker = &report->broker;
    char place[LINK_PLACE_SIZE];
    link_reason_place(place, broker->host, broker->port);
    if (report->state == LINK_UP) {
        log_info("connected to %s (MQTT %s%s)", place, report->version == 5 ? "5" : "3.1.1",
            broker->transport == LINK_TLS ? ", TLS" : "");
        if (!report->rival) // else the same sentence would come again and again
            daemon->reason[0] = '\0';
        if (report->note[0] && strcmp(report->note, daemon->note) != 0)
            log_warning("%s", report->note);
        snprintf(daemon->note, sizeof daemon->note, "%s", report->note);
    } else if (report->reason[0] && strcmp(report->reason, daemon->reason) != 0) {
        log_warning("%s", report->reason);
        snprintf(daemon->reason, sizeof daemon->reason, "%s", report->reason);
    } else {
        return;
    }
    char state[LINK_REASON_SIZE + LINK_HOST_MAX + 32];
    snprintf(state, sizeof state, "STATUS=%s %s", report->state == LINK_UP ? "connected to" : "no broker:",
        report->state == LINK_UP ? broker->host : report->reason);
    notify_send(state);
}

bool daemon_rests(void *ctx)
{
    struct daemon *daemon = ctx;
    const struct status *status = agent_status(daemon->agent);
    for (size_t i = 0; i < status->count; i++)
        if (kind_moves(&status->channels[i]))
            return false;
    return true;
}

void daemon_publish_about(void *ctx, const char *json)
{
    struct daemon *daemon = ctx;
    if (!daemon->up || daemon->stopping)
        return; // the next connection asks again
    int rc = link_publish(daemon->link, daemon->session.about, json, strlen(json), 1, true, NULL, 0, NULL);
    if (rc < 0 && rc != -ENOTCONN)
        log_warning("%s: %s", daemon->session.about, strerror(-rc));
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
    int rc = link_publish(daemon->link, topic, "", 0, 1, true, NULL, 0, &daemon->clearing);
    snprintf(daemon->cleared_topic, sizeof daemon->cleared_topic, "%s", topic);
    if (rc < 0)
        log_warning("%s holds an old command that could not be cleared: %s", topic, strerror(-rc));
    else
        log_warning("%s held an old command, which nothing obeys; clearing it", topic);
}

void daemon_log_commands(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    char line[COMMAND_LOG_SIZE];
    (void)fd;
    (void)what;
    while (command_log_next(&daemon->commands, clock_now_us(), line))
        log_info("%s", line);
}

static void io_done(void *ctx, const struct status_last *last, int64_t took_us)
{
    struct daemon *daemon = ctx;
    if (log_enabled(LOG_LEVEL_INFO) && command_log_add(&daemon->commands, last, took_us, clock_now_us()))
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
    health_reader_take(daemon->health, clock_now_ms(), out);
}

static void io_save(void *ctx, const struct positions *positions)
{
    struct daemon *daemon = ctx;
    store_save(daemon->store, positions);
}

static int64_t io_clock(void *ctx)
{
    (void)ctx;
    return clock_now_us();
}

const struct agent_io daemon_io = {
    io_status, io_reply, io_clear_retained, io_done, io_trouble, io_health, io_save, io_clock};
