// SPDX-License-Identifier: MIT
// Wiring: configuration -> hardware -> agent -> link -> loop.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/log.h"
#include "nano-agent/check/check.h"
#include "nano-agent/daemon.h"
#include "nano-agent/outputs.h"
#include "nano-agent/pins.h"
#include "nano-agent/system/notify.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

enum { UNSENT_MAX = 1000, STOP_MS = 1000 };

// ---- time

static int64_t lost_at_us(const struct app *app)
{
    return app->guarding ? (app->heard_ms + app->config.lost_after_ms) * 1000 : INT64_MAX;
}

static int64_t next_us(const struct app *app)
{
    int64_t next = agent_next_us(app->agent);
    if (app->stopping)
        return next < app->stop_by_us ? next : app->stop_by_us;
    int64_t lost = lost_at_us(app);
    next = lost < next ? lost : next;
    int64_t feed = app->watchdog_us ? app->watchdog_at_us + app->watchdog_us : INT64_MAX;
    return feed < next ? feed : next;
}

// One timer for everything, and a timerfd of our own: libevent's timers are 4 to 7 ms late, or with
// PRECISE_TIMER cost a system call each turn. This one costs a call only where the time has changed.
static void schedule(struct app *app)
{
    int64_t next = next_us(app);
    if (next == app->armed_us)
        return;
    app->armed_us = next;
    struct itimerspec at = {0}; // zero disarms
    if (next != INT64_MAX) {
        if (next < 1)
            next = 1;
        at.it_value =
            (struct timespec){.tv_sec = (time_t)(next / 1000000), .tv_nsec = (long)(next % 1000000) * 1000};
    }
    if (timerfd_settime(app->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0) {
        log_error("timer: %s", strerror(errno));
        event_base_loopbreak(app->base);
    }
}

static void quit_if_done(struct app *app)
{
    bool closed = link_report(app->link)->state == LINK_CLOSED;
    if (app->stopping &&
        (app_now_us() >= app->stop_by_us || (closed && agent_next_us(app->agent) == INT64_MAX)))
        event_base_loopbreak(app->base);
}

static void check_lost(struct app *app)
{
    if (app->up && link_last_read_ms(app->link) > app->heard_ms)
        app->heard_ms = link_last_read_ms(app->link);
    if (app_now_us() < lost_at_us(app))
        return;
    app->guarding = false;
    agent_link_lost(app->agent, app_now_us(), app_boot_ms());
    if (!app->up)
        return;
    char reason[LINK_REASON_SIZE];
    snprintf(reason, sizeof reason, "nothing heard for %d.%d s", app->config.lost_after_ms / 1000,
        app->config.lost_after_ms % 1000 / 100);
    link_reset(app->link, TROUBLE_TIMEOUT, reason);
}

static void feed_watchdog(struct app *app)
{
    // Along with the heartbeat where that comes in time, so that it costs no wake-up of its own.
    int64_t now = app_now_us();
    if (!app->watchdog_us || now - app->watchdog_at_us < app->watchdog_us / 2)
        return;
    app->watchdog_at_us = now;
    notify_send("WATCHDOG=1");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct app *app = arg;
    uint64_t times;
    (void)what;
    if (read(fd, &times, sizeof times) < 0)
        return; // set anew since it went off
    app->armed_us = INT64_MAX;
    if (!app->stopping)
        check_lost(app);
    agent_tick(app->agent, app_now_us(), app_boot_ms());
    feed_watchdog(app);
    quit_if_done(app);
    schedule(app);
}

// ---- what comes in

static void tell_link(struct app *app, const struct link_report *report)
{
    const char *host = report->broker.host;
    if (report->state == LINK_UP) {
        log_info(
            "connected to %s:%d (MQTT %s)", host, report->broker.port, report->version == 5 ? "5" : "3.1.1");
        app->reason[0] = '\0';
    } else if (report->reason[0] && strcmp(report->reason, app->reason) != 0) {
        log_warning("%s", report->reason);
        snprintf(app->reason, sizeof app->reason, "%s", report->reason);
    } else {
        return;
    }
    char state[LINK_REASON_SIZE + LINK_HOST_MAX + 32];
    snprintf(state, sizeof state, "STATUS=%s %s", report->state == LINK_UP ? "connected to" : "no broker:",
        report->state == LINK_UP ? host : report->reason);
    notify_send(state);
}

static void on_link(void *ctx, const struct link_report *report)
{
    struct app *app = ctx;
    bool up = report->state == LINK_UP;
    if (app->up && !up && link_last_read_ms(app->link) > app->heard_ms)
        app->heard_ms = link_last_read_ms(app->link);
    if (!app->up && up) {
        app->guarding = true;
        app->heard_ms = link_last_read_ms(app->link);
        agent_link_up(app->agent, app_now_us(), app_boot_ms());
    }
    app->up = up;
    tell_link(app, report);
    quit_if_done(app);
    schedule(app);
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct app *app = ctx;
    struct agent_command command = {.topic = message->topic,
        .shared = app->config.agent.device[0] && !strcmp(message->topic, app->control),
        .payload = message->payload,
        .len = message->len,
        .retained = message->retained,
        .response_topic = message->response_topic,
        .correlation = message->correlation,
        .correlation_len = message->correlation_len};
    agent_command(app->agent, &command, app_now_us(), app_boot_ms());
    schedule(app);
}

static void on_published(void *ctx, int token, int reason)
{
    struct app *app = ctx;
    (void)reason;
    if (token == app->heartbeat) {
        app->heartbeat = -1;
        agent_heartbeat_done(app->agent);
    }
}

static const struct link_events link_events = {on_link, on_message, on_published};

struct edge_arg { // an input's event knows its app and its channel
    struct app *app;
    size_t channel;
};

static void on_edge(evutil_socket_t fd, short what, void *arg)
{
    struct edge_arg *edge = arg;
    struct app *app = edge->app;
    struct hw_input *input = app->outputs[edge->channel].input;
    bool level;
    unsigned edges;
    (void)fd;
    (void)what;
    int status = input->ops->read_edges(input, &level, &edges);
    if (status == -EAGAIN)
        return;
    if (status < 0) {
        log_error("input %s: %s; it is no longer watched", app->config.agent.channels[edge->channel].id.name,
            strerror(-status));
        event_del(app->edges[edge->channel]);
        return;
    }
    if (edges > 1) // a short press whose end came along with its beginning
        agent_input(app->agent, edge->channel, !level, app_now_us(), app_boot_ms());
    agent_input(app->agent, edge->channel, level, app_now_us(), app_boot_ms());
    schedule(app);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct app *app = arg;
    (void)what;
    if (app->stopping) { // asked twice: at once
        event_base_loopbreak(app->base);
        return;
    }
    log_info("stopping (%s)", number == SIGTERM ? "SIGTERM" : "SIGINT");
    notify_send("STOPPING=1");
    app->stopping = true;
    app->stop_by_us = app_now_us() + (STOP_MS + 100) * INT64_C(1000);
    agent_stop(app->agent, app_now_us(), app_boot_ms());
    link_close(app->link, STOP_MS);
    quit_if_done(app);
    schedule(app);
}

// ---- start and end

static int limit_memory(int mib)
{
#ifdef UNDER_SANITIZER
    (void)mib;
    return 0;
#else
    // libmosquitto allocates what a PUBLISH header announces, up to 256 MB, before we are asked.
    if (mib == 0)
        return 0;
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) < 0)
        return -errno;
    rlim_t wanted = (rlim_t)mib * 1024 * 1024;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    return setrlimit(RLIMIT_DATA, &limit) < 0 ? -errno : 0;
