// SPDX-License-Identifier: MIT
// Keeps one program connected to one of its brokers, for ever: it connects, subscribes, and reconnects after a wait that
// doubles from 0.25 s to 5 s, of which it takes a random part. Where only a person can mend the trouble the wait is 30 s.
// While it is connected to a later broker it goes on asking for the earlier ones, and changes over to one that is back.
// It hands bytes up by callback and knows nothing of commands.
//
// Nothing in here makes the event loop wait: host names are looked up in a thread. Everything else runs on the loop's
// thread, and every time is CLOCK_MONOTONIC. The keep-alive wakes nobody while something is read every few seconds.
// link_free, link_close and link_reset may be called from inside callbacks. SIGPIPE is ignored from link_new on.
#ifndef COMMON_LINK_H
#define COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/link_options.h"
#include "common/mqtt/link_types.h"

struct event_base;
struct link;

struct link_events {
    // The state, the reason or the broker changed. Called from the loop, never from inside a link_ function
    // but link_close.
    void (*changed)(void *ctx, const struct link_report *report);
    void (*message)(void *ctx, const struct link_message *message);
    // A message published with token is done: handed to the socket (QoS 0) or acknowledged (QoS 1). reason:
    // the MQTT 5 reason code (0 ok, 16 nobody subscribed, 135 not authorized, 128 and above refused); 0
    // on 3.1.1. Never called for messages of a connection that was lost: `changed` says that. May be NULL.
    void (*published)(void *ctx, int token, int reason);
    // An earlier broker of the list answers again. True if the link may change over to it now: nothing of the owner's moves or
    // waits for an answer. It is asked again where not. NULL = always.
    bool (*may_change_over)(void *ctx);
};

// Copies options, and reads the certificates, which may wait for a disk. Returns NULL without memory. The first attempt starts when the loop runs. events and ctx
// must outlive it.
struct link *link_new(
    struct event_base *base, const struct link_options *options, const struct link_events *events, void *ctx);
void link_free(struct link *link); // closes the socket at once, without DISCONNECT: the broker sends the will

// Publishes now: written to the socket before returning where the socket takes it, also from inside callbacks (there it
// is written as soon as the library's callback returned). It is sent within the limits that the report names: at a lower
// QoS, without the retain flag. *token (may be NULL) names it to `published`, which is never called before this returned.
// Returns 0, -ENOTCONN while not connected (nothing is kept), -EMSGSIZE (too long for MQTT or for this broker), -ENOMEM,
// or -EINVAL (topic).
int link_send(struct link *link, const struct link_publication *publication, int *token);
// The same with the parts as parameters.
static inline int link_publish(struct link *link, const char *topic, const void *payload, size_t len, int qos,
    bool retain, const void *correlation, size_t correlation_len, int *token)
{
    struct link_publication publication = {topic, payload, len, qos, retain, correlation, correlation_len, 0};

    return link_send(link, &publication, token);
}

// What the news say of brokers, user, password and TLS holds from the next attempt on; a connection that is up stays. Where the
// link waits it tries now. The news are the link's from then on.
void link_renew(struct link *link, struct link_news *news);

// Asks the broker for a sign of life, which link_last_proof_ms shows. Nothing happens while not connected.
void link_probe(struct link *link);

// Ends the wait and tries now, if waiting.
void link_retry_now(struct link *link);

// Clean end: waits until all that was published is sent and acknowledged or timeout_ms have passed, sends
// DISCONNECT (so the broker drops the will), then reports LINK_CLOSED once. At once where the link is not up.
void link_close(struct link *link, int timeout_ms);

// Drops the connection and starts over: for a peer known to be dead. The reason is reported as trouble.
void link_reset(struct link *link, enum link_trouble trouble, const char *reason);

const struct link_report *link_report(const struct link *link);
// When the last whole packet arrived, CLOCK_MONOTONIC milliseconds; 0 = never on this connection. Single bytes that
// trickle in prove nothing.
int64_t link_last_proof_ms(const struct link *link);
// Messages of ours (QoS 0) not yet handed to the socket.
size_t link_unsent(const struct link *link);

#endif
