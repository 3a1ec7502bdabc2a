// SPDX-License-Identifier: MIT
// Why an attempt or a connection ended, in sentences that an operator can act on. `at` names the broker as
// link_reason_place writes it. Pure.
#ifndef COMMON_MQTT_LINK_REASON_H
#define COMMON_MQTT_LINK_REASON_H

#include "common/mqtt/link_types.h"

// "host:port", or "[host]:port" where the host is an IPv6 address; without a port the path of a unix socket. Returns out.
const char *link_reason_place(char out[LINK_PLACE_SIZE], const char *host, int port);

// What the sentences know of a broker and of the attempt.
struct link_reason_peer {
    const char *at;
    bool tls;       // it is spoken
    bool tls_port;  // 8883, where brokers speak TLS and nothing else
    bool has_login; // a user name was sent
};

// error: an errno of connect(), read() or write().
enum link_trouble link_reason_errno(char out[LINK_REASON_SIZE], const char *at, int error);

// rc: a return value of libmosquitto (MOSQ_ERR_*); error: errno after it. unanswered: the broker had not said
// anything yet.
enum link_trouble link_reason_code(
    char out[LINK_REASON_SIZE], const struct link_reason_peer *peer, int rc, int error, bool unanswered);

// The broker sent something that must not be; libmosquitto does not say so itself.
void link_reason_malformed(char out[LINK_REASON_SIZE], const char *at, const char *what);

// code: the return code of a CONNACK, not 0: 1 to 5 in MQTT 3.1.1, 128 and above in MQTT 5.
enum link_trouble link_reason_refusal(
    char out[LINK_REASON_SIZE], const struct link_reason_peer *peer, int code);

enum { LINK_REASON_OLD_VERSION = 1 }; // the code that says: this version of MQTT is not known (3.1.1)
// True if the code says that this version of MQTT, the QoS or the retained flag of the will is not offered.
bool link_reason_is_old_version(int code);
bool link_reason_is_qos(int code);
bool link_reason_is_retain(int code);

// What the limits of the broker mean for what is sent; "" = nothing.
void link_reason_limits(char out[LINK_REASON_SIZE], const char *at, const struct link_limits *limits);
// code: the reason code of a DISCONNECT that the broker sent (MQTT 5).
void link_reason_goodbye(char out[LINK_REASON_SIZE], const char *at, int code);
// True if the code says that another client connected with the same client id.
bool link_reason_is_takeover(int code);

// why: the words of getaddrinfo.
void link_reason_unresolved(char out[LINK_REASON_SIZE], const char *host, const char *why);
// The broker is the gateway, and there is none.
void link_reason_no_gateway(char out[LINK_REASON_SIZE]);
// The name server has not answered within so many milliseconds.
void link_reason_unanswered_name(char out[LINK_REASON_SIZE], const char *host, int timeout_ms);
// The peer ends connections again and again soon after they were made.
void link_reason_rival(char out[LINK_REASON_SIZE], const char *at, const char *client_id);
// An earlier broker of the list answers again.
void link_reason_change_over(char out[LINK_REASON_SIZE], const char *at);
void link_reason_denied(char out[LINK_REASON_SIZE], const char *at, const char *topic);
void link_reason_oversized(char out[LINK_REASON_SIZE], const char *host, int port, const char *topic);

// What an attempt was waiting for when its time was over.
enum link_reason_step { STEP_CONNECT, STEP_TLS, STEP_CONNACK, STEP_SUBACK };
void link_reason_timeout(
    char out[LINK_REASON_SIZE], const char *at, int timeout_ms, enum link_reason_step step);

#endif