#endif
}

static int watch_inputs(struct app *app, struct edge_arg args[PROTOCOL_CHANNELS_MAX])
{
    for (size_t i = 0; i < app->config.agent.count; i++) {
        if (channel_port(app->config.agent.channels[i].id.kind) != PORT_INPUT ||
            app->outputs[i].input->fd < 0)
            continue;
        args[i] = (struct edge_arg){app, i};
        app->edges[i] =
            event_new(app->base, app->outputs[i].input->fd, EV_READ | EV_PERSIST, on_edge, &args[i]);
        if (!app->edges[i] || event_add(app->edges[i], NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int make_link(struct app *app)
{
    const struct broker_options *broker = &app->config.broker;
    struct link_options options = {0};
    broker_options_to_link(broker, CONFIG_DEFAULT_BROKER, &options);
    if (!options.client_id[0])
        identity_client(broker->root, broker->device, options.client_id);
    protocol_topic(app->control, broker->root, "", "control");
    protocol_topic(app->own_control, broker->root, broker->device, "control");
    protocol_topic(app->status, broker->root, broker->device, "status");
    options.topics[0] = app->own_control;
    options.topics[1] = app->control;
    options.topic_count = broker->device[0] ? 2 : 1;
    options.topic_qos[0] = options.topic_qos[1] = broker->qos;
    if (status_write_offline(app->will, broker->device, app->boot, "") < 0)
        return -EMSGSIZE;
    options.will_topic = app->status;
    options.will_payload = app->will;
    options.unsent_max = UNSENT_MAX;
    app->link = link_new(app->base, &options, &link_events, app);
    explicit_bzero(options.password, sizeof options.password);
    return app->link ? 0 : -ENOMEM;
}

static void tell_store_trouble(const char *sentence)
{
    log_warning("%s", sentence);
}

static int make_agent(struct app *app)
{
    struct positions kept = {0};
    struct agent_io with = app_io;
    char why[STORE_WHY_SIZE];
    if (app->config.state[0]) {
        if (store_load(app->config.state, &kept, why) < 0)
            log_warning("%s", why);
        app->store = store_new(app->config.state, tell_store_trouble);
        if (!app->store)
            return -ENOMEM;
    } else {
        with.save = NULL;
    }
    app->agent = agent_new(
        &app->config.agent, app->outputs, &kept, app->boot, &with, app, app_now_us(), app_boot_ms());
    return app->agent ? 0 : -ENOMEM;
}

static int make_loop(struct app *app)
{
    app->base = event_base_new();
    app->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (app->timer_fd < 0)
        return -errno;
    if (!app->base)
        return -ENOMEM;
    app->timer = event_new(app->base, app->timer_fd, EV_READ | EV_PERSIST, on_timer, app);
    app->log_event = event_new(app->base, -1, 0, app_log_done, app);
    app->sigterm = evsignal_new(app->base, SIGTERM, on_signal, app);
    app->sigint = evsignal_new(app->base, SIGINT, on_signal, app);
    if (!app->timer || !app->log_event || !app->sigterm || !app->sigint || event_add(app->timer, NULL) < 0 ||
        event_add(app->sigterm, NULL) < 0 || event_add(app->sigint, NULL) < 0)
        return -ENOMEM;
    return 0;
}

static void finish(struct app *app)
{
    struct event *const events[] = {app->timer, app->log_event, app->sigterm, app->sigint};
    app_log_done(-1, 0, app);
    link_free(app->link);
    agent_free(app->agent);
    store_free(app->store, STOP_MS);
    for (size_t i = 0; i < app->config.agent.count; i++) {
        if (app->edges[i])
            event_free(app->edges[i]);
    }
    outputs_close(&app->config, app->outputs);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (app->timer_fd >= 0)
        close(app->timer_fd);
    if (app->base)
        event_base_free(app->base);
    explicit_bzero(app->config.broker.password, sizeof app->config.broker.password);
}

static int run(struct app *app)
{
    static struct edge_arg edge_args[PROTOCOL_CHANNELS_MAX];
    struct config *config = &app->config;
    int status = limit_memory(config->memory_limit_mib);
    if (status < 0)
        log_warning("memory_limit = %d: %s", config->memory_limit_mib, strerror(-status));
    status = identity_boot(app->boot);
    char why[OUTPUTS_WHY_SIZE];
    if (!status && outputs_open(config, app->outputs, why) < 0) {
        log_error("%s", why);
        return 2;
    }
    if (!status)
        status = make_loop(app);
    if (!status)
        status = make_link(app);
    if (!status) {
        health_init(&app->health, "");
        status = make_agent(app);
    }
    if (!status)
        status = watch_inputs(app, edge_args);
    if (status < 0) {
        log_error("start: %s", strerror(-status));
        return 1;
    }
    app->watchdog_us = notify_watchdog_us() / 2;
    app->watchdog_at_us = app_now_us();
    notify_send("READY=1");
    schedule(app);
    if (event_base_dispatch(app->base) < 0 || !app->stopping) {
        log_error("the event loop ended: %s", strerror(errno));
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct app app;
    int status = config_load(argc, argv, &app.config);
    if (status >= 0)
        return status;
    if (app.config.task == TASK_PINS)
        return pins_print(&app.config, stdout);
    if (app.config.task == TASK_CHECK)
        return check_run(&app.config, stdout);
    log_init("nano-agent", app.config.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (app.config.broker.password_on_command_line)
        log_warning("-P: every user of this machine can read it; --password-file hides it");
    app.armed_us = INT64_MAX;
    app.timer_fd = -1;
    app.heartbeat = -1;
    status = run(&app);
    finish(&app);
    return status;
}
