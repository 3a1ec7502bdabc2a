// SPDX-License-Identifier: MIT
#include "common/mqtt/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mqtt/handle.h"
#include "common/mqtt/keepalive.h"
#include "common/mqtt/link_reason.h"
#include "common/mqtt/outgoing.h"
#include "common/mqtt/stream.h"
#include "common/mqtt/tcp.h"
#include "common/mqtt/tls.h"

enum {
    TLS_PORT = 8883,
    PACKETS_A_TURN = 16, // then timers and other descriptors have their turn
};

struct connection {
    struct event_base *base;
    const struct connection_options *options;
    const struct connection_events *events;
    void *ctx;

    struct handle handle; // its mosq is NULL after the end
    struct stream stream;
    struct keepalive keepalive;
    struct event *wake;          // runs what must not happen inside a caller's call
    bool closing, disconnecting; // connection_close was called; DISCONNECT is on its way
    struct verdict verdict;      // with the phase
    int64_t phase_since_ms;
    int depth; // handlers of ours on the stack: freeing waits for the outermost
    bool free_later;

    size_t subacks_missing;
    int64_t last_read_ms;
    int64_t last_proof_ms; // a whole packet came
    struct outgoing outgoing;
};

static void close_socket(struct connection *connection)
{
    stream_close(&connection->stream);
    keepalive_finish(&connection->keepalive);
    if (connection->wake)
        event_free(connection->wake);
    connection->wake = NULL;
    handle_finish(&connection->handle);
}

static void destroy(struct connection *connection)
{
    close_socket(connection);
    free(connection);
}

// Around everything that may call the owner: a connection that is freed meanwhile goes when the outermost leaves.
static void enter(struct connection *connection)
{
    connection->depth++;
}

static void leave(struct connection *connection)
{
    if (--connection->depth == 0 && connection->free_later)
        destroy(connection);
}

static bool is_over(const struct connection *connection)
{
    return connection->verdict.given || connection->free_later || !connection->handle.mosq;
}

static void go_on(struct connection *connection, enum connection_phase phase)
{
    connection->verdict.phase = phase;
    connection->phase_since_ms = clock_now_ms();
}

static void finish(struct connection *connection)
{
    close_socket(connection);
    if (!connection->free_later)
        connection->events->ended(connection->ctx, &connection->verdict.end);
}

// ---- what the library reports

static void now_up(struct connection *connection)
{
    go_on(connection, PHASE_UP);
    keepalive_start(&connection->keepalive, connection->handle.keepalive_s, clock_now_ms());
    connection->events->subscribed(connection->ctx);
}

static void on_connected(void *ctx, int code)
{
    struct connection *connection = ctx;

    if (connection->verdict.phase != PHASE_HELLO) {
        verdict_by_malformed(&connection->verdict, "a second CONNACK");
        return;
    }
    if (code != 0) {
        verdict_by_connack(&connection->verdict, code);
        return;
    }
    go_on(connection, PHASE_SUBSCRIBE);
    int rc = handle_subscribe(&connection->handle, &connection->subacks_missing);
    if (rc != MOSQ_ERR_SUCCESS)
        verdict_by_code(&connection->verdict, rc, errno);
    else if (connection->subacks_missing == 0)
        now_up(connection);
}

static void on_subscribed(void *ctx, const char *refused)
{
    struct connection *connection = ctx;

    if (connection->verdict.phase != PHASE_SUBSCRIBE || is_over(connection))
        return;
    if (refused) {
        verdict_by_denial(&connection->verdict, refused);
    } else if (connection->subacks_missing > 0 && --connection->subacks_missing == 0) {
        now_up(connection);
    }
}

static void on_goodbye(void *ctx, int code)
{
    struct connection *connection = ctx;

    verdict_by_disconnect(&connection->verdict, code);
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct connection *connection = ctx;

    connection->last_proof_ms = connection->last_read_ms; // of a large one that came in pieces, too
    if (!is_over(connection))
        connection->events->message(connection->ctx, message);
}

static void on_done(void *ctx, int mid, int code)
{
    struct connection *connection = ctx;

    if (outgoing_done(&connection->outgoing, mid))
        event_active(connection->wake, 0, 0);
    else if (!connection->free_later)
        connection->events->published(connection->ctx, mid, code);
}

static const struct handle_events handle_events = {
    .connected = on_connected,
    .subscribed = on_subscribed,
    .goodbye = on_goodbye,
    .message = on_message,
    .done = on_done,
};

// ---- the socket

static bool reading_pauses(const struct connection *connection)
{
    size_t most = connection->options->unsent_max;

    return most > 0 && connection->outgoing.unsent > most;
}

static void watch(struct connection *connection)
{
    stream_watch(&connection->stream, !reading_pauses(connection));
}

static void end_as_asked(struct connection *connection)
{
    verdict_give(&connection->verdict, TROUBLE_NONE, "");
    finish(connection);
}

