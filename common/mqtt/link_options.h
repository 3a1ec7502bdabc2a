// SPDX-License-Identifier: MIT
// What a link is told to do.
#ifndef COMMON_MQTT_LINK_OPTIONS_H
#define COMMON_MQTT_LINK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/connection.h"
#include "common/mqtt/link_types.h"
#include "common/mqtt/tls_options.h"

enum { LINK_BROKERS_MAX = 8 };

struct link_options {
    struct link_broker brokers[LINK_BROKERS_MAX]; // tried in order, again and again
    size_t broker_count;                          // at least 1
    char client_id[64];                           // "" = random, from the library
    char user[128];                               // "" = none
    char password[128];
    struct tls_options tls; // for the brokers whose transport is TLS
    int keepalive_s;        // 5 to 65535
    int version;            // 5: MQTT 5, falling back to 3.1.1 where a broker does not know it; 4: 3.1.1 only
    const char *topics[LINK_TOPICS_MAX]; // subscribed to after each connect; must outlive the link
    int topic_qos[LINK_TOPICS_MAX];
    // The broker leaves the retain flag of a message as it was published (MQTT 5): a bridge, or a broker that was
    // restarted, would else hand on a retained message as a new one.
    bool topic_as_published[LINK_TOPICS_MAX];
    // Where the broker refuses this topic the link stays up without it, and the report says so. Another topic's refusal is
    // TROUBLE_DENIED.
    bool topic_may_be_refused[LINK_TOPICS_MAX];
    size_t topic_count;
    const char *
        will_topic; // NULL = no will; retained, QoS 1, as far as the broker takes that; must outlive the link
    const char *will_payload;
    size_t unsent_max; // reading pauses while more messages of ours wait for the socket; 0 = never
    int scout_ms;      // from one question whether an earlier broker answers again to the next; 0 = 10000
    int attempt_ms;    // what a look-up of the name may take, and then the way to the subscription; 0 = 3000
};

// What each connection is told of it; the broker, the version and the limits are left open. It points into options.
void link_options_for_connection(const struct link_options *options, struct connection_options *out);

// What link_renew changes, with its certificates loaded.
struct link_news {
    struct link_options options;
    struct tls *tls;            // NULL: no broker speaks TLS, or they cannot be loaded
    char why[LINK_REASON_SIZE]; // why not
};

// Reads the certificates, so that it may wait for a disk: any thread may call it. NULL without memory.
struct link_news *link_news_new(const struct link_options *options);
void link_news_free(struct link_news *news); // wipes the password; NULL is allowed

// Loads the certificates for the brokers that speak TLS. NULL where there are none, or with a sentence in why.
struct tls *link_options_load_tls(const struct link_options *options, char why[LINK_REASON_SIZE]);
// Takes over brokers, user, password and TLS.
void link_options_renew(struct link_options *options, const struct link_options *next);

#endif
