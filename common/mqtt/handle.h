// SPDX-License-Identifier: MIT
// One handle of libmosquitto: what is said in CONNECT, SUBSCRIBE and PUBLISH, and what the library reports, in terms of
// ours. It knows nothing of sockets that become readable, nor of what follows from a report: that is connection's.
#ifndef COMMON_MQTT_HANDLE_H
#define COMMON_MQTT_HANDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/link_types.h"

struct mosquitto;
struct ssl_ctx_st;

struct handle_options {    // all pointers must outlive the handle
    const char *client_id; // "" = random, from the library
    const char *user;      // "" = none
    const char *password;
    int keepalive_s;                     // 5 to 65535
    int version;                         // 5: MQTT 5; 4: MQTT 3.1.1
    const char *topics[LINK_TOPICS_MAX]; // what handle_subscribe subscribes to
    int topic_qos[LINK_TOPICS_MAX];
    bool topic_as_published[LINK_TOPICS_MAX];   // with retain-as-published (MQTT 5)
    bool topic_may_be_refused[LINK_TOPICS_MAX]; // a refusal of it is noted, and not told as one
    size_t topic_count;
    const char *will_topic; // NULL = no will; it is retained, at QoS 1, as far as limits allow
    const char *will_payload;
    struct ssl_ctx_st *tls; // NULL = without
    struct link_limits
        limits; // known before: for the will, which goes out before the broker has said anything
};

// Called from inside the library's functions that read and write: there the handle must not be freed.
struct handle_events {
    void (*connected)(void *ctx, int code);             // CONNACK; 0 = accepted
    void (*subscribed)(void *ctx, const char *refused); // SUBACK; refused: a topic that must not be, or NULL
    void (*goodbye)(void *ctx, int code);               // DISCONNECT from the broker (MQTT 5)
    void (*message)(void *ctx, const struct link_message *message); // PUBLISH
    void (*done)(void *ctx, int mid, int code); // a message of ours is written (QoS 0) or acknowledged
};

struct handle {
    struct mosquitto *mosq; // NULL after handle_finish
    const struct handle_options *options;
    const struct handle_events *events;
    void *ctx;
    struct link_limits limits; // of the options, and from the CONNACK on of the broker
    struct {
        int mid;
        size_t first; // index of the packet's first topic
    } subscribes[LINK_TOPICS_MAX];
    size_t subscribe_count;
    unsigned deaf;   // topics that were refused and may be, as bits of their indices
    int keepalive_s; // ours, or what the broker wants instead
};

// Returns a code of libmosquitto (MOSQ_ERR_*), as do those below.
int handle_init(struct handle *handle, const struct handle_options *options,
    const struct handle_events *events, void *ctx);
// Closes the socket too. May be called again.
void handle_finish(struct handle *handle);

// One packet for all topics of one QoS and kind, so that no message comes before the SUBACK of its topic. *packets: how many
// SUBACKs will come.
int handle_subscribe(struct handle *handle, size_t *packets);
// What a publication becomes within the limits.
struct link_publication handle_within_limits(
    const struct handle *handle, const struct link_publication *publication);
int handle_publish(struct handle *handle, const struct link_publication *publication, int *mid);
// 0 or a negative errno for a code of libmosquitto.
int handle_errno(int rc);

#endif
