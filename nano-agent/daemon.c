// SPDX-License-Identifier: MIT
// Wiring: configuration -> hardware -> agent -> link -> loop.
#include "nano-agent/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"
#include "common/earlier.h"
#include "common/log.h"
#include "common/memory_limit.h"
#include "nano-agent/config/config_describe.h"
#include "nano-agent/config/config_watch.h"
#include "nano-agent/daemon_io.h"
#include "nano-agent/outputs.h"
#include "nano-agent/system/notify.h"

enum {
    STOP_MS = 1000,
    HEALTH_MS = 100,
    CONFIG_MS = 200,  // the authorities of a system are some hundred kilobytes to read
    TRY_US = 5000000, // between two attempts to open hardware that is not there
    REFUSED = 128
}; // REFUSED: the lowest MQTT 5 reason code of a failure

static int64_t lost_at_us(const struct daemon *daemon)
{
    return daemon->guarding ? (daemon->heard_ms + daemon->config->lost_after_ms) * 1000 : INT64_MAX;
}

static int64_t next_us(const struct daemon *daemon)
{
    int64_t next = earlier(agent_next_us(daemon->agent), command_log_due_us(&daemon->commands));
    next = earlier(next, log_next_us());
    next = earlier(next, watchdog_next_us(&daemon->watchdog));
    next = earlier(next, guardian_next_us(daemon->guardian));
    if (daemon->stopping)
        return earlier(next, daemon->stop_by_us);
    return earlier(earlier(next, lost_at_us(daemon)), daemon->try_us);
}

