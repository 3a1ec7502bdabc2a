// SPDX-License-Identifier: MIT
// What a link and the connections below it speak of: brokers, messages, and kinds of trouble. Types only.
#ifndef COMMON_MQTT_LINK_TYPES_H
#define COMMON_MQTT_LINK_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINK_TOPICS_MAX = 12,
    LINK_HOST_MAX = 255,
    LINK_UNIX_MAX = 107, // sun_path of unix(7) holds so many bytes and a NUL
    LINK_REASON_SIZE = 256,
    LINK_PLACE_SIZE = LINK_HOST_MAX + 17, // "[host]:65535"
};

enum link_transport {
    LINK_TCP,
    LINK_TLS,
    LINK_UNIX, // a socket of this computer; there is no port and no TLS
};

struct link_broker {
    char host[LINK_HOST_MAX +
              1]; // name or address; the path of a unix socket, at most LINK_UNIX_MAX bytes of it
    int port;     // 1 to 65535
    enum link_transport transport;
};

// The kind of reason why an attempt or a connection ended. Hints and the length of the wait depend on it.
enum link_trouble {
    TROUBLE_NONE,
    TROUBLE_RESOLVE,  // the host name has no address, or the name server does not answer
    TROUBLE_REFUSED,  // ECONNREFUSED
    TROUBLE_TLS,      // certificates, names, or a peer that does not speak TLS
    TROUBLE_TIMEOUT,  // no answer in time
    TROUBLE_SILENT,   // the same, from a peer that took the connection
    TROUBLE_NETWORK,  // any other socket error, connection lost
    TROUBLE_PROTOCOL, // the peer is not an MQTT broker, or it sent a malformed packet
    TROUBLE_LOGIN,    // bad user name or password, not authorized
    TROUBLE_DENIED,   // a subscription was refused (access control list)
    TROUBLE_MEMORY,   // no memory, or a message that is too large for ours
    TROUBLE_CLOSED,   // the broker said goodbye (DISCONNECT of MQTT 5), for example because of a take-over
};

// What a broker takes from us, as far as it says so (MQTT 5) or has shown it.
struct link_limits {
    int max_qos;         // of every message; those of a higher QoS are sent with this one
    bool retains;        // false: it keeps no retained messages; the flag is left out
    uint32_t max_packet; // bytes of a whole packet; 0 = not limited
};

enum link_state {
    LINK_WAITING,    // back-off until the next attempt
    LINK_CONNECTING, // looking up the name, TCP, CONNECT, SUBSCRIBE
    LINK_UP,         // subscribed
    LINK_CLOSED,     // after link_close
};

struct link_report {
    enum link_state state;
    enum link_trouble trouble;     // why the last attempt or connection ended; TROUBLE_NONE while up
    char reason[LINK_REASON_SIZE]; // the same in words: "connection refused at localhost:1883"; "" while up
    struct link_broker broker;     // connected to, or tried last
    int version;                   // 4 or 5, of this connection or attempt
    int retry_ms;                  // while waiting: until the next attempt
    unsigned attempts;             // failed ones since last up
    bool rival;                    // it looks as if another client had the same client id
    struct link_limits limits;     // while up
    unsigned deaf; // while up: the topics, each as the bit 1u << its index, that may be refused and were
    char note[LINK_REASON_SIZE]; // while up: what limits means for the owner, in words; "" = nothing
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

struct link_publication {
    const char *topic;
    const void *payload;
    size_t len;
    int qos;
    bool retain;
    const void *correlation; // NULL = none; MQTT 5 only, left out on 3.1.1
    size_t correlation_len;
    uint32_t expiry_s; // the broker forgets it after so long, 0 = never; MQTT 5 only, left out on 3.1.1
};

#endif
