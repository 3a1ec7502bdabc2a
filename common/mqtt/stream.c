// SPDX-License-Identifier: MIT
#include "common/mqtt/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <mosquitto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "common/mqtt/tcp.h"
#include "common/mqtt/tls.h"

void stream_init(struct stream *stream, struct mosquitto *mosq, struct tls *tls, bool v5)
{
    stream->mosq = mosq;
    stream->tls = tls;
    stream->v5 = v5;
    stream->ending = stream->asked = false;
    stream->socket = (struct socket_events){.fd = -1};
}

int stream_open(struct stream *stream, struct event_base *base, void (*on_readable)(int, short, void *),
    void (*on_writable)(int, short, void *), void *ctx)
{
    int fd = mosquitto_socket(stream->mosq);

    // The library's own option for TCP_NODELAY came with 2.0.
    tcp_prepare(fd);
    int rc = socket_events_open(&stream->socket, base, fd, on_readable, on_writable, ctx);
    if (rc < 0)
        return rc;
    if (stream->tls)
        tap_init(&stream->tap, stream->v5);
    else
        intake_init(&stream->intake, stream->socket.fd, stream->v5);
    socket_events_set(&stream->socket, false, true); // connect() is over
    return 0;
}

void stream_close(struct stream *stream)
{
    socket_events_close(&stream->socket);
}

int stream_connected(struct stream *stream)
{
    int error = tcp_connect_error(stream->socket.fd);

    if (error == 0 && stream->tls) {
        tls_let(stream->tls, true, true);
        socket_events_set(&stream->socket, true, false);
    }
    return error;
}

enum stream_step stream_handshake(struct stream *stream, int *error)
{
    char byte;

    *error = 0;
    int rc = mosquitto_loop_read(stream->mosq, 1);
    if (rc == MOSQ_ERR_SUCCESS && tls_is_set_up(stream->tls)) {
        tls_let(stream->tls, false, true);
        return STREAM_SET_UP;
    }
    // Up to 2.0.14 the library takes the end of the stream for one more reason to go on, and 2.0.22 waits for it.
    ssize_t n = recv(stream->socket.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    bool open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
    if (open && rc == MOSQ_ERR_SUCCESS)
        return STREAM_GOES_ON;
    // A refusal comes with an alert, and then the end.
    const struct tls_failure *failure = tls_failure(stream->tls);
    if (open || failure->verify != 0 || failure->alert >= 0)
        return STREAM_FAILED;
    *error = n < 0 ? errno : 0;
    return STREAM_CUT;
}

// The session belongs to the library, and is gone when that has closed its socket.
static SSL *session_of(const struct stream *stream)
{
    return mosquitto_socket(stream->mosq) >= 0 ? tls_session(stream->tls) : NULL;
}

static bool has_more(const struct stream *stream)
{
    SSL *session = stream->tls ? session_of(stream) : NULL;

    return session && (SSL_pending(session) > 0 || tls_has_read_ahead(stream->tls));
}

// Clearing empties all the places of a queue that is mostly empty.
static void forget_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

// A record is whole and authentic, or it is not there.
static enum intake_verdict next_of_record(struct stream *stream, struct stream_news *news)
{
    SSL *session = session_of(stream);

    if (!session || stream->ending || SSL_pending(session) > 0)
        return INTAKE_READ;
    // The loop comes back where the socket has more.
    if (stream->asked && !tls_has_read_ahead(stream->tls))
        return INTAKE_WAIT;
    stream->asked = true;
    tls_let(stream->tls, true, true);
    forget_errors();
    int n = SSL_peek(session, stream->record, sizeof stream->record);
    int error = SSL_get_error(session, n);
    forget_errors();
    tls_let(stream->tls, false, true);
    if (n <= 0 && (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE))
        return INTAKE_WAIT;
    if (n <= 0) {
        stream->ending = true;
        tls_let(stream->tls, true, true);
        return INTAKE_READ;
    }
    news->proof = true;
    news->pong = n == 2 && stream->record[0] == PACKET_PINGRESP << 4;
    enum tap_verdict verdict = tap_feed(&stream->tap, stream->record, (size_t)n);
    news->old_connack = stream->tap.old_connack;
    if (verdict == TAP_GOOD)
        return INTAKE_READ;
    return verdict == TAP_MALFORMED ? INTAKE_MALFORMED : INTAKE_TOO_LARGE;
}

void stream_begin(struct stream *stream)
{
    stream->asked = false;
    if (!stream->tls)
        intake_begin(&stream->intake);
}

enum intake_verdict stream_next(struct stream *stream, size_t unacked, struct stream_news *news)
{
    struct packet packet;

    *news = (struct stream_news){.proof = false};
    if (stream->tls)
        return next_of_record(stream, news);
    enum intake_verdict verdict = intake_next(&stream->intake, unacked, &packet);
    news->old_connack = packet_is_old_connack(&packet);
    news->pong = packet.type == PACKET_PINGRESP;
    news->proof = packet.type != 0 || stream->intake.off;
    news->is_short = intake_is_short(&stream->intake);
    return verdict;
}

int stream_flush(struct stream *stream, bool *wrote)
{
    *wrote = mosquitto_socket(stream->mosq) >= 0 && mosquitto_want_write(stream->mosq);
    if (!*wrote)
        return MOSQ_ERR_SUCCESS;
    return mosquitto_loop_write(stream->mosq, 1);
}

bool stream_send(struct stream *stream, const void *bytes, size_t len)
{
    if (mosquitto_socket(stream->mosq) < 0 || mosquitto_want_write(stream->mosq))
        return false;
    if (!stream->tls)
        return send(stream->socket.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
    forget_errors();
    bool sent = session_of(stream) && SSL_write(session_of(stream), bytes, (int)len) == (int)len;
    forget_errors();
    return sent;
}

void stream_watch(struct stream *stream, bool reading)
{
    socket_events_set(&stream->socket, reading, mosquitto_want_write(stream->mosq));
    if (reading && has_more(stream))
        event_active(stream->socket.readable, EV_READ, 0);
}

const char *stream_topic(const struct stream *stream)
{
    return stream->tls ? stream->tap.topic : stream->intake.topic;
}
