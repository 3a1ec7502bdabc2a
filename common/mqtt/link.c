// SPDX-License-Identifier: MIT
#include "common/mqtt/link.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "common/mqtt/link_internal.h"
#include "common/mqtt/link_reason.h"

enum {
    ATTEMPT_MS = 3000,
    BACKOFF_FIRST_MS = 250,
    BACKOFF_MOST_MS = 5000,
    BACKOFF_PATIENT_MS = 30000, // where only a person can mend it
    JUST_SUBSCRIBED_MS = 2000,  // what arrives so soon was retained
    OLD_BROKER_MS = 600000,     // so long a broker that knew only 3.1.1 is not asked for 5 again
};

int64_t link_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct timeval ms_timeval(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L};
}

void link_arm(struct event *timer, int ms)
{
    const struct timeval tv = ms_timeval(ms);

    evtimer_add(timer, &tv);
}

void link_enter(struct link *link)
{
    link->depth++;
}

static void destroy(struct link *link)
{
    if (link->timer && link->misc)
        link_io_drop(link);
    if (link->timer)
        event_free(link->timer);
    if (link->misc)
        event_free(link->misc);
    if (link->wake)
        event_free(link->wake);
    explicit_bzero(link->options.password, sizeof link->options.password);
    free(link);
    mosquitto_lib_cleanup();
}

void link_leave(struct link *link)
{
    if (--link->depth == 0 && link->free_later)
        destroy(link);
}

void link_notify(struct link *link)
{
    if (!link->free_later)
        link->events->changed(link->ctx, &link->report);
}

const struct link_broker *link_current_broker(const struct link *link)
{
    return &link->options.brokers[link->broker];
}

// The one place that turns a name into addresses, best first. Blocks while it asks a name server; an address
// and "localhost" never do. Returns their number, or 0 with the error's words in *why.
static size_t resolve(
    const char *host, char addresses[LINK_ADDRESSES_MAX][LINK_ADDRESS_SIZE], const char **why)
{
    // Whatever /etc/hosts says of localhost, mosquitto without a listener line is on both of these.
    static const char *const local[] = {"127.0.0.1", "::1"};
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    size_t count = 0;

    if (strcasecmp(host, "localhost") == 0) {
        for (; count < 2; count++)
            memcpy(addresses[count], local[count], strlen(local[count]) + 1);
        return count;
    }
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc == EAI_NONAME) {
        hints.ai_flags = AI_ADDRCONFIG;
        rc = getaddrinfo(host, NULL, &hints, &list);
    }
    if (rc != 0) {
        *why = gai_strerror(rc);
        return 0;
    }
    for (const struct addrinfo *ai = list; ai && count < LINK_ADDRESSES_MAX; ai = ai->ai_next)
        if (getnameinfo(ai->ai_addr, ai->ai_addrlen, addresses[count], LINK_ADDRESS_SIZE, NULL, 0,
                NI_NUMERICHOST) == 0)
            count++;
    freeaddrinfo(list);
    if (count == 0)
        *why = "no usable address";
    return count;
}

void link_report_closed(struct link *link)
{
    link_io_drop(link);
    link->report.state = LINK_CLOSED;
    link->report.retry_ms = 0;
    link_notify(link);
}

static int jitter(int ms, int least)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof random);
    return least + (int)(random % (uint32_t)(ms - least + 1));
}

static void wait_for_next_round(struct link *link)
{
    int wait_ms;

    if (link->round_patient) {
        wait_ms = jitter(BACKOFF_PATIENT_MS, BACKOFF_PATIENT_MS * 3 / 4);
    } else {
        link->backoff_ms = link->backoff_ms == 0 ? BACKOFF_FIRST_MS : link->backoff_ms * 2;
        if (link->backoff_ms > BACKOFF_MOST_MS || link->taken_over)
            link->backoff_ms = BACKOFF_MOST_MS;
        wait_ms = jitter(link->backoff_ms, 1);
    }
    link->broker = 0;
    link->round_patient = true;
    link->taken_over = false;
    link->report.state = LINK_WAITING;
    link->report.retry_ms = wait_ms;
    link_arm(link->timer, wait_ms);
    link_notify(link);
}

// Counts connections that a message larger than our memory ended, and tells how to be rid of it.
static void judge_memory(struct link *link, enum phase phase)
{
    const bool early =
        phase == PHASE_SUBSCRIBE || (phase == PHASE_UP && link_now_ms() - link->up_ms < JUST_SUBSCRIBED_MS);

    if (link->verdict == TROUBLE_MEMORY && early)
        link->oversized++;
    else if (phase == PHASE_UP)
        link->oversized = 0;
    if (link->verdict == TROUBLE_MEMORY && link->oversized >= 2)
        link_words_oversized(link->verdict_reason, link_current_broker(link),
            link->options.topic_count > 0 ? link->options.topics[0] : "#");
}

