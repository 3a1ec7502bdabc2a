// SPDX-License-Identifier: MIT
// The socket of one handle of libmosquitto: its events, the TLS session on it, and what waits in it. The library reads and
// writes; this module says when it may, so that no packet reaches it which nobody has looked at.
#ifndef COMMON_MQTT_STREAM_H
#define COMMON_MQTT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/intake.h"
#include "common/mqtt/socket_events.h"
#include "common/mqtt/tap.h"

struct event_base;
struct mosquitto;
struct tls;

enum { STREAM_RECORD_SIZE = 16 * 1024 }; // of TLS: RFC 8446, section 5.1

struct stream {
    struct mosquitto *mosq;
    struct tls *tls; // NULL = without
    bool v5;
    bool asked;  // TLS: the socket was, in this turn
    bool ending; // TLS: the session is over, and the library shall find that
    struct socket_events socket;
    struct intake intake; // without TLS
    struct tap tap;       // with TLS
    uint8_t record[STREAM_RECORD_SIZE];
};

// Before the library connects. tls: its context is that of the handle; tls_expect was called.
void stream_init(struct stream *stream, struct mosquitto *mosq, struct tls *tls, bool v5);
// The library has a socket, whose connect() may still be under way. on_writable is called when that is over. 0 or a negative
// errno; after an error stream_close as well.
int stream_open(struct stream *stream, struct event_base *base, void (*on_readable)(int, short, void *),
    void (*on_writable)(int, short, void *), void *ctx);
void stream_close(struct stream *stream);

// connect() is over: 0, or the positive errno of its failure. With TLS the handshake begins with the next call.
int stream_connected(struct stream *stream);

enum stream_step { STREAM_GOES_ON, STREAM_SET_UP, STREAM_CUT, STREAM_FAILED };
// Goes on with the handshake of TLS, when the socket is readable or has just been connected. *error: an errno of STREAM_CUT,
// 0 = the peer closed it.
enum stream_step stream_handshake(struct stream *stream, int *error);

struct stream_news {
    bool proof;       // something whole has come from the broker
    bool pong;        // it is the answer to a PINGREQ
    bool old_connack; // it is a CONNACK in the form of MQTT 3.1.1
    bool is_short;    // a part of a packet has come, and the rest has not
};

// At the beginning of a turn in which the socket is readable, and before each read of the library. As intake_begin and
// intake_next.
void stream_begin(struct stream *stream);
enum intake_verdict stream_next(struct stream *stream, size_t unacked, struct stream_news *news);

// Lets the library write what it has. *wrote: there was something. Returns a code of libmosquitto.
int stream_flush(struct stream *stream, bool *wrote);
// Writes where the library has nothing half written. True if all bytes went out.
bool stream_send(struct stream *stream, const void *bytes, size_t len);
// What to wait for next. What TLS has taken from the socket and nobody has read, no socket announces: then on_readable is called.
void stream_watch(struct stream *stream, bool reading);
// The topic of the message that was too large; "" = not known.
const char *stream_topic(const struct stream *stream);

#endif
