// SPDX-License-Identifier: MIT
#include "pc-tui/session.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/broker_watch.h"
#include "common/clock.h"
#include "common/recheck.h"
#include "pc-tui/model/model_about.h"

// Any packet of the broker proves the connection, and at QoS 1 there is one for each message. Where none comes for so long, the
// other end is gone without a word; the keep-alive alone finds that after twice its time.
enum {
    PROOF_MS = 4000,
    QUIET_MS = 1000,  // a broker that has said anything since is not asked for a sign of life
    RECHECK_MS = 200, // at the end, for certificates that are being read
};

struct session {
    struct event_base *base;
    const struct session_events *events;
    void *ctx;
    char root[PROTOCOL_ROOT_MAX + 1];
    char topics[4][PROTOCOL_TOPIC_MAX]; // the link and the controller keep pointers to these
    int qos;
    struct model *model;
    struct controller *controller;
    struct link *link;
    struct recheck *recheck; // NULL for `send`, and where nobody can tell of changes
    struct event *wake;      // calls controller_tick
    struct event *pause;     // ends a session_pause whose stop is not acknowledged
    struct event *proof;     // looks whether the broker has said anything since asked_ms
    struct event *silence;   // looks whether a device has fallen silent since looked_us
    int64_t looked_us;
    int64_t asked_ms; // since when it owes an answer to what was sent, unless it has proven itself since
    bool pausing;
    bool closing;
};

struct controller_clock session_now(void)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct controller_clock){
        .us = clock_now_us(),
        .wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
    };
}

static void arm(struct event *timer, int64_t in_us)
{
    if (in_us < 0)
        in_us = 0;
    struct timeval delay = {.tv_sec = (time_t)(in_us / 1000000), .tv_usec = (suseconds_t)(in_us % 1000000)};
    evtimer_add(timer, &delay);
}

// Something was sent that the broker answers.
static void expect_proof(struct session *session)
{
    if (link_last_proof_ms(session->link) >= session->asked_ms)
        session->asked_ms = clock_now_ms();
    if (!evtimer_pending(session->proof, NULL))
        arm(session->proof, (int64_t)PROOF_MS * 1000);
}

static int shell_publish(
    void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token)
{
    struct session *session = ctx;
    int rc = link_publish(session->link, topic, payload, len, session->qos, retain, NULL, 0, token);
    if (rc == 0 && session->qos > 0)
        expect_proof(session);
    return rc;
}

static void on_proof(evutil_socket_t fd, short what, void *ctx)
{
    struct session *session = ctx;
    (void)fd;
    (void)what;
    // A connection that was made meanwhile has a proof of its own, the CONNACK.
    if (link_report(session->link)->state != LINK_UP ||
        link_last_proof_ms(session->link) >= session->asked_ms)
        return;
    int64_t left_ms = session->asked_ms + PROOF_MS - clock_now_ms();
    if (left_ms > 0)
        arm(session->proof, left_ms * 1000);
    else
        link_reset(session->link, TROUBLE_TIMEOUT, "no answer from the broker to what was sent");
}

static void look_for_silence_later(struct session *session)
{
    int64_t now_us = session_now().us;
    int64_t next_us = model_next_us(session->model, now_us);
    session->looked_us = now_us;
    if (next_us != INT64_MAX)
        arm(session->silence, next_us - now_us);
}

// Where a device that reports each second is silent, its machine may have failed or our own connection. Only the broker's answer
// tells, and who types nothing would wait for the keep-alive.
static void on_silence(evutil_socket_t fd, short what, void *ctx)
{
    struct session *session = ctx;
    (void)fd;
    (void)what;
    bool quiet = clock_now_ms() - link_last_proof_ms(session->link) >= QUIET_MS;
    if (link_report(session->link)->state == LINK_UP && quiet &&
        model_fell_silent(session->model, session->looked_us, session_now().us)) {
        link_probe(session->link);
        expect_proof(session);
    }
    look_for_silence_later(session);
}

static struct controller_clock shell_now(void *ctx)
{
    (void)ctx;
    return session_now();
}