static void say_goodbye_or_end(struct connection *connection)
{
    connection->disconnecting = true;
    if (mosquitto_disconnect(connection->handle.mosq) != MOSQ_ERR_SUCCESS ||
        mosquitto_socket(connection->handle.mosq) < 0)
        end_as_asked(connection);
    else
        watch(connection);
}

// What follows every call of the library that was made from the loop: rc is its code, error its errno. The last thing
// that a handler does, since the connection may end here.
static void settle(struct connection *connection, int rc, int error)
{
    bool gone = mosquitto_socket(connection->handle.mosq) < 0;

    if (connection->free_later) // what its options point to may be gone
        return;
    if (connection->disconnecting && (rc != MOSQ_ERR_SUCCESS || gone)) {
        end_as_asked(connection);
        return;
    }
    if (rc == MOSQ_ERR_NOMEM)
        verdict_by_size(&connection->verdict, stream_topic(&connection->stream));
    else if (rc != MOSQ_ERR_SUCCESS)
        verdict_by_code(&connection->verdict, rc, error);
    else if (gone)
        verdict_by_code(&connection->verdict, MOSQ_ERR_CONN_LOST, 0);
    if (connection->verdict.given) {
        finish(connection);
        return;
    }
    if (connection->verdict.phase <= PHASE_TLS)
        return;
    watch(connection);
    if (connection->closing && !connection->disconnecting && !connection->stream.socket.writing &&
        outgoing_is_empty(&connection->outgoing))
        say_goodbye_or_end(connection);
}

// Reads one packet, if there is one. False if there is nothing more to read in this turn.
static bool read_packet(struct connection *connection, bool *answered, int *rc, int *error)
{
    struct stream_news news;
    enum intake_verdict verdict = stream_next(&connection->stream, connection->outgoing.unacked, &news);

    verdict_by_intake(&connection->verdict, verdict, stream_topic(&connection->stream));
    if (news.old_connack && connection->options->mqtt.version == 5)
        verdict_by_connack(&connection->verdict, LINK_REASON_OLD_VERSION);
    if (news.is_short) // the peer may wait for our acknowledgement to send the rest
        *answered = false;
    if (verdict != INTAKE_READ || is_over(connection))
        return false;
    errno = 0;
    *rc = mosquitto_loop_read(connection->handle.mosq, 1);
    if (news.pong)
        connection->keepalive.probed_ms = 0;
    if (news.proof)
        connection->last_proof_ms = connection->last_read_ms;
    // What a callback published goes out before anything else is read.
    if (*rc == MOSQ_ERR_SUCCESS)
        *rc = stream_flush(&connection->stream, answered);
    *error = errno;
    return *rc == MOSQ_ERR_SUCCESS;
}

static void read_packets(struct connection *connection)
{
    int rc = MOSQ_ERR_SUCCESS, error = 0, packets = 0;
    bool answered = false; // something was written after the last packet that was read

    connection->last_read_ms = clock_now_ms();
    stream_begin(&connection->stream);
    while (!is_over(connection) && packets++ < PACKETS_A_TURN && !reading_pauses(connection))
        if (!read_packet(connection, &answered, &rc, &error))
            break;
    // What was written carries the acknowledgement of a single packet. Of many, more may have come since.
    if (rc == MOSQ_ERR_SUCCESS && (!answered || packets > 2))
        tcp_acknowledge_at_once(connection->stream.socket.fd);
    if (rc == MOSQ_ERR_SUCCESS && !is_over(connection) && connection->verdict.phase == PHASE_UP &&
        mosquitto_socket(connection->handle.mosq) >= 0 &&
        keepalive_is_due(&connection->keepalive, connection->last_read_ms)) {
        rc = keepalive_run(&connection->keepalive, connection->last_read_ms);
        error = errno;
    }
    settle(connection, rc, error);
}

static void say_hello(struct connection *connection)
{
    go_on(connection, PHASE_HELLO);
    errno = 0;
    int rc = mosquitto_loop_write(connection->handle.mosq, 1); // CONNECT
    int error = errno;
    tcp_acknowledge_at_once(connection->stream.socket.fd);
    settle(connection, rc, error);
}

static void shake_hands(struct connection *connection)
{
    int error;
    enum stream_step step = stream_handshake(&connection->stream, &error);

    if (step == STREAM_SET_UP)
        say_hello(connection);
    if (step == STREAM_GOES_ON || step == STREAM_SET_UP)
        return;
    verdict_by_tls(&connection->verdict, step == STREAM_CUT, error);
    finish(connection);
}

