// SPDX-License-Identifier: MIT
#include "link_rig.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

const char *const rig_address = "127.0.0.1";
int rig_port;
pid_t rig_pid;

int64_t now_us(void)
{
    return clock_now_us();
}

static void append(char *log, const char *text)
{
    const size_t used = strlen(log);

    snprintf(log + used, LOG_SIZE - used, "%s", text);
}

static void on_changed(void *ctx, const struct link_report *report)
{
    struct end *end = ctx;
    static const char *const letters[] = {"w", "c", "u", "x"};

    append(end->states, letters[report->state]);
    if (report->reason[0] != '\0') {
        append(end->reasons, report->reason);
        append(end->reasons, "\n");
    }
    // Up is the one state without a reason.
    if (report->state == LINK_UP) {
        assert_int_equal(report->trouble, TROUBLE_NONE);
        assert_string_equal(report->reason, "");
    }
    if (report->state == LINK_CLOSED)
        end->closed = true;
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct end *end = ctx;

    assert_non_null(message->payload);
    end->messages++;
    end->last_len = message->len;
    end->last_retained = message->retained;
    snprintf(end->last, sizeof end->last, "%.*s", (int)message->len, (const char *)message->payload);
    snprintf(end->last_correlation, sizeof end->last_correlation, "%.*s", (int)message->correlation_len,
        message->correlation ? (const char *)message->correlation : "");
    if (end->echo)
        assert_int_equal(
            link_publish(end->link, "t/status", "{}", 2, end->echo_qos, false, NULL, 0, NULL), 0);
    if (end->free_in_message) {
        link_free(end->link);
        end->link = NULL;
        end->free_in_message = false;
    }
    if (end->close_in_message)
        link_close(end->link, 1000);
}

static void on_published(void *ctx, int token, int reason)
{
    struct end *end = ctx;

    end->published++;
    end->last_token = token;
    end->last_reason = reason;
    if (end->inside_publish)
        end->early_published++;
}

static const struct link_events events = {
    .changed = on_changed, .message = on_message, .published = on_published};

void options_for(struct link_options *options, const char *host, int port)
{
    *options = (struct link_options){.broker_count = 1, .keepalive_s = 10, .version = 5};
    snprintf(options->brokers[0].host, sizeof options->brokers[0].host, "%s", host);
    options->brokers[0].port = port;
    options->topics[0] = "t/control";
    options->topic_count = 1;
}

struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    assert_non_null(base);
    return base;
}

void open_end_in(struct event_base *base, struct end *end, const struct link_options *options)
{
    memset(end, 0, sizeof *end);
    end->base = base;
    end->opened_us = now_us();
    end->link = link_new(base, options, &events, end);
    assert_non_null(end->link);
}

void open_end(struct end *end, const struct link_options *options)
{
    open_end_in(new_base(), end, options);
}

void close_end(struct end *end)
{
    link_free(end->link);
    event_base_free(end->base);
}

void tick(struct event_base *base, int ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    event_base_loopexit(base, &tv);
    event_base_loop(base, EVLOOP_ONCE);
}

enum link_state state_of(const struct end *end)
{
    return link_report(end->link)->state;
}

void open_up(struct end *end)
{
    struct link_options options;

    options_for(&options, rig_address, rig_port);
    open_end(end, &options);
    WAIT_FOR(end, state_of(end) == LINK_UP);
}

int start_broker(void **state)
{
    (void)state;
    rig_port = peers_free_port();
    rig_pid = peers_start_mosquitto(rig_port, rig_address, true);
    return 0;
}

int end_broker(void **state)
{
    (void)state;
    if (rig_pid > 0)
        peers_end(rig_pid, SIGTERM);
    rig_pid = 0;
    return 0;
}
