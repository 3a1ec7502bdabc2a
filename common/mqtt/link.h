// SPDX-License-Identifier: MIT
// One MQTT connection in a libevent loop: connects, subscribes, reconnects with back-off (0.25 s doubling to
// 5 s, any part of it; 30 s where only a person can mend it), for ever. Hands bytes up by callback and knows
// nothing of commands. Its keep-alive wakes nobody while something is read every few seconds. link_free,
// link_close and link_reset may be called from inside callbacks; SIGPIPE is ignored from link_new on.
// Everything runs on the loop's thread; every time is CLOCK_MONOTONIC.
#ifndef COMMON_LINK_H
#define COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct link;

enum { LINK_BROKERS_MAX = 8, LINK_TOPICS_MAX = 4, LINK_HOST_MAX = 255, LINK_REASON_SIZE = 256 };

struct link_broker {
    char host[LINK_HOST_MAX + 1]; // name or address
    int port;                     // 1 to 65535
};

struct link_options {
    struct link_broker brokers[LINK_BROKERS_MAX]; // tried in order, again and again
    size_t broker_count;                          // at least 1
    char client_id[64];                           // "" = random, from the library
    char user[128];                               // "" = none
    char password[128];
    int keepalive_s; // 5 to 65535
    int version;     // 5: MQTT 5, falling back to 3.1.1 where a broker does not know it; 4: 3.1.1 only
    const char *topics[LINK_TOPICS_MAX]; // subscribed to after each connect; must outlive the link
    int topic_qos[LINK_TOPICS_MAX];
    size_t topic_count;
    const char *will_topic; // NULL = no will; retained, QoS 1; must outlive the link
    const char *will_payload;
    size_t unsent_max; // reading pauses while more messages of ours wait for the socket; 0 = never
    int attempt_ms;    // what one attempt may take until subscribed; 0 = 3000
};

enum link_state {
    LINK_WAITING,    // back-off until the next attempt
    LINK_CONNECTING, // TCP, handshake, CONNECT, SUBSCRIBE
    LINK_UP,         // subscribed
    LINK_CLOSED,     // after link_close
};

enum link_trouble { // what kind of reason it was, for hints and back-off
    TROUBLE_NONE,
    TROUBLE_RESOLVE,  // the host name has no address
    TROUBLE_REFUSED,  // ECONNREFUSED
    TROUBLE_TIMEOUT,  // no answer in time
    TROUBLE_NETWORK,  // any other socket error, connection lost
    TROUBLE_PROTOCOL, // not an MQTT broker, or a malformed packet
    TROUBLE_LOGIN,    // bad user name or password, not authorized
    TROUBLE_DENIED,   // a subscription was refused (ACL)
    TROUBLE_MEMORY,   // the library ran out of memory: an oversized message
    TROUBLE_CLOSED,   // the broker said goodbye (v5 DISCONNECT), e.g. session taken over
};

struct link_report {
    enum link_state state;
    enum link_trouble trouble;     // why the last attempt or connection ended; TROUBLE_NONE while up
    char reason[LINK_REASON_SIZE]; // the same in words: "connection refused at localhost:1883"; "" while up
    struct link_broker broker;     // connected to, or tried last
    int version;                   // 4 or 5, of this connection or attempt
    int retry_ms;                  // while waiting: until the next attempt
    unsigned attempts;             // failed ones since last up
};

struct link_message { // valid during the callback only
    const char *topic;
    const void *payload; // never NULL; may be of length 0
    size_t len;
    int qos;
    bool retained;
    const char *response_topic; // NULL without one (MQTT 5)
    const void *correlation;    // NULL without one
    size_t correlation_len;
};

struct link_events {
    // The state, the reason or the broker changed. Called from the loop, never from inside a link_ function
    // but link_close.
    void (*changed)(void *ctx, const struct link_report *report);
    void (*message)(void *ctx, const struct link_message *message);
    // A message published with token is done: handed to the socket (QoS 0) or acknowledged (QoS 1). reason:
    // the MQTT 5 reason code (0 ok, 16 nobody subscribed, 135 not authorized, 128 and above refused); 0
    // on 3.1.1. Never called for messages of a connection that was lost: `changed` says that. May be NULL.
    void (*published)(void *ctx, int token, int reason);
};

// Copies options. Returns NULL without memory. The first attempt starts when the loop runs. events and ctx
// must outlive it.
struct link *link_new(
    struct event_base *base, const struct link_options *options, const struct link_events *events, void *ctx);
void link_free(struct link *link); // closes the socket at once, without DISCONNECT: the broker sends the will

// Publishes now: written to the socket before returning where the socket takes it, also from inside callbacks
// (there it is written as soon as the library's callback returned). *token (may be NULL) names it to
// `published`, which is never called before this returned. Returns 0, -ENOTCONN while not connected (nothing
// is kept), -EMSGSIZE, -ENOMEM, -EINVAL (topic, or a QoS or retain flag that this broker does not offer).
int link_publish(struct link *link, const char *topic, const void *payload, size_t len, int qos, bool retain,
    const void *correlation, size_t correlation_len, int *token);

// Ends the wait and tries now, if waiting.
void link_retry_now(struct link *link);

// Clean end: waits until all that was published is sent and acknowledged or timeout_ms have passed, sends
// DISCONNECT (so the broker drops the will), then reports LINK_CLOSED once. At once where the link is not up.
void link_close(struct link *link, int timeout_ms);

// Drops the connection and starts over: for a peer known to be dead. The reason is reported as trouble.
void link_reset(struct link *link, enum link_trouble trouble, const char *reason);

const struct link_report *link_report(const struct link *link);
// When the last packet arrived, CLOCK_MONOTONIC milliseconds; 0 = never on this connection.
int64_t link_last_read_ms(const struct link *link);
// Messages of ours (QoS 0) not yet handed to the socket.
size_t link_unsent(const struct link *link);

#endif