static void tcp_is_over(struct connection *connection)
{
    int error = stream_connected(&connection->stream);

    if (error != 0) {
        verdict_by_errno(&connection->verdict, error);
        finish(connection);
    } else if (connection->options->tls) {
        go_on(connection, PHASE_TLS);
        shake_hands(connection);
    } else {
        say_hello(connection);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;

    (void)fd;
    (void)what;
    enter(connection);
    if (connection->verdict.phase == PHASE_TLS)
        shake_hands(connection);
    else
        read_packets(connection);
    leave(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;

    (void)fd;
    (void)what;
    enter(connection);
    if (connection->verdict.phase == PHASE_TCP) {
        tcp_is_over(connection);
    } else {
        errno = 0;
        int rc = mosquitto_loop_write(connection->handle.mosq, 1);
        settle(connection, rc, errno);
    }
    leave(connection);
}

static void on_keepalive(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;

    (void)fd;
    (void)what;
    enter(connection);
    int rc = keepalive_run(&connection->keepalive, clock_now_ms());
    settle(connection, rc, errno);
    leave(connection);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;
    int mids[OUTGOING_DONE_MAX];

    (void)fd;
    (void)what;
    enter(connection);
    size_t count = outgoing_take(&connection->outgoing, mids);
    for (size_t i = 0; i < count && !connection->free_later; i++)
        connection->events->published(connection->ctx, mids[i], 0);
    settle(connection, MOSQ_ERR_SUCCESS, 0);
    leave(connection);
}

// ---- the beginning

struct connection *connection_open(struct event_base *base, const char *address,
    const struct connection_options *options, const struct connection_events *events, void *ctx)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->base = base;
    connection->options = options;
    connection->events = events;
    connection->ctx = ctx;
    go_on(connection, PHASE_TCP);
    connection->verdict.peer = (struct link_reason_peer){.at = options->name,
        .tls = options->tls != NULL,
        .tls_port = options->port == TLS_PORT,
        .has_login = options->mqtt.user[0] != '\0'};
    connection->verdict.tls = options->tls;
    // A new handle for every connection: an old one would send what it still holds.
    int rc = handle_init(&connection->handle, &options->mqtt, &handle_events, connection);
    stream_init(&connection->stream, connection->handle.mosq, options->tls, options->mqtt.version == 5);
    int failed =
        keepalive_init(&connection->keepalive, base, connection->handle.mosq, on_keepalive, connection);
    connection->wake = event_new(base, -1, 0, on_wake, connection);
    if (!connection->handle.mosq || failed || !connection->wake) {
        destroy(connection);
        return NULL;
    }
    errno = 0;
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_connect_async(
            connection->handle.mosq, address, options->port, options->mqtt.keepalive_s);
    if (rc == MOSQ_ERR_SUCCESS &&
        stream_open(&connection->stream, base, on_readable, on_writable, connection) < 0)
        rc = MOSQ_ERR_NOMEM;
    if (rc != MOSQ_ERR_SUCCESS) {
        verdict_by_code(&connection->verdict, rc, errno);
        event_active(connection->wake, 0, 0);
    }
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection->free_later = true;
    if (connection->depth == 0)
        destroy(connection);
}

// ---- what the owner asks for

int connection_publish(struct connection *connection, const struct link_publication *publication, int *token)
{
    int mid = 0;

    // Refused here, because the library would keep a QoS 1 message and send it after the next connect.
    if (is_over(connection) || connection->verdict.phase < PHASE_SUBSCRIBE || connection->disconnecting)
        return -ENOTCONN;
    enter(connection);
    struct link_publication within = handle_within_limits(&connection->handle, publication);
    outgoing_begin(&connection->outgoing, within.qos);
    int rc = handle_publish(&connection->handle, &within, &mid);
    outgoing_end(&connection->outgoing, within.qos, mid, rc != MOSQ_ERR_SUCCESS);
    if (mosquitto_socket(connection->handle.mosq) < 0) {
        event_active(connection->wake, 0, 0);
        rc = MOSQ_ERR_NO_CONN;
    } else if (connection->depth == 1) {
        if (within.qos == 0 && publication->qos > 0)
            keepalive_probe(&connection->keepalive, &connection->stream, clock_now_ms());
        watch(connection); // from inside a handler its end does it
    }
    leave(connection);
    if (token)
        *token = mid;
    return handle_errno(rc);
}

void connection_probe(struct connection *connection)
{
    if (!is_over(connection) && connection->verdict.phase == PHASE_UP && !connection->disconnecting)
        keepalive_probe(&connection->keepalive, &connection->stream, clock_now_ms());
}

void connection_close(struct connection *connection)
{
    connection->closing = true;
    if (connection->wake)
        event_active(connection->wake, 0, 0);
}

void connection_say_goodbye(struct connection *connection)
{
    if (!is_over(connection) && !connection->disconnecting)
        mosquitto_disconnect(connection->handle.mosq);
}

void connection_end(struct connection *connection, enum link_trouble trouble, const char *reason)
{
    if (is_over(connection))
        return;
    verdict_give(&connection->verdict, trouble, reason);
    event_active(connection->wake, 0, 0);
}

enum connection_phase connection_phase(const struct connection *connection, int64_t *since_ms)
{
    *since_ms = connection->phase_since_ms;
    return connection->verdict.phase;
}

const struct link_limits *connection_limits(const struct connection *connection, unsigned *deaf)
{
    *deaf = connection->handle.deaf;
    return &connection->handle.limits;
}

int64_t connection_last_proof_ms(const struct connection *connection)
{
    return connection->last_proof_ms;
}

size_t connection_unsent(const struct connection *connection)
{
    return connection->outgoing.unsent;
}