// Two clients of one name throw each other out for ever, and not every broker says so: connections that do
// not last make the wait grow although each of them was subscribed.
static void judge_life(struct link *link)
{
    if (link_now_ms() - link->up_ms >= JUST_SUBSCRIBED_MS)
        link->short_lives = 0;
    else if (link->short_lives < 6)
        link->short_lives++;
    if (link->short_lives > 1)
        link->backoff_ms = BACKOFF_FIRST_MS << (link->short_lives - 2);
}

// Ends the attempt or connection as the verdict says and settles what comes next: another version, another
// address, another broker, or a wait.
void link_carry_out_verdict(struct link *link)
{
    const enum phase phase = link->phase;
    const enum link_trouble trouble = link->verdict;
    const bool was_up = phase == PHASE_UP;

    judge_memory(link, phase);
    link_io_drop(link);
    link->verdict = TROUBLE_NONE;
    if (link->closing) {
        link_report_closed(link);
        return;
    }
    // A broker that does not know MQTT 5 answers in one of several wrong ways, or hangs up.
    if (link->report.version == 5 && phase == PHASE_HELLO &&
        (trouble == TROUBLE_PROTOCOL || trouble == TROUBLE_NETWORK)) {
        link->fall_back = true;
        link_arm(link->timer, 0);
        return;
    }
    link->fall_back = false;
    const bool unreachable = phase == PHASE_IDLE || phase == PHASE_TCP;
    // The first address is the one that people know; that a name's further ones fail as well says little.
    if (!unreachable || link->address == 0) {
        link->report.trouble = trouble;
        memcpy(link->report.reason, link->verdict_reason, sizeof link->report.reason);
    }
    if (unreachable && link->address + 1 < link->address_count) {
        link->address++;
        link_arm(link->timer, 0);
        return;
    }
    link->address = link->address_count = 0;
    if (was_up)
        judge_life(link);
    else
        link->report.attempts++;
    link->round_patient = link->round_patient &&
                          (trouble == TROUBLE_LOGIN || (trouble == TROUBLE_MEMORY && link->oversized >= 2));
    if (!was_up && link->broker + 1 < link->options.broker_count) {
        link->broker++;
        link_arm(link->timer, 0);
        return;
    }
    wait_for_next_round(link);
}

void link_judge(struct link *link, enum link_trouble trouble, const char *reason)
{
    if (link->verdict != TROUBLE_NONE)
        return;
    link->verdict = trouble;
    snprintf(link->verdict_reason, sizeof link->verdict_reason, "%s", reason);
}

void link_now_up(struct link *link)
{
    if (!link->closing)
        event_del(link->timer);
    link->phase = PHASE_UP;
    link->up_ms = link_now_ms();
    link_io_arm_misc(link);
    link->backoff_ms = 0;
    link->fall_back = false;
    if (link->report.version == 4 && link->options.version == 5 && link->old_until[link->broker] == 0)
        link->old_until[link->broker] = link->up_ms + OLD_BROKER_MS;
    link->report.state = LINK_UP;
    link->report.trouble = TROUBLE_NONE;
    link->report.reason[0] = '\0';
    link->report.retry_ms = 0;
    link->report.attempts = 0;
    link_notify(link);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;
    int done[LINK_DONE_MAX];

    (void)fd;
    (void)what;
    link_enter(link);
    const size_t count = link->done_count;
    memcpy(done, link->done, count * sizeof done[0]);
    link->done_count = 0;
    for (size_t i = 0; i < count && !link->free_later; i++)
        link->events->published(link->ctx, done[i], 0);
    if (link->mosq)
        link_io_after(link, MOSQ_ERR_SUCCESS, 0);
    else if (link->closing && link->report.state != LINK_CLOSED)
        link_report_closed(link);
    link_leave(link);
}

