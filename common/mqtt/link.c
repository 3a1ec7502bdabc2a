// SPDX-License-Identifier: MIT
#include "common/mqtt/link.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mqtt/broker_list.h"
#include "common/mqtt/connection.h"
#include "common/mqtt/link_reason.h"
#include "common/mqtt/report.h"
#include "common/mqtt/scout.h"
#include "common/mqtt/timer.h"

enum {
    ATTEMPT_MS = 3000,
    SCOUT_MS = 10000,
    CHANGE_OVER_MS = 1000, // a broker that answers takes no longer, and nobody shall miss us meanwhile
    LIMIT_GROWTH_MAX = 4,  // so a step of an attempt may take up to 15 s
    HEAD_START_MS = 300,   // so long a look-up is waited for where older addresses of the name are known
};

// docs/architecture.md has the table of phases and events.
enum link_phase {
    LINK_PHASE_WAITING, // the timer begins the next attempt
    LINK_PHASE_AGAIN,   // the timer goes on with the attempt: another address, or another version of MQTT
    LINK_PHASE_ASKING,  // for the addresses of a name; the timer ends that
    LINK_PHASE_TRYING,  // a connection is being made; the timer ends that
    LINK_PHASE_UP,
    LINK_PHASE_CLOSING, // what was published is being sent; the timer ends that
    LINK_PHASE_CLOSED,
};

struct link {
    struct event_base *base;
    struct link_options options;
    const struct link_events *events;
    void *ctx;
    struct link_report report;
    enum link_phase phase;
    struct event *timer; // as phase says
    int depth;           // handlers of ours on the stack: freeing waits for the outermost
    bool free_later, closing;

    struct connection *connection; // while trying, up and closing
    struct connection_options wanted;

    struct broker_list list;
    struct scout *scout;
    bool changing_over;     // the first attempt at an earlier broker that answers again
    struct link_news *next; // of link_renew, until the next walk begins; NULL = none
};

static void attempt_ended(struct link *link, const struct connection_end *reported);

// What each step of an attempt may take: longer where walk after walk through the list fails, for slow lines.
static int limit_ms(const struct link *link)
{
    if (link->changing_over)
        return CHANGE_OVER_MS;
    size_t walks = link->report.attempts / link->options.broker_count;

    return link->options.attempt_ms * (int)(1 + (walks < LIMIT_GROWTH_MAX ? walks : LIMIT_GROWTH_MAX));
}

static void enter(struct link *link)
{
    link->depth++;
}

static void destroy(struct link *link)
{
    connection_free(link->connection);
    scout_free(link->scout);
    broker_list_finish(&link->list);
    link_news_free(link->next);
    if (link->timer)
        event_free(link->timer);
    explicit_bzero(link->options.password, sizeof link->options.password);
    free(link);
}

// Around everything that may call the owner: a link that is freed meanwhile goes when the outermost leaves.
static void leave(struct link *link)
{
    if (--link->depth == 0 && link->free_later)
        destroy(link);
}

static void notify(struct link *link)
{
    if (!link->free_later)
        link->events->changed(link->ctx, &link->report);
}

static void drop_connection(struct link *link)
{
    connection_free(link->connection);
    link->connection = NULL;
    scout_rest(link->scout);
    event_del(link->timer);
}

static void close_down(struct link *link)
{
    drop_connection(link);
    link->phase = LINK_PHASE_CLOSED;
    report_closed(&link->report);
    notify(link);
}

// ---- an attempt

static void fail(
    struct link *link, enum connection_phase phase, enum link_trouble trouble, const char *reason)
{
    struct connection_end end = {.phase = phase, .trouble = trouble};

    snprintf(end.reason, sizeof end.reason, "%s", reason);
    attempt_ended(link, &end);
}

static void on_subscribed(void *ctx)
{
    struct link *link = ctx;
    unsigned deaf;

    enter(link);
    event_del(link->timer);
    link->phase = LINK_PHASE_UP;
    broker_list_is_up(&link->list, clock_now_ms());
    link->changing_over = false;
    scout_begin(link->scout, link->list.at, link->list.tls);
    const struct link_limits *limits = connection_limits(link->connection, &deaf);
    report_up(&link->report, broker_list_current(&link->list), limits, deaf);
    notify(link);
    leave(link);
}

static void on_message(void *ctx, const struct link_message *message)
{
    const struct link *link = ctx;

    link->events->message(link->ctx, message);
}

static void on_published(void *ctx, int token, int reason)
{
    const struct link *link = ctx;

    if (link->events->published)
        link->events->published(link->ctx, token, reason);
}

static void on_ended(void *ctx, const struct connection_end *end)
{
    struct link *link = ctx;

    enter(link);
    attempt_ended(link, end);
    leave(link);
}

static const struct connection_events connection_events = {
    .subscribed = on_subscribed,
    .message = on_message,
    .published = on_published,
    .ended = on_ended,
};

