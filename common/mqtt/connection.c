// SPDX-License-Identifier: MIT
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mqtt/link_internal.h"
#include "common/mqtt/link_reason.h"

enum {
    MISC_MS = 1000, // the library counts whole seconds
    MISC_ON_READ_MS =
        500, // less than a heartbeat of 1 s that came a little early: else the timer adds a wake-up
    USER_TIMEOUT_MS = 4000, // unacknowledged bytes for so long: the peer is gone
    PACKETS_A_TURN = 16,    // then timers and other descriptors have their turn
};

static bool mid_is_unacked(const struct link *link, int mid)
{
    return link->unacked_mids[(mid & 0xffff) >> 3] & (1u << (mid & 7));
}

void link_io_drop(struct link *link)
{
    event_del(link->timer);
    event_del(link->misc);
    if (link->readable)
        event_free(link->readable);
    if (link->writable)
        event_free(link->writable);
    link->readable = link->writable = NULL;
    if (link->watched >= 0)
        close(link->watched);
    link->watched = -1;
    link->writing = link->paused = false;
    if (link->mosq)
        mosquitto_destroy(link->mosq);
    link->mosq = NULL;
    link->phase = PHASE_IDLE;
    link->unsent = link->unacked = link->done_count = 0;
    link->last_read_ms = 0;
    memset(link->unacked_mids, 0, sizeof link->unacked_mids);
}

void link_io_judge_code(struct link *link, int rc, int error)
{
    char reason[LINK_REASON_SIZE];
    const enum link_trouble trouble =
        link_words_code(reason, link_current_broker(link), rc, error, link->phase <= PHASE_HELLO);

    link_judge(link, trouble, reason);
}

static void judge_errno(struct link *link, int error)
{
    char reason[LINK_REASON_SIZE];
    const enum link_trouble trouble = link_words_errno(reason, link_current_broker(link), error);

    link_judge(link, trouble, reason);
}

static int subscribe(struct link *link)
{
    const struct link_options *options = &link->options;
    size_t done = 0;

    // One packet for all topics of one QoS: one SUBACK, and no message before it.
    link->subacks_missing = 0;
    while (done < options->topic_count) {
        size_t end = done + 1;
        while (end < options->topic_count && options->topic_qos[end] == options->topic_qos[done])
            end++;
        char *topics[LINK_TOPICS_MAX];
        for (size_t i = done; i < end; i++)
            topics[i - done] = (char *)(uintptr_t)options->topics[i];
        const int rc = mosquitto_subscribe_multiple(
            link->mosq, NULL, (int)(end - done), topics, options->topic_qos[done], 0, NULL);
        if (rc != 0)
            return rc;
        link->subacks_missing++;
        done = end;
    }
    return 0;
}

static void on_connect(
    struct mosquitto *mosq, void *arg, int code, int flags, const mosquitto_property *properties)
{
    struct link *link = arg;
    char reason[LINK_REASON_SIZE];

    (void)mosq;
    (void)flags;
    (void)properties;
    if (code != 0) {
        link_judge(link, link_words_refusal(reason, link_current_broker(link), code), reason);
        return;
    }
    link->phase = PHASE_SUBSCRIBE;
    const int rc = subscribe(link);
    if (rc != 0)
        link_io_judge_code(link, rc, errno);
    else if (link->subacks_missing == 0)
        link_now_up(link);
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted,
    const mosquitto_property *properties)
{
    struct link *link = arg;
    char reason[LINK_REASON_SIZE];

    (void)mosq;
    (void)mid;
    (void)properties;
    if (link->phase != PHASE_SUBSCRIBE || link->verdict != TROUBLE_NONE)
        return;
    for (int i = 0; i < count; i++) {
        if (granted[i] < 128)
            continue;
        link_words_denied(reason, link_current_broker(link),
            link->options.topic_count == (size_t)count ? link->options.topics[i] : link->options.topics[0]);
        link_judge(link, TROUBLE_DENIED, reason);
        return;
    }
    if (link->subacks_missing > 0 && --link->subacks_missing == 0)
        link_now_up(link);
}