// Arms the one timer for whatever is due next. It is a timerfd, because libevent's own timers are 4 to 7 ms late, or cost
// a system call in each turn of the loop with PRECISE_TIMER. This one costs a call only when the time changes.
static void schedule(struct daemon *daemon)
{
    bool may_turn = outputs_may_turn(daemon->config, daemon->outputs);
    int64_t now_us = clock_now_us();
    guardian_beat(daemon->guardian, may_turn, now_us);
    watchdog_hurry(&daemon->watchdog, may_turn, now_us);
    int64_t next = next_us(daemon);
    if (next == daemon->armed_us)
        return;
    daemon->armed_us = next;
    struct itimerspec at = {0}; // a time of zero disarms the timer
    if (next != INT64_MAX) {
        if (next < 1)
            next = 1;
        at.it_value =
            (struct timespec){.tv_sec = (time_t)(next / 1000000), .tv_nsec = (long)(next % 1000000) * 1000};
    }
    if (timerfd_settime(daemon->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0) {
        log_error("timer: %s", strerror(errno));
        event_base_loopbreak(daemon->base);
    }
}

static void quit_if_done(struct daemon *daemon)
{
    bool closed = link_report(daemon->link)->state == LINK_CLOSED;
    if (daemon->stopping &&
        (clock_now_us() >= daemon->stop_by_us || (closed && agent_next_us(daemon->agent) == INT64_MAX)))
        event_base_loopbreak(daemon->base);
}

static void check_lost(struct daemon *daemon)
{
    if (daemon->up && link_last_proof_ms(daemon->link) > daemon->heard_ms)
        daemon->heard_ms = link_last_proof_ms(daemon->link);
    if (clock_now_us() < lost_at_us(daemon))
        return;
    daemon->guarding = false;
    daemon->because = "the link, which is lost";
    agent_link_lost(daemon->agent, clock_now_us(), daemon_boot_ms());
    if (!daemon->up)
        return;
    char reason[LINK_REASON_SIZE];
    snprintf(reason, sizeof reason, "nothing heard for %d.%d s", daemon->config->lost_after_ms / 1000,
        daemon->config->lost_after_ms % 1000 / 100);
    link_reset(daemon->link, TROUBLE_TIMEOUT, reason);
}

static void on_edge(evutil_socket_t fd, short what, void *arg)
{
    struct daemon_edge *edge = arg;
    struct daemon *daemon = edge->daemon;
    struct hw_input *input = daemon->outputs[edge->channel].input;
    bool level;
    unsigned edges;
    (void)fd;
    (void)what;
    int rc = input->ops->read_edges(input, &level, &edges);
    if (rc == -EAGAIN)
        return;
    if (rc < 0) {
        log_error("input %s: %s; it is no longer watched",
            daemon->config->agent.channels[edge->channel].id.name, strerror(-rc));
        event_del(edge->event);
        return;
    }
    daemon->because = "an input";
    if (edges > 1) // a short press whose end came along with its beginning
        agent_input(daemon->agent, edge->channel, !level, clock_now_us(), daemon_boot_ms());
    agent_input(daemon->agent, edge->channel, level, clock_now_us(), daemon_boot_ms());
    schedule(daemon);
}

// The result of what a motor was asked for is there: the bus that it is on answers in its own time.
static void on_motor(evutil_socket_t fd, short what, void *arg)
{
    struct daemon_edge *edge = arg;
    struct daemon *daemon = edge->daemon;
    eventfd_t times;
    (void)what;
    eventfd_read(fd, &times); // Whoever asked for the result before the event came has read it.
    daemon->because = "a motor";
    agent_tick(daemon->agent, clock_now_us(), daemon_boot_ms());
    quit_if_done(daemon);
    schedule(daemon);
}

static int watch_output(struct daemon *daemon, size_t channel)
{
    enum channel_port port = channel_port(daemon->config->agent.channels[channel].id.kind);
    struct daemon_edge *edge = &daemon->edges[channel];
    // The members of the union are pointers: without hardware all of them are NULL.
    if ((port != PORT_INPUT && port != PORT_MOTOR) || !daemon->outputs[channel].pwm)
        return 0;
    int fd = port == PORT_INPUT ? daemon->outputs[channel].input->fd : daemon->outputs[channel].motor->fd;
    if (fd < 0)
        return 0;
    edge->daemon = daemon;
    edge->channel = channel;
    edge->event =
        event_new(daemon->base, fd, EV_READ | EV_PERSIST, port == PORT_INPUT ? on_edge : on_motor, edge);
    return edge->event && event_add(edge->event, NULL) == 0 ? 0 : -ENOMEM;
}

static int watch_outputs(struct daemon *daemon)
{
    int rc = 0;
    for (size_t i = 0; i < daemon->config->agent.count && rc == 0; i++)
        rc = watch_output(daemon, i);
    return rc;
}

static void on_tried(void *ctx, size_t channel, const char *fault, const union agent_output *output)
{
    struct daemon *daemon = ctx;
    if (fault) {
        agent_channel_fault(daemon->agent, channel, fault);
        return;
    }
    agent_channel_return(daemon->agent, channel, *output, clock_now_us());
    if (watch_output(daemon, channel) < 0)
        log_error(
            "%s: %s; it is not watched", daemon->config->agent.channels[channel].id.name, strerror(ENOMEM));
}

static void try_hardware(struct daemon *daemon)
{
    if (clock_now_us() < daemon->try_us)
        return;
    daemon->absent = outputs_try(daemon->config, daemon->outputs, &daemon->next_try, on_tried, daemon);
    daemon->try_us = daemon->absent > 0 ? clock_now_us() + TRY_US : INT64_MAX;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    uint64_t times;
    (void)what;
    if (read(fd, &times, sizeof times) < 0)
        return; // it was armed for another time after it had gone off
    daemon->armed_us = INT64_MAX;
    if (!daemon->stopping) {
        check_lost(daemon);
        try_hardware(daemon);
    }
    daemon->because = "a change";
    agent_tick(daemon->agent, clock_now_us(), daemon_boot_ms());
    watchdog_feed(&daemon->watchdog, clock_now_us());
    daemon_log_commands(-1, 0, daemon);
    log_tick();
    quit_if_done(daemon);
    schedule(daemon);
}

static void on_link(void *ctx, const struct link_report *report)
{
    struct daemon *daemon = ctx;
    bool up = report->state == LINK_UP;
    if (daemon->up && !up) // before anything else: nobody can stop a motor any more
        agent_link_down(daemon->agent, clock_now_us());
    if (daemon->up && !up && link_last_proof_ms(daemon->link) > daemon->heard_ms)
        daemon->heard_ms = link_last_proof_ms(daemon->link);
    if (!daemon->up && up) {
        daemon->guarding = true;
        daemon->heard_ms = link_last_proof_ms(daemon->link);
        daemon->because = "the link, which is up";
        agent_deaf(daemon->agent, report->deaf >> daemon->session.words_at);
        agent_link_up(daemon->agent, clock_now_us(), daemon_boot_ms());
        about_watch_ask(daemon->about);
    }
    daemon->up = up;
    daemon_tell_link(daemon, report);
    quit_if_done(daemon);
    schedule(daemon);
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct daemon *daemon = ctx;
    struct agent_command command = mqtt_session_command(&daemon->session, message);
    daemon->because = "a command";
    agent_command(daemon->agent, &command, clock_now_us(), daemon_boot_ms());
    schedule(daemon);
}

static void on_published(void *ctx, int token, int reason)
{
    struct daemon *daemon = ctx;
    if (token == daemon->clearing) {
        daemon->clearing = -1;
        if (reason >= REFUSED)
            log_warning("%s holds an old command that the broker does not let us clear (reason %d)",
                daemon->cleared_topic, reason);
    }
    if (token != daemon->heartbeat)
        return;
    daemon->heartbeat = -1;
    daemon_tell_refusal(daemon, daemon->heartbeat_len, reason >= REFUSED ? reason : 0);
    agent_heartbeat_done(daemon->agent);
}

static const struct link_events link_events = {
    .changed = on_link,
    .message = on_message,
    .published = on_published,
    .may_change_over = daemon_rests,
};

// Only how brokers are reached may change while the agent runs.
static void on_config(void *ctx, struct link_news *news)
{
    const struct daemon *daemon = ctx;
    link_renew(daemon->link, news);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct daemon *daemon = arg;
    (void)what;
    if (daemon->stopping) {
        // A second request ends it at once. A closed terminal sends two HUP: one by the kernel, one by the shell.
        if (number != SIGHUP)
            event_base_loopbreak(daemon->base);
        return;
    }
    log_info("stopping (%s)", stop_signals_name(number));
    notify_send("STOPPING=1");
    daemon->stopping = true;
    daemon->stop_by_us = clock_now_us() + (STOP_MS + 100) * INT64_C(1000);
    daemon->because = "the end";
    agent_stop(daemon->agent, clock_now_us(), daemon_boot_ms());
    link_close(daemon->link, STOP_MS);
    quit_if_done(daemon);
    schedule(daemon);
}

static void on_guardian(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    log_error("the guardian has ended; a motor goes on turning where this program ends without a word");
}

static int watch_guardian(struct daemon *daemon)
{
    if (daemon->guardian->fd < 0)
        return 0;
    daemon->guardian_event = event_new(daemon->base, daemon->guardian->fd, EV_READ, on_guardian, NULL);
    return daemon->guardian_event && event_add(daemon->guardian_event, NULL) == 0 ? 0 : -ENOMEM;
}

static int make_link(struct daemon *daemon)
{
    int rc = mqtt_session_init(&daemon->session, daemon->config, daemon->boot);
    if (rc == 0) {
        daemon->link = link_new(daemon->base, &daemon->session.options, &link_events, daemon);
        rc = daemon->link ? 0 : -ENOMEM;
    }
    mqtt_session_finish(&daemon->session);
    if (rc == 0) // without it nothing is noticed, and a refusal is tried again after half a minute
        daemon->watch =
            config_watch_new(daemon->base, daemon->config, daemon->argc, daemon->argv, on_config, daemon);
    return rc;
}

static void tell_store_trouble(const char *sentence)
{
    log_warning("%s", sentence);
}

static int make_agent(struct daemon *daemon)
{
    struct positions kept = {0};
    struct agent_io with = daemon_io;
    char why[STORE_WHY_SIZE];
    if (daemon->config->state[0]) {
        if (store_load(daemon->config->state, &kept, why) < 0)
            log_warning("%s", why);
        daemon->store = store_new(daemon->config->state, tell_store_trouble);
        if (!daemon->store)
            return -ENOMEM;
    } else {
        with.save = NULL;
    }
    daemon->agent = agent_new(&daemon->config->agent, daemon->outputs, &kept, daemon->boot, &with, daemon,
        clock_now_us(), daemon_boot_ms());
    return daemon->agent ? 0 : -ENOMEM;
}

static int make_loop(struct daemon *daemon)
{
    daemon->base = event_base_new();
    daemon->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (daemon->timer_fd < 0)
        return -errno;
    if (!daemon->base)
        return -ENOMEM;
    daemon->timer = event_new(daemon->base, daemon->timer_fd, EV_READ | EV_PERSIST, on_timer, daemon);
    daemon->log_event = event_new(daemon->base, -1, 0, daemon_log_commands, daemon);
    if (!daemon->timer || !daemon->log_event || event_add(daemon->timer, NULL) < 0)
        return -ENOMEM;
    return stop_signals_catch(&daemon->signals, daemon->base, on_signal, daemon);
}

static void finish(struct daemon *daemon)
{
    struct event *const events[] = {daemon->timer, daemon->log_event, daemon->guardian_event};
    bool may_turn = outputs_may_turn(daemon->config, daemon->outputs);
    daemon_log_commands(-1, 0, daemon);
    link_free(daemon->link);
    agent_free(daemon->agent);
    for (size_t i = 0; i < daemon->config->agent.count; i++) {
        if (daemon->edges[i].event)
            event_free(daemon->edges[i].event);
    }
    outputs_close(daemon->config, daemon->outputs);
    if (!may_turn) // else the guardian tries what this program could not do
        guardian_dismiss(daemon->guardian, GUARDIAN_DISMISS_MS);
    watchdog_hurry(&daemon->watchdog, false, clock_now_us()); // what follows may take its time
    store_free(daemon->store, STOP_MS);
    config_watch_free(daemon->watch, CONFIG_MS);
    health_reader_free(daemon->health, HEALTH_MS);
    about_watch_free(daemon->about, HEALTH_MS);
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (events[i])
            event_free(events[i]);
    }
    stop_signals_free(&daemon->signals);
    if (daemon->timer_fd >= 0)
        close(daemon->timer_fd);
    if (daemon->base)
        event_base_free(daemon->base);
    explicit_bzero(daemon->config->broker.password, sizeof daemon->config->broker.password);
}