static void connect_to_address(struct link *link)
{
    const struct broker *broker = broker_list_current(&link->list);
    struct connection_end end = {.phase = PHASE_TLS, .trouble = TROUBLE_TLS, .permanent = true};

    link->report.version = broker->version;
    link->phase = LINK_PHASE_TRYING;
    if (broker_list_prepare(&link->list, &link->wanted, end.reason) < 0) {
        attempt_ended(link, &end);
        return;
    }
    timer_arm(link->timer, limit_ms(link));
    link->connection =
        connection_open(link->base, broker_address(broker), &link->wanted, &connection_events, link);
    if (!link->connection)
        fail(link, PHASE_TCP, TROUBLE_MEMORY, "out of memory");
}

static void try_known_addresses(struct link *link)
{
    if (broker_take_addresses(broker_list_current(&link->list)))
        connect_to_address(link);
    else
        fail(link, PHASE_TCP, TROUBLE_RESOLVE, broker_list_current(&link->list)->unresolved);
}

static void on_answer(void *ctx, struct broker *broker)
{
    struct link *link = ctx;

    enter(link);
    if (link->phase == LINK_PHASE_ASKING && broker == broker_list_current(&link->list))
        try_known_addresses(link);
    else if (link->report.trouble == TROUBLE_RESOLVE && broker->fresh)
        link_retry_now(link);
    leave(link);
}

static void begin_attempt(struct link *link)
{
    struct broker *broker = broker_list_current(&link->list);

    link->phase = LINK_PHASE_ASKING;
    enum broker_lookup lookup = broker_begin(broker, clock_now_ms());
    report_connecting(&link->report, broker);
    notify(link);
    if (link->free_later || link->closing)
        return;
    bool something_to_try = broker->known.count > 0;
    switch (lookup) {
    case BROKER_LOOKUP_KNOWN:
        try_known_addresses(link);
        break;
    case BROKER_LOOKUP_ASKED:
        timer_arm(link->timer, something_to_try ? HEAD_START_MS : limit_ms(link));
        break;
    case BROKER_LOOKUP_ASKED_YET:
        timer_arm(link->timer, something_to_try ? 0 : limit_ms(link));
        break;
    case BROKER_LOOKUP_NO_MEMORY:
        fail(link, PHASE_TCP, TROUBLE_MEMORY, "out of memory");
        break;
    }
}

static void lookup_is_over(struct link *link)
{
    broker_give_up_asking(broker_list_current(&link->list), limit_ms(link));
    try_known_addresses(link);
}

static void attempt_is_over(struct link *link)
{
    static const enum link_reason_step steps[] = {
        STEP_CONNECT, STEP_TLS, STEP_CONNACK, STEP_SUBACK, STEP_SUBACK};
    int64_t since_ms;
    enum connection_phase phase = connection_phase(link->connection, &since_ms);
    int64_t left_ms = since_ms + limit_ms(link) - clock_now_ms();
    char reason[LINK_REASON_SIZE];

    if (left_ms > 0) { // it has come further since the timer was armed
        timer_arm(link->timer, (int)left_ms);
        return;
    }
    link_reason_timeout(reason, broker_list_current(&link->list)->name, limit_ms(link), steps[phase]);
    fail(link, phase, phase == PHASE_TCP ? TROUBLE_TIMEOUT : TROUBLE_SILENT, reason);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;

    (void)fd;
    (void)what;
    enter(link);
    switch (link->phase) {
    case LINK_PHASE_WAITING:
        begin_attempt(link);
        break;
    case LINK_PHASE_AGAIN:
        connect_to_address(link);
        break;
    case LINK_PHASE_ASKING:
        lookup_is_over(link);
        break;
    case LINK_PHASE_TRYING:
        attempt_is_over(link);
        break;
    case LINK_PHASE_CLOSING:
        // What is not acknowledged by now stays so; a broker that still reads drops the will.
        if (link->connection)
            connection_say_goodbye(link->connection);
        close_down(link);
        break;
    case LINK_PHASE_UP:
    case LINK_PHASE_CLOSED:
        break;
    }
    leave(link);
}

// ---- what follows the end of an attempt or a connection

static void wait_ms(struct link *link, enum link_phase phase, int ms)
{
    link->phase = phase;
    timer_arm(link->timer, ms);
}

static void on_found(void *ctx)
{
    struct link *link = ctx;

    if (link->phase != LINK_PHASE_UP || link->closing ||
        (link->events->may_change_over && !link->events->may_change_over(link->ctx)))
        return;
    enter(link);
    // Without DISCONNECT, so that this broker publishes the will: who looks there shall see that we are gone.
    drop_connection(link);
    scout_leave(link->scout);
    link->changing_over = true;
    link->list.at = 0;
    report_change_over(&link->report, broker_list_current(&link->list));
    wait_ms(link, LINK_PHASE_WAITING, 0);
    notify(link);
    leave(link);
}