static uint64_t shell_random(void *ctx)
{
    uint64_t number = 0;
    (void)ctx;
    // The kernel gives so few bytes at once and uninterrupted, so the loop only waits for it to have gathered any.
    while (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        continue;
    return number;
}

static void shell_wake(void *ctx, int64_t at_us)
{
    struct session *session = ctx;
    arm(session->wake, at_us - session_now().us);
}

static void shell_finished(void *ctx, const struct journal_event *event)
{
    struct session *session = ctx;
    if (session->events->finished)
        session->events->finished(session->ctx, event);
}

static const struct controller_shell shell = {
    .publish = shell_publish,
    .now = shell_now,
    .random = shell_random,
    .wake = shell_wake,
    .finished = shell_finished,
};

static void end_pause(struct session *session)
{
    if (!session->pausing)
        return;
    session->pausing = false;
    evtimer_del(session->pause);
    if (session->events->paused)
        session->events->paused(session->ctx);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct session *session = ctx;
    (void)fd;
    (void)what;
    controller_tick(session->controller);
    session->events->changed(session->ctx);
}

static void on_pause(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    end_pause(ctx);
}

static void on_link_changed(void *ctx, const struct link_report *report)
{
    struct session *session = ctx;
    controller_link(session->controller, report);
    session->events->changed(session->ctx);
    if (report->state != LINK_UP)
        end_pause(session);
    // Nothing may follow this call: it may free the session.
    if (report->state == LINK_CLOSED && session->closing && session->events->closed)
        session->events->closed(session->ctx);
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct session *session = ctx;
    char device[PROTOCOL_DEVICE_MAX + 1];
    if (model_about(session->model, message->topic, message->payload, message->len)) {
        session->events->changed(session->ctx);
        return;
    }
    if (session->events->status &&
        protocol_topic_device(message->topic, session->root, "status", device) == 0)
        session->events->status(session->ctx, device, message);
    controller_status(session->controller, message->topic, message->payload, message->len, message->retained);
    if (!evtimer_pending(session->silence, NULL))
        look_for_silence_later(session);
    session->events->changed(session->ctx);
}

static void on_published(void *ctx, int token, int reason)
{
    struct session *session = ctx;
    controller_published(session->controller, token, reason);
    if (session->pausing && controller_stop_is_safe(session->controller))
        end_pause(session);
    session->events->changed(session->ctx);
}

// Nothing of ours moves or is unanswered.
static bool on_may_change_over(void *ctx)
{
    struct session *session = ctx;
    const struct model *model = session->model;
    if (controller_busy(session->controller))
        return false;
    for (size_t i = 0; i < model->count; i++)
        if (controller_unanswered(session->controller, model->devices[i]->name) > 0)
            return false;
    return true;
}

static const struct link_events link_events = {
    .may_change_over = on_may_change_over,
    .changed = on_link_changed,
    .message = on_message,
    .published = on_published,
};

static int make_core(struct session *session, const struct tui_options *options)
{
    struct controller_options wanted = {
        .root = session->root,
        .ttl_ms = options->ttl_ms,
        .qos = options->broker.qos,
        .read_only = options->ui.read_only,
        .ask_device = options->run == TUI_SEND,
    };
    session->model = model_new(session->root, options->broker.device);
    if (!session->model)
        return -ENOMEM;
    session->controller = controller_new(session->model, &wanted, &shell, session);
    return session->controller ? 0 : -ENOMEM;
}

// What is read again, in a thread, where a file or the clock has changed: a refusal may have come from it.
struct renewal {
    struct session *session;
    const struct tui_options *was;
    struct tui_options now;
    struct link_news *news; // NULL: the files are wrong now
};

static void renewal_read(void *ctx)
{
    struct renewal *renewal = ctx;
    renewal->news = NULL;
    if (tui_config_renew(renewal->was, &renewal->now) == 0)
        renewal->news = broker_news(&renewal->now.broker, "localhost");
    explicit_bzero(renewal->now.broker.password, sizeof renewal->now.broker.password);
}

static void renewal_done(void *ctx)
{
    struct renewal *renewal = ctx;
    struct session *session = renewal->session;
    if (!renewal->news)
        return;
    tui_config_watch(&renewal->now, session->recheck);
    link_renew(session->link, renewal->news);
    renewal->news = NULL;
}

static void renewal_dispose(void *ctx)
{
    struct renewal *renewal = ctx;
    link_news_free(renewal->news);
    free(renewal);
}

static void watch_files(struct session *session, const struct tui_options *options)
{
    static const struct recheck_work work = {
        .read = renewal_read, .done = renewal_done, .dispose = renewal_dispose};
    struct renewal *renewal = calloc(1, sizeof *renewal);
    if (!renewal)
        return;
    renewal->session = session;
    renewal->was = options;
    session->recheck = recheck_new(session->base, &work, renewal);
    if (session->recheck)
        tui_config_watch(options, session->recheck);
}

static int make_link(struct session *session, const struct tui_options *options)
{
    struct link_options *wanted = calloc(1, sizeof *wanted);
    if (!wanted)
        return -ENOMEM;
    broker_options_to_link(&options->broker, "localhost", wanted);
    wanted->topics[wanted->topic_count++] = session->topics[0];
    // `send` to a named device does not need the reports of a thousand others.
    bool one = options->run == TUI_SEND && options->broker.device[0] != '\0';
    protocol_topic(session->topics[0], session->root, one ? options->broker.device : "", "status");
    if (!one) {
        protocol_topic(session->topics[1], session->root, "+", "status");
        wanted->topics[wanted->topic_count++] = session->topics[1];
    }
    // Behind the statuses, which tell what devices there are. A broker may refuse it.
    for (size_t i = 2; i < 4 && (options->run == TUI_SCREEN || options->run == TUI_DEVICES); i++) {
        protocol_topic(session->topics[i], session->root, i == 2 ? "" : "+", "about");
        wanted->topic_may_be_refused[wanted->topic_count] = true;
        wanted->topics[wanted->topic_count++] = session->topics[i];
    }
    session->link = link_new(session->base, wanted, &link_events, session);
    explicit_bzero(wanted, sizeof *wanted); // it holds the password
    free(wanted);
    if (session->link && options->argv && options->run != TUI_SEND)
        watch_files(session, options);
    return session->link ? 0 : -ENOMEM;
}

struct session *session_new(struct event_base *base, const struct tui_options *options,
    const struct session_events *events, void *ctx)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->base = base;
    session->events = events;
    session->ctx = ctx;
    session->qos = options->broker.qos;
    snprintf(session->root, sizeof session->root, "%s", options->broker.root);
    session->wake = evtimer_new(base, on_wake, session);
    session->pause = evtimer_new(base, on_pause, session);
    int rc = -ENOMEM;
    session->silence = evtimer_new(base, on_silence, session);
    session->proof = evtimer_new(base, on_proof, session);
    if (session->wake && session->pause && session->proof && session->silence)
        rc = make_core(session, options);
    if (rc == 0)
        rc = make_link(session, options);
    if (rc == 0)
        return session;
    session_free(session);
    errno = -rc;
    return NULL;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    recheck_free(session->recheck, RECHECK_MS);
    if (session->link)
        link_free(session->link);
    controller_free(session->controller);
    model_free(session->model);
    if (session->wake)
        event_free(session->wake);
    if (session->pause)
        event_free(session->pause);
    if (session->proof)
        event_free(session->proof);
    if (session->silence)
        event_free(session->silence);
    free(session);
}

struct model *session_model(struct session *session)
{
    return session->model;
}

struct controller *session_controller(struct session *session)
{
    return session->controller;
}

const struct link_report *session_link(const struct session *session)
{
    return link_report(session->link);
}

void session_retry(struct session *session)
{
    link_retry_now(session->link);
}

void session_leave(struct session *session)
{
    controller_leave(session->controller);
    session_close(session);
}

void session_close(struct session *session)
{
    if (session->closing)
        return;
    session->closing = true;
    session->pausing = false;
    link_close(session->link, SESSION_LEAVE_MS);
}

void session_pause(struct session *session)
{
    session->pausing = true;
    if (controller_pause(session->controller) == 0 || session->qos == 0)
        end_pause(session);
    else
        arm(session->pause, (int64_t)SESSION_LEAVE_MS * 1000);
}