static void on_disconnect(struct mosquitto *mosq, void *arg, int code, const mosquitto_property *properties)
{
    struct link *link = arg;
    char reason[LINK_REASON_SIZE];

    (void)mosq;
    (void)properties;
    if (code < 128) // the library's own codes; those are returned to us as well
        return;
    link->taken_over = code == MQTT_RC_SESSION_TAKEN_OVER;
    link_words_goodbye(reason, link_current_broker(link), code);
    link_judge(link, TROUBLE_CLOSED, reason);
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message,
    const mosquitto_property *properties)
{
    struct link *link = arg;
    char *response_topic = NULL;
    void *correlation = NULL;
    uint16_t correlation_len = 0;

    (void)mosq;
    if (link->free_later || link->verdict != TROUBLE_NONE)
        return;
    if (properties) {
        mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response_topic, false);
        mosquitto_property_read_binary(
            properties, MQTT_PROP_CORRELATION_DATA, &correlation, &correlation_len, false);
    }
    const struct link_message ours = {
        .topic = message->topic,
        .payload = message->payload ? message->payload : "",
        .len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
        .qos = message->qos,
        .retained = message->retain,
        .response_topic = response_topic,
        .correlation = correlation,
        .correlation_len = correlation_len,
    };
    link->events->message(link->ctx, &ours);
    free(response_topic);
    free(correlation);
}

static void on_publish(
    struct mosquitto *mosq, void *arg, int mid, int code, const mosquitto_property *properties)
{
    struct link *link = arg;

    (void)mosq;
    (void)properties;
    if (mid_is_unacked(link, mid)) {
        link->unacked_mids[(mid & 0xffff) >> 3] &= (uint8_t) ~(1u << (mid & 7));
        link->unacked--;
    } else if (link->unsent > 0) {
        link->unsent--;
    }
    if (!link->events->published || link->free_later)
        return;
    // Inside link_publish the caller does not know its token yet.
    if (link->publishing && link->done_count < LINK_DONE_MAX) {
        link->done[link->done_count++] = mid;
        event_active(link->wake, 0, 0);
        return;
    }
    link->events->published(link->ctx, mid, code);
}