// Opens the hardware, the link and the agent, in this order. 0, or the exit status of what went wrong, which is
// logged.
static int start(struct daemon *daemon)
{
    struct config *config = daemon->config;
    char why[OUTPUTS_WHY_SIZE];
    int rc = memory_limit_set(config->memory_limit_mib);
    if (rc < 0)
        log_warning("memory_limit = %d: %s", config->memory_limit_mib, strerror(-rc));
    rc = identity_boot(daemon->boot);
    if (outputs_guard_motors(config, daemon->guardian, why) < 0)
        log_warning("%s", why);
    if (rc == 0)
        daemon->absent = outputs_open(config, daemon->outputs);
    if (rc == 0)
        rc = make_loop(daemon);
    if (rc == 0)
        rc = make_link(daemon);
    if (rc == 0) {
        daemon->health = health_reader_new("");
        daemon->about = about_watch_new(daemon->base, config, daemon->boot, daemon_publish_about, daemon);
        rc = daemon->health ? make_agent(daemon) : -ENOMEM;
    }
    if (rc == 0)
        rc = watch_outputs(daemon);
    if (rc == 0)
        rc = watch_guardian(daemon);
    if (rc < 0) {
        log_error("start: %s", strerror(-rc));
        return EXIT_FAILURE;
    }
    return 0;
}