static void begin_attempt(struct link *link)
{
    const struct link_broker *broker = link_current_broker(link);
    char reason[LINK_REASON_SIZE];
    const char *why = "";

    if (link_now_ms() >= link->old_until[link->broker])
        link->old_until[link->broker] = 0;
    const bool old = link->options.version == 4 || link->fall_back || link->old_until[link->broker] != 0;
    link->report.state = LINK_CONNECTING;
    link->report.broker = *broker;
    link->report.version = old ? 4 : 5;
    link->report.retry_ms = 0;
    if (link->address_count == 0) {
        link_notify(link);
        if (link->free_later || link->closing)
            return;
        link->address = 0;
        link->address_count = resolve(broker->host, link->addresses, &why);
    }
    if (link->address_count == 0) {
        link_words_unresolved(reason, broker, why);
        link_judge(link, TROUBLE_RESOLVE, reason);
        link_carry_out_verdict(link);
        return;
    }
    const int rc = link_io_open(link, link->addresses[link->address]);
    if (rc != 0) {
        link_io_judge_code(link, rc, errno);
        link_carry_out_verdict(link);
        return;
    }
    link_arm(link->timer, link->options.attempt_ms);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;
    char reason[LINK_REASON_SIZE];

    (void)fd;
    (void)what;
    link_enter(link);
    if (link->closing) {
        // Time is up. What is not acknowledged by now stays so; a broker that still reads drops the will.
        if (link->mosq && !link->disconnecting)
            mosquitto_disconnect(link->mosq);
        if (link->report.state != LINK_CLOSED)
            link_report_closed(link);
    } else if (link->phase == PHASE_IDLE) {
        begin_attempt(link);
    } else {
        link_words_timeout(reason, link_current_broker(link), link->options.attempt_ms,
            link->phase == PHASE_TCP, link->phase == PHASE_SUBSCRIBE);
        link_judge(link, TROUBLE_TIMEOUT, reason);
        link_carry_out_verdict(link);
    }
    link_leave(link);
}

struct link *link_new(
    struct event_base *base, const struct link_options *options, const struct link_events *events, void *ctx)
{
    struct link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    // From 2.0.15 on the library writes with MSG_NOSIGNAL, before that it ignores the signal too late.
    signal(SIGPIPE, SIG_IGN);
    mosquitto_lib_init();
    link->base = base;
    link->options = *options;
    if (link->options.attempt_ms <= 0)
        link->options.attempt_ms = ATTEMPT_MS;
    link->events = events;
    link->ctx = ctx;
    link->watched = -1;
    link->round_patient = true;
    link->report.state = LINK_CONNECTING;
    link->report.broker = options->brokers[0];
    link->report.version = options->version == 4 ? 4 : 5;
    link->timer = evtimer_new(base, on_timer, link);
    link->misc = evtimer_new(base, link_io_on_misc, link);
    link->wake = event_new(base, -1, 0, on_wake, link);
    if (!link->timer || !link->misc || !link->wake) {
        destroy(link);
        return NULL;
    }
    link_arm(link->timer, 0);
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

static int errno_of(int rc)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_NOMEM:
        return -ENOMEM;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
        return -EMSGSIZE;
    case MOSQ_ERR_NO_CONN:
        return -ENOTCONN;
    default:
        return -EINVAL;
    }
}

int link_publish(struct link *link, const char *topic, const void *payload, size_t len, int qos, bool retain,
    const void *correlation, size_t correlation_len, int *token)
{
    int mid = 0;

    // Refused here, because the library would keep a QoS 1 message and send it after the next connect.
    if (!link->mosq || link->phase < PHASE_SUBSCRIBE || link->verdict != TROUBLE_NONE ||
        link->disconnecting || link->free_later)
        return -ENOTCONN;
    if (len > MQTT_MAX_PAYLOAD || correlation_len > UINT16_MAX)
        return -EMSGSIZE;
    link_enter(link);
    int rc = link_io_publish(link, topic, payload, len, qos, retain, correlation, correlation_len, &mid);
    if (mosquitto_socket(link->mosq) < 0) {
        event_active(link->wake, 0, 0);
        rc = MOSQ_ERR_NO_CONN;
    } else if (link->depth == 1) {
        link_io_watch(link); // from inside a handler its end does it
    }
    link_leave(link);
    if (token)
        *token = mid;
    return errno_of(rc);
}

void link_retry_now(struct link *link)
{
    if (link->report.state == LINK_WAITING && !link->closing)
        link_arm(link->timer, 0);
}

void link_close(struct link *link, int timeout_ms)
{
    if (link->closing || link->report.state == LINK_CLOSED)
        return;
    link->closing = true;
    if (link->depth > 0 || link->phase == PHASE_UP) {
        link_arm(link->timer, timeout_ms > 0 ? timeout_ms : 0);
        event_active(link->wake, 0, 0);
        return;
    }
    link_enter(link);
    link_report_closed(link);
    link_leave(link);
}

void link_reset(struct link *link, enum link_trouble trouble, const char *reason)
{
    if (!link->mosq)
        return;
    link_judge(link, trouble, reason);
    event_active(link->wake, 0, 0);
}

const struct link_report *link_report(const struct link *link)
{
    return &link->report;
}

int64_t link_last_read_ms(const struct link *link)
{
    return link->last_read_ms;
}

size_t link_unsent(const struct link *link)
{
    return link->unsent;
}