static struct scout *make_scout(struct link *link)
{
    int every_ms = link->options.scout_ms > 0 ? link->options.scout_ms : SCOUT_MS;

    return scout_new(link->base, &link->options, every_ms, on_found, link);
}

static void take_next(struct link *link)
{
    scout_free(link->scout); // it knows the old list
    link_options_renew(&link->options, &link->next->options);
    broker_list_renew(&link->list, link->next);
    link->scout = make_scout(link);
    link_news_free(link->next);
    link->next = NULL;
}

static void wait_for_next_round(struct link *link)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof random);
    int ms = backoff_next(&link->list.backoff, random);
    link->list.at = 0;
    if (link->next) {
        take_next(link);
        ms = 0;
    }
    report_waiting(&link->report, ms);
    wait_ms(link, LINK_PHASE_WAITING, ms);
    notify(link);
}

static void remember_reason(struct link *link, const struct connection_end *end)
{
    if (!broker_list_says_little(&link->list, end))
        report_end(&link->report, broker_list_current(&link->list), end);
}

// Settles what comes next: the same broker in another way, another broker, or a wait.
static void attempt_ended(struct link *link, const struct connection_end *reported)
{
    struct connection_end end = *reported;
    bool was_up = link->phase == LINK_PHASE_UP;
    int64_t now_ms = clock_now_ms();
    bool permanent = broker_list_is_permanent(&link->list, &end, was_up, now_ms);

    drop_connection(link);
    if (link->closing) {
        close_down(link);
        return;
    }
    if (end.phase <= PHASE_TLS)
        remember_reason(link, &end);
    if (broker_try_again(broker_list_current(&link->list), &end)) {
        wait_ms(link, LINK_PHASE_AGAIN, 0);
        return;
    }
    if (was_up)
        link->report.rival = broker_list_lost(&link->list, &end, permanent, now_ms);
    remember_reason(link, &end);
    link->changing_over = false;
    if (!was_up) {
        link->report.attempts++;
        link->report.rival = broker_list_failed(&link->list, permanent);
        if (broker_list_next(&link->list)) {
            wait_ms(link, LINK_PHASE_WAITING, 0);
            return;
        }
    }
    wait_for_next_round(link);
}

// ---- what the owner asks for

struct link *link_new(
    struct event_base *base, const struct link_options *options, const struct link_events *events, void *ctx)
{
    struct link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    // From 2.0.15 on the library writes with MSG_NOSIGNAL, before that it ignores the signal too late.
    signal(SIGPIPE, SIG_IGN);
    link->base = base;
    link->options = *options;
    if (link->options.attempt_ms <= 0)
        link->options.attempt_ms = ATTEMPT_MS;
    link->events = events;
    link->ctx = ctx;
    link_options_for_connection(&link->options, &link->wanted);
    broker_list_init(&link->list, &link->options, base, on_answer, link);
    report_connecting(&link->report, broker_list_current(&link->list));
    link->timer = evtimer_new(base, on_timer, link);
    link->scout = make_scout(link);
    if (!link->timer || !link->scout) {
        destroy(link);
        return NULL;
    }
    wait_ms(link, LINK_PHASE_WAITING, 0);
    return link;
}

void link_free(struct link *link)
{
    if (!link)
        return;
    link->free_later = true;
    if (link->depth == 0)
        destroy(link);
}

int link_send(struct link *link, const struct link_publication *publication, int *token)
{
    if (!link->connection || link->free_later)
        return -ENOTCONN;
    return connection_publish(link->connection, publication, token);
}

void link_probe(struct link *link)
{
    if (link->connection)
        connection_probe(link->connection);
}

void link_renew(struct link *link, struct link_news *news)
{
    link_news_free(link->next);
    link->next = news;
    if (link->report.state == LINK_WAITING && !link->closing)
        wait_for_next_round(link);
}

void link_retry_now(struct link *link)
{
    if (link->report.state == LINK_WAITING && !link->closing)
        timer_arm(link->timer, 0);
}

void link_close(struct link *link, int timeout_ms)
{
    if (link->closing)
        return;
    link->closing = true;
    if (link->phase == LINK_PHASE_UP) {
        wait_ms(link, LINK_PHASE_CLOSING, timeout_ms);
        connection_close(link->connection);
    } else if (link->depth >
               0) { // reported from the loop, since the caller is in the middle of another report
        wait_ms(link, LINK_PHASE_CLOSING, 0);
    } else {
        enter(link);
        close_down(link);
        leave(link);
    }
}

void link_reset(struct link *link, enum link_trouble trouble, const char *reason)
{
    if (link->connection)
        connection_end(link->connection, trouble, reason);
}

const struct link_report *link_report(const struct link *link)
{
    return &link->report;
}

int64_t link_last_proof_ms(const struct link *link)
{
    return link->connection ? connection_last_proof_ms(link->connection) : 0;
}

size_t link_unsent(const struct link *link)
{
    return link->connection ? connection_unsent(link->connection) : 0;
}
