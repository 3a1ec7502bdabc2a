// SPDX-License-Identifier: MIT
// One connection through libmosquitto, from a socket to a subscription and to its end. It knows one address and
// nothing of other brokers, names, waits or second attempts: whoever opened it hears by events how far it came.
//
// Everything runs on the loop's thread. Events are called from the loop, never from inside a function of this module.
// connection_free and connection_close may be called from inside events.
#ifndef COMMON_MQTT_CONNECTION_H
#define COMMON_MQTT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/handle.h"
#include "common/mqtt/link_types.h"
#include "common/mqtt/verdict.h"

struct event_base;
struct connection;
struct tls;

struct connection_options { // must outlive the connection
    const char *name;       // the broker in sentences, "localhost:1883"
    int port;               // 0: the address is the path of a unix socket
    struct tls *tls;        // NULL = without. tls_expect was called for this connection
    struct handle_options mqtt;
    size_t unsent_max; // reading pauses while more messages of ours wait for the socket; 0 = never
};

struct connection_events {
    void (*subscribed)(void *ctx); // once: the connection is up
    void (*message)(void *ctx, const struct link_message *message);
    // A message published with this token is done: handed to the socket (QoS 0) or acknowledged. reason: MQTT 5's.
    void (*published)(void *ctx, int token, int reason);
    // Once, the last event: the socket is closed. What remains is connection_free, here or later.
    void (*ended)(void *ctx, const struct connection_end *end);
};

// Begins to connect to a numeric address, or to the path of a unix socket. Returns NULL without memory; every other failure comes as `ended`.
struct connection *connection_open(struct event_base *base, const char *address,
    const struct connection_options *options, const struct connection_events *events, void *ctx);
// Closes the socket at once, without DISCONNECT, so that the broker sends the will. NULL is allowed.
void connection_free(struct connection *connection);

// Publishes now: written to the socket before it returns, where the socket takes it. Inside events it is written as
// soon as the library's callback has returned. *token names the message to `published`, which is never called before
// this returned. It is sent within the limits of the broker. Returns 0, -ENOTCONN before the CONNACK and after the end
// (nothing is kept), -EMSGSIZE (too long for MQTT or for this broker), -ENOMEM, or -EINVAL (topic).
int connection_publish(struct connection *connection, const struct link_publication *publication, int *token);

// Asks the broker for a sign of life (PINGREQ), where it was not asked just now and the socket takes it.
void connection_probe(struct connection *connection);

// Sends DISCONNECT, so that the broker drops the will, when all that was published is sent and acknowledged. Then it
// ends without trouble. For a connection that is up.
void connection_close(struct connection *connection);
// Sends DISCONNECT without waiting for anything, as far as the socket takes it.
void connection_say_goodbye(struct connection *connection);
// Ends it from the loop with this trouble and these words, unless it has ended already.
void connection_end(struct connection *connection, enum link_trouble trouble, const char *reason);

// *since_ms: since when it has been in that phase, CLOCK_MONOTONIC milliseconds.
enum connection_phase connection_phase(const struct connection *connection, int64_t *since_ms);
// What the broker takes, once it is up. *deaf: the topics that were refused and may be, as bits of their indices.
const struct link_limits *connection_limits(const struct connection *connection, unsigned *deaf);
// When a whole packet last came from the broker, CLOCK_MONOTONIC milliseconds; 0 = never. Single bytes prove nothing.
int64_t connection_last_proof_ms(const struct connection *connection);
// Messages of ours (QoS 0) not yet handed to the socket.
size_t connection_unsent(const struct connection *connection);

#endif