// Small writes wait for the acknowledgement of the one before (Nagle) and the acknowledgement waits for 40
// ms: against a broker with default settings a QoS 1 round trip takes 44 to 88 ms without both of these.
// QUICKACK falls back by itself and is set again after every read.
static void quick_ack(struct link *link)
{
    const int fd = mosquitto_socket(link->mosq);
    const int on = 1;

    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void link_io_arm_misc(struct link *link)
{
    // A quarter of the keep-alive: the broker gives up at one and a half.
    const int every_ms = link->options.keepalive_s * 250;

    link->last_misc_ms = link_now_ms();
    link_arm(link->misc, every_ms > MISC_MS ? every_ms : MISC_MS);
}

static int run_misc(struct link *link)
{
    // As long as something is read every second or two, this pushes the timer away and it never wakes us.
    link_io_arm_misc(link);
    return mosquitto_loop_misc(link->mosq);
}

static int flush(struct link *link)
{
    if (mosquitto_socket(link->mosq) < 0 || !mosquitto_want_write(link->mosq))
        return MOSQ_ERR_SUCCESS;
    return mosquitto_loop_write(link->mosq, 1);
}

static bool reading_pauses(const struct link *link)
{
    return link->options.unsent_max > 0 && link->unsent > link->options.unsent_max;
}

void link_io_watch(struct link *link)
{
    const bool want_write = mosquitto_want_write(link->mosq);
    const bool pause = reading_pauses(link);

    if (want_write != link->writing) {
        if (want_write)
            event_add(link->writable, NULL);
        else
            event_del(link->writable);
        link->writing = want_write;
    }
    if (pause != link->paused) {
        if (pause)
            event_del(link->readable);
        else
            event_add(link->readable, NULL);
        link->paused = pause;
    }
}

// The library reads one packet a call. True if another one is waiting: asking costs less than a turn of the
// loop.
static bool more_to_read(const struct link *link)
{
    const int fd = mosquitto_socket(link->mosq);
    int waiting = 0;

    return fd >= 0 && ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static void say_goodbye(struct link *link)
{
    link->disconnecting = true;
    if (mosquitto_disconnect(link->mosq) != MOSQ_ERR_SUCCESS || mosquitto_socket(link->mosq) < 0)
        link_report_closed(link);
    else
        link_io_watch(link);
}

void link_io_after(struct link *link, int rc, int error)
{
    if (link->disconnecting && (rc != 0 || mosquitto_socket(link->mosq) < 0)) {
        link_report_closed(link);
        return;
    }
    if (rc != 0)
        link_io_judge_code(link, rc, error);
    else if (mosquitto_socket(link->mosq) < 0)
        link_io_judge_code(link, MOSQ_ERR_CONN_LOST, 0);
    if (link->verdict != TROUBLE_NONE) {
        link_carry_out_verdict(link);
        return;
    }
    if (link->closing && link->phase != PHASE_UP) {
        link_report_closed(link);
        return;
    }
    if (link->phase == PHASE_TCP)
        return;
    link_io_watch(link);
    if (link->closing && !link->disconnecting && link->unsent == 0 && link->unacked == 0 &&
        link->done_count == 0 && !link->writing)
        say_goodbye(link);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;
    int rc, error, packets = 0;

    (void)fd;
    (void)what;
    link_enter(link);
    link->last_read_ms = link_now_ms();
    do {
        errno = 0;
        rc = mosquitto_loop_read(link->mosq, 1);
        // What a callback published goes out before anything else is read.
        if (rc == MOSQ_ERR_SUCCESS)
            rc = flush(link);
        error = errno;
    } while (rc == MOSQ_ERR_SUCCESS && link->verdict == TROUBLE_NONE && !link->free_later &&
             ++packets < PACKETS_A_TURN && !reading_pauses(link) && more_to_read(link));
    // After the write: what we send carries the acknowledgement that QUICKACK would send on its own.
    if (rc == MOSQ_ERR_SUCCESS)
        quick_ack(link);
    if (rc == MOSQ_ERR_SUCCESS && link->phase == PHASE_UP && mosquitto_socket(link->mosq) >= 0 &&
        link->last_read_ms - link->last_misc_ms >= MISC_ON_READ_MS) {
        rc = run_misc(link);
        error = errno;
    }
    link_io_after(link, rc, error);
    link_leave(link);
}

static void tcp_is_connected(struct link *link, int fd)
{
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer;
    int error = 0;
    socklen_t error_len = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0)
        error = errno;
    if (error == 0 && getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
        error = errno;
    if (error != 0) {
        judge_errno(link, error);
        link_carry_out_verdict(link);
        return;
    }
    link->phase = PHASE_HELLO;
    event_add(link->readable, NULL);
    errno = 0;
    int rc = mosquitto_loop_read(link->mosq, 1);
    if (rc == MOSQ_ERR_SUCCESS && mosquitto_socket(link->mosq) >= 0)
        rc = mosquitto_loop_write(link->mosq, 1);
    const int write_error = errno;
    quick_ack(link);
    link_io_after(link, rc, write_error);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;

    (void)what;
    link_enter(link);
    if (link->phase == PHASE_TCP) {
        tcp_is_connected(link, fd);
    } else {
        errno = 0;
        const int rc = mosquitto_loop_write(link->mosq, 1);
        link_io_after(link, rc, errno);
    }
    link_leave(link);
}

void link_io_on_misc(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;

    (void)fd;
    (void)what;
    link_enter(link);
    const int rc = run_misc(link);
    link_io_after(link, rc, errno);
    link_leave(link);
}

static int set_up(struct link *link)
{
    const struct link_options *options = &link->options;
    struct mosquitto *mosq = link->mosq;
    int rc = mosquitto_int_option(
        mosq, MOSQ_OPT_PROTOCOL_VERSION, link->report.version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);

#if LIBMOSQUITTO_VERSION_NUMBER >= 2000000
    if (rc == 0)
        rc = mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
#endif
#if LIBMOSQUITTO_VERSION_NUMBER >= 2001000
    if (rc == 0) // it would be written to at every packet and read by nobody
        rc = mosquitto_int_option(mosq, MOSQ_OPT_DISABLE_SOCKETPAIR, 1);
#endif
    if (rc == 0 && options->user[0] != '\0')
        rc = mosquitto_username_pw_set(
            mosq, options->user, options->password[0] != '\0' ? options->password : NULL);
    if (rc == 0 && options->will_topic)
        rc = mosquitto_will_set(
            mosq, options->will_topic, (int)strlen(options->will_payload), options->will_payload, 1, true);
    mosquitto_connect_v5_callback_set(mosq, on_connect);
    mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
    mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
    mosquitto_message_v5_callback_set(mosq, on_message);
    mosquitto_publish_v5_callback_set(mosq, on_publish);
    return rc;
}

static int watch_new(struct link *link)
{
    const int fd = mosquitto_socket(link->mosq);
    const int on = 1, user_timeout_ms = USER_TIMEOUT_MS;

    // The option of the library came with 2.0: this is for 1.6, and needed before CONNECT is written.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
    // The event loop must not know a descriptor that was closed behind its back, or is somebody else's by
    // then.
    link->watched = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (link->watched < 0)
        return -errno;
    link->readable = event_new(link->base, link->watched, EV_READ | EV_PERSIST, on_readable, link);
    link->writable = event_new(link->base, link->watched, EV_WRITE | EV_PERSIST, on_writable, link);
    if (!link->readable || !link->writable || event_add(link->writable, NULL) < 0)
        return -ENOMEM;
    link->writing = true;
    return 0;
}

static int publish(struct link *link, const char *topic, const void *payload, size_t len, int qos,
    bool retain, const void *correlation, size_t correlation_len, int *mid)
{
    mosquitto_property *properties = NULL;
    int rc = MOSQ_ERR_SUCCESS;

    if (correlation && link->report.version == 5)
        rc = mosquitto_property_add_binary(
            &properties, MQTT_PROP_CORRELATION_DATA, correlation, (uint16_t)correlation_len);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_publish_v5(link->mosq, mid, topic, (int)len, payload, qos, retain, properties);
    mosquitto_property_free_all(&properties);
    return rc;
}

int link_io_publish(struct link *link, const char *topic, const void *payload, size_t len, int qos,
    bool retain, const void *correlation, size_t correlation_len, int *mid)
{
    // Counted first: outside callbacks the message is written, and counted down, before the library returns.
    if (qos == 0)
        link->unsent++;
    link->publishing = true;
    const int rc = publish(link, topic, payload, len, qos, retain, correlation, correlation_len, mid);
    link->publishing = false;
    if (qos > 0 && rc == MOSQ_ERR_SUCCESS) {
        link->unacked_mids[(*mid & 0xffff) >> 3] |= (uint8_t)(1u << (*mid & 7));
        link->unacked++;
    } else if (qos == 0 && rc != MOSQ_ERR_SUCCESS && link->unsent > 0) {
        link->unsent--;
    }
    return rc;
}

int link_io_open(struct link *link, const char *address)
{
    const struct link_options *options = &link->options;
    const char *id = options->client_id[0] != '\0' ? options->client_id : NULL;

    link->mosq = mosquitto_new(id, true, link);
    if (!link->mosq)
        return MOSQ_ERR_NOMEM;
    int rc = set_up(link);
    if (rc != 0)
        return rc;
    link->phase = PHASE_TCP;
    errno = 0;
    rc = mosquitto_connect_async(link->mosq, address, link_current_broker(link)->port, options->keepalive_s);
    if (rc == 0 && watch_new(link) < 0)
        rc = MOSQ_ERR_NOMEM;
    return rc;
}