static void tell_absent(struct daemon *daemon)
{
    if (daemon->absent == 0)
        return;
    log_warning("%zu of %zu channels are without hardware; the others work, and those are tried every %d s",
        daemon->absent, daemon->config->agent.count, TRY_US / 1000000);
    daemon->try_us = clock_now_us() + TRY_US;
}

static void trace(const char *line)
{
    log_debug("%s", line);
}

int daemon_run(struct config *config, struct guardian *guardian, int argc, char **argv)
{
    static struct daemon daemon;
    daemon = (struct daemon){.config = config,
        .guardian = guardian,
        .argc = argc,
        .argv = argv,
        .armed_us = INT64_MAX,
        .try_us = INT64_MAX,
        .timer_fd = -1,
        .heartbeat = -1,
        .clearing = -1,
        .because = "the start"};
    command_log_init(&daemon.commands);
    if (log_enabled(LOG_LEVEL_DEBUG))
        config_describe(config, trace);
    int status = start(&daemon);
    if (status == 0) {
        tell_absent(&daemon);
        watchdog_start(&daemon.watchdog, clock_now_us());
        schedule(&daemon);
        if (event_base_dispatch(daemon.base) < 0 || !daemon.stopping) {
            log_error("the event loop ended: %s", strerror(errno));
            status = EXIT_FAILURE;
        }
    }
    finish(&daemon);
    return status;
}
